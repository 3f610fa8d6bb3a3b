import Broker
import Subjects

extension OptionsReader {
    /// Reads `msg_trace` of an account: a subject, or a subject and how many messages are traced.
    mutating func readTracing(_ entry: ConfigurationMap.Entry, of account: inout AccountOptions) {
        switch entry.value.kind {
        case .string(let text):
            account.tracing = self.tracing(to: text, at: entry.position)
        case .map(let map):
            var destination: MessageTraceOptions?
            var sampling: Int?
            for member in map.entries {
                switch member.name {
                case "dest", "destination": destination = self.destination(member)
                case "sampling": sampling = self.sampling(member)
                default:
                    if member.isVariable { break }
                    self.fail(
                        "Unknown field \"\(member.key)\" parsing account message trace map/struct \"\(entry.key)\"",
                        at: member.position
                    )
                }
            }
            if destination == nil, sampling != nil {
                self.warn(
                    "Trace destination sampling ignored since no destination was set",
                    at: entry.position
                )
            }
            destination?.sampling = sampling ?? 100
            account.tracing = destination
        default:
            self.fail(
                "Expected account message trace \"\(entry.key)\" to be a string or a map/struct, "
                    + "got \(entry.value.kindName)",
                at: entry.position
            )
        }
    }

    private mutating func tracing(to subject: String, at position: SourcePosition) -> MessageTraceOptions? {
        let bytes = Array(subject.utf8)
        guard unsafe Subject.isValidInConfiguration(bytes.span.bytes),
            SubjectPattern(subject)?.isLiteral == true
        else {
            self.fail("Trace destination \"\(subject)\" is not valid", at: position)
            return nil
        }
        return MessageTraceOptions(destination: subject)
    }

    private mutating func destination(_ entry: ConfigurationMap.Entry) -> MessageTraceOptions? {
        guard case .string(let text) = entry.value.kind else {
            self.fail(
                "Field \"\(entry.key)\" should be a string, got \(entry.value.kindName)",
                at: entry.position
            )
            return nil
        }
        return self.tracing(to: text, at: entry.position)
    }

    /// A percentage, with its sign or without.
    private mutating func sampling(_ entry: ConfigurationMap.Entry) -> Int? {
        let value: Int
        switch entry.value.kind {
        case .integer(let number):
            value = Int(clamping: number)
        case .string(let text):
            guard let number = Int(text.hasSuffix("%") ? text.dropLast() : text[...]) else {
                self.fail("Invalid trace destination sampling value \"\(text)\"", at: entry.position)
                return nil
            }
            value = number
        default:
            self.fail(
                "Trace destination sampling field \"\(entry.key)\" should be an integer or a percentage, "
                    + "got \(entry.value.kindName)",
                at: entry.position
            )
            return nil
        }
        guard (1...100).contains(value) else {
            self.fail(
                "Trace destination sampling value \(value) is invalid, needs to be [1..100]",
                at: entry.position
            )
            return nil
        }
        return value
    }
}
