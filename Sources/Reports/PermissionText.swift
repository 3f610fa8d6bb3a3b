import Broker
import StreamModel

/// What a user may do, as he is told (core.md §3.9).
struct PermissionText {
    /// What he may do.
    let permissions: PermissionOptions

    /// Writes the object.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for (name, rules) in [
            ("publish", self.permissions.publish), ("subscribe", self.permissions.subscribe),
        ] {
            guard let rules else { continue }
            writer.key(name)
            writer.beginObject()
            writer.fieldIfSet("allow", Self.texts(rules.allow ?? []))
            writer.fieldIfSet("deny", Self.texts(rules.deny))
            writer.endObject()
        }
        if let responses = self.permissions.responses {
            writer.key("responses")
            writer.beginObject()
            writer.field("max", responses.limit ?? -1)
            writer.field("ttl", responses.expiry ?? -1)
            writer.endObject()
        }
        writer.endObject()
    }

    private static func texts(_ rules: [PermissionOptions.Rule]) -> [String] {
        rules.map { rule in rule.queue.map { "\(rule.subject) \($0)" } ?? rule.subject }
    }
}
