import Broker
import Subjects

extension OptionsReader {
    /// Reads what a user may do (core.md §3.3).
    mutating func permissions(_ entry: ConfigurationMap.Entry) -> PermissionOptions? {
        guard let map = self.map(entry) else { return nil }
        var permissions = PermissionOptions()
        for member in map.entries {
            switch member.name {
            case "publish", "pub", "import":
                permissions.publish = self.rules(member, withQueues: false)
            case "subscribe", "sub", "export":
                permissions.subscribe = self.rules(member, withQueues: true)
            case "allow_responses", "publish_allow_responses", "allow_response", "publish_allow_response":
                permissions.responses = self.responses(member)
            default:
                if !member.isVariable {
                    self.fail("Unknown field \"\(member.key)\" parsing permissions", at: member.position)
                }
            }
        }
        return permissions
    }

    /// A subject, a list of them, or `{ allow: …, deny: … }`.
    private mutating func rules(
        _ entry: ConfigurationMap.Entry,
        withQueues: Bool
    ) -> PermissionOptions.Rules {
        guard case .map(let map) = entry.value.kind else {
            return PermissionOptions.Rules(allow: self.allowed(entry, withQueues: withQueues))
        }
        var rules = PermissionOptions.Rules()
        for member in map.entries {
            switch member.name {
            case "allow": rules.allow = self.allowed(member, withQueues: withQueues)
            case "deny": rules.deny = self.subjects(member, withQueues: withQueues)
            default:
                if member.isVariable { continue }
                self.fail(
                    """
                    Unknown field name "\(member.key)" parsing subject permissions, only 'allow' or 'deny' are \
                    permitted
                    """,
                    at: member.position
                )
            }
        }
        return rules
    }

    /// What is allowed; if that is nothing, it is told: the reference takes such a list for everything.
    private mutating func allowed(
        _ entry: ConfigurationMap.Entry,
        withQueues: Bool
    ) -> [PermissionOptions.Rule] {
        if case .array(let elements) = entry.value.kind, elements.isEmpty {
            self.warn("the empty list of \"\(entry.key)\" allows nothing", at: entry.position)
        }
        return self.subjects(entry, withQueues: withQueues)
    }

    private mutating func subjects(
        _ entry: ConfigurationMap.Entry,
        withQueues: Bool
    ) -> [PermissionOptions.Rule] {
        var texts: [ConfigurationValue] = []
        switch entry.value.kind {
        case .string: texts = [entry.value]
        case .array(let elements): texts = elements
        default:
            self.fail(
                """
                Expected subject permissions to be a subject, or array of subjects, got \(entry.value.kindName)
                """,
                at: entry.position
            )
        }
        var rules: [PermissionOptions.Rule] = []
        for value in texts {
            guard case .string(let text) = value.kind else {
                self.fail(
                    "Subject in permissions array cannot be cast to string, got \(value.kindName)",
                    at: value.position
                )
                continue
            }
            let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard let subject = words.first, words.count <= (withQueues ? 2 : 1),
                words.allSatisfy(Self.isSubject)
            else {
                self.fail("subject \"\(text)\" is not a valid subject", at: value.position)
                continue
            }
            rules.append(
                PermissionOptions.Rule(
                    subject: String(subject),
                    queue: words.count == 2 ? String(words[1]) : nil
                )
            )
        }
        return rules
    }

    /// Whether a text can be subscribed to.
    static func isSubject(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        return unsafe Subject.isValidInConfiguration(bytes.span.bytes)
    }

    /// The right to answer: `true`, or `{ max: 5, expires: "1m" }`.
    private mutating func responses(_ entry: ConfigurationMap.Entry) -> PermissionOptions.Responses? {
        switch entry.value.kind {
        case .bool(let flag):
            return flag ? PermissionOptions.Responses() : nil
        case .map(let map):
            var responses = PermissionOptions.Responses()
            for member in map.entries {
                switch member.name {
                case "max", "max_msgs", "max_messages", "max_responses":
                    guard let count = self.integer(member) else { break }
                    // Zero stands for the default, a negative number for no limit.
                    if count != 0 { responses.limit = count < 0 ? nil : count }
                case "expires", "expiration", "ttl":
                    guard case .string = member.value.kind else {
                        self.fail("error parsing expires, not a duration string", at: member.position)
                        break
                    }
                    guard let time = self.duration(member) else { break }
                    if time != 0 { responses.expiry = time < 0 ? nil : time }
                default:
                    if !member.isVariable {
                        self.fail("Unknown field \"\(member.key)\" parsing permissions", at: member.position)
                    }
                }
            }
            return responses
        default:
            self.fail(
                "error parsing response permissions, expected a boolean or a map",
                at: entry.position
            )
            return nil
        }
    }
}
