/// Bytes of clients as text for a terminal.
enum PrintableText {
    /// The bytes as UTF-8, control characters and what is not UTF-8 as `\xNN`; cut after `limit` characters.
    static func of(_ bytes: some Sequence<UInt8>, limit: Int = 200) -> String {
        let text = String(decoding: Array(bytes), as: UTF8.self)
        var result = ""
        var count = 0
        for scalar in text.unicodeScalars {
            if count == limit { return result + "…" }
            count += 1
            if scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) {
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + (digits.count < 2 ? "0" : "") + digits
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
