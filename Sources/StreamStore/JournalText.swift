internal import Subjects

/// What a journal entry says, as text for people.
public enum JournalText {
    /// The entry of that kind with those bytes; nil if it is of a form that this program does not know.
    public static func describe(kind: UInt8, _ bytes: RawSpan) -> String? {
        switch JournalOperation(kind: kind, bytes) {
        case .remove(let sequence, let erase): "remove \(sequence)\(erase ? ", overwritten" : "")"
        case .purge(let filter, let below, let keep): self.purge(filter, below, keep)
        case .skip(let sequence): "skip to \(sequence)"
        case .front(let sequence): "expire before \(sequence)"
        case .limits(let limits):
            "limits: messages \(self.number(limits.messages)), bytes \(self.number(limits.bytes)), "
                + "messages per subject \(self.number(limits.messagesPerSubject))"
        case .progress(let consumer, let range):
            "consumer \(consumer.rawValue): \(range.count) bytes of progress"
        case .expired(let sequences): "\(sequences.count) expired: \(self.list(sequences))"
        case nil: nil
        }
    }

    private static func list(_ sequences: [UInt64]) -> String {
        let shown = sequences.prefix(16).map { String($0) }.joined(separator: ", ")
        return sequences.count > 16 ? shown + ", …" : shown
    }

    private static func number(_ value: UInt64?) -> String { value.map { String($0) } ?? "any" }

    private static func purge(_ filter: SubjectFilter, _ below: UInt64?, _ keep: UInt64) -> String {
        var text = "purge"
        let patterns = filter.patterns.map { String(decoding: $0.bytes, as: UTF8.self) }
        if !patterns.isEmpty { text += " " + patterns.joined(separator: ", ") }
        if let below { text += " below \(below)" }
        if keep > 0 { text += " keeping \(keep)" }
        return text
    }
}
