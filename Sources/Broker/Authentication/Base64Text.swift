/// RFC 4648 base 64 as clients and servers exchange it: the URL's alphabet or the standard one, padded or not.
enum Base64Text {
    private static let form = BitText(
        alphabet: Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8),
        bits: 6
    )

    /// The text of some bytes in the URL's alphabet, without padding.
    static func encode(_ bytes: [UInt8]) -> String { self.form.encode(bytes) }

    /// The bytes that a text stands for, at most `limit`; nil if it is not base 64, or stands for more.
    static func decode(_ text: String, limit: Int) -> [UInt8]? {
        var characters = Array(text.utf8)
        guard characters.count <= (limit * 4 + 2) / 3 + 2 else { return nil }
        for _ in 0..<2 where characters.last == UInt8(ascii: "=") { characters.removeLast() }
        let decoded = self.form.decode(characters) { character in
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
            case UInt8(ascii: "-"), UInt8(ascii: "+"): 62
            case UInt8(ascii: "_"), UInt8(ascii: "/"): 63
            default: nil
            }
        }
        // A single character left over stands for no byte.
        guard let decoded, characters.count % 4 != 1, decoded.bytes.count <= limit else { return nil }
        return decoded.bytes
    }
}
