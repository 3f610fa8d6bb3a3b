import SegmentLog

/// What repairing a store would do, worked out from what verification found.
public struct RepairPlan {
    /// One thing to do.
    enum Step: Hashable {
        /// Open the catalogue as the server does.
        case catalog
        /// Make a segment whole.
        case segment(stream: UInt64, number: UInt64)
        /// Make a journal file whole.
        case journal(stream: UInt64, number: UInt64)
        /// Write a state file anew.
        case state(stream: UInt64)
        /// Make an index anew.
        case index(stream: UInt64)
    }

    /// The findings of damage.
    public let findings: [Finding]
    /// What to do, in this order.
    let steps: [Step]

    /// Works out what to do about what was found.
    public init(_ verification: StoreVerification) {
        self.findings = verification.all.filter { $0.severity == .damage }
        var steps: [Step] = []
        func add(_ step: Step) { if !steps.contains(step) { steps.append(step) } }
        if self.findings.contains(where: { $0.remedy == .catalog }) { add(.catalog) }
        for stream in verification.streams {
            let damage = stream.findings.filter { $0.severity == .damage }
            for finding in damage {
                if case .segment(let number) = finding.remedy {
                    add(.segment(stream: stream.id, number: number))
                }
                if case .journal(let number) = finding.remedy {
                    add(.journal(stream: stream.id, number: number))
                }
            }
            if damage.contains(where: { $0.remedy == .state }) { add(.state(stream: stream.id)) }
            // What was lost from log or journal has to go from the index too.
            let needsIndex = damage.contains { finding in
                switch finding.remedy {
                case .index, .segment, .journal: true
                case .none, .catalog, .state: false
                }
            }
            if needsIndex { add(.index(stream: stream.id)) }
        }
        self.steps = steps
    }

    /// Whether there is nothing that repairing could do.
    public var isEmpty: Bool { self.steps.isEmpty }

    /// What was found and what would be done about it, for people.
    public var text: String {
        if self.findings.isEmpty { return "No damage: there is nothing to repair." }
        var lines = ["Found"]
        for finding in self.findings {
            lines.append("  \(finding.place): \(finding.text)")
            if finding.remedy == .none { lines.append("    this is left alone: it needs a person") }
        }
        if self.steps.isEmpty {
            return (lines + ["", "There is nothing that repairing could do."]).joined(separator: "\n")
        }
        lines += ["", "To do"]
        for (index, step) in self.steps.enumerated() {
            lines.append("  \(index + 1). \(Self.describe(step))")
        }
        return lines.joined(separator: "\n")
    }

    private static func describe(_ step: Step) -> String {
        switch step {
        case .catalog:
            "Make the catalogue and its second copies agree, as the server does at its start. What is replaced is "
                + "kept in quarantine/."
        case .segment(let stream, let number):
            "Copy the damaged bytes of segment \(number) of stream \(stream) to quarantine/\(stream)/ and mark their "
                + "place as overwritten. Every record that verifies stays where it is."
        case .journal(let stream, let number):
            "Copy journal file \(number) of stream \(stream) to quarantine/\(stream)/ and write it anew with the "
                + "entries that verify. What the others said is undone: removals may come back."
        case .state(let stream):
            "Move the state file of stream \(stream) to quarantine/\(stream)/ and write it anew from the index."
        case .index(let stream):
            "Move the index of stream \(stream) to quarantine/\(stream)/ and make it anew from the log. Messages that "
                + "cannot be read are counted as removed from then on."
        }
    }
}
