/// Makes reply subjects that no other run uses.
enum Inbox {
    /// A fresh `_INBOX.` subject with one more token of 16 hexadecimal digits.
    static func make() -> String {
        let id = String(UInt64.random(in: .min ... .max), radix: 16)
        return "_INBOX." + String(repeating: "0", count: 16 - id.count) + id
    }
}
