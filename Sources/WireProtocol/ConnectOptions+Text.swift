import Subjects

extension ConnectOptions {
    /// The fields that say nothing secret.
    private static let shown: Set<String> = [
        "verbose", "pedantic", "tls_required", "user", "nkey", "name", "lang", "version", "protocol", "echo",
        "headers", "no_responders", "account", "new_account",
    ]

    /// The JSON of a `CONNECT` as it may be logged: as it came, but for the values of all fields that could be secret.
    ///
    /// What is not valid is not shown at all.
    public static func text(of json: RawSpan) -> String {
        let hidden = "[REDACTED]"
        var reader = JSONReader(0..<json.byteCount)
        var text = ""
        var copied = 0
        guard reader.take(UInt8(ascii: "{"), in: json) else { return hidden }
        var isFirst = true
        reading: while true {
            switch reader.nextKey(in: json, isFirst: isFirst) {
            case .end: break reading
            case .malformed: return hidden
            case .name(let name):
                guard reader.peek(in: json) != nil else { return hidden }
                let start = reader.position
                guard reader.skipValue(in: json) else { return hidden }
                if !Self.shown.contains(Self.lowercased(name)) {
                    text += QuotedText.show(json.extracting(copied..<start))
                    text += "\"\(hidden)\""
                    copied = reader.position
                }
            }
            isFirst = false
        }
        guard reader.isAtEnd(in: json) else { return hidden }
        return text + QuotedText.show(json.extracting(copied..<json.byteCount))
    }
}
