/// RFC 4648 base 32, upper case and without padding.
enum Base32 {
    private static let form = BitText(alphabet: Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8), bits: 5)

    /// The text of some bytes.
    static func encode(_ bytes: [UInt8]) -> String { self.form.encode(bytes) }

    /// The `count` bytes that a text stands for; nil if it is not the one text of so many bytes.
    static func decode(_ text: some Collection<UInt8>, count: Int) -> [UInt8]? {
        guard text.count == (count * 8 + 4) / 5 else { return nil }
        let decoded = self.form.decode(text) { character in
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
            case UInt8(ascii: "2")...UInt8(ascii: "7"): character - UInt8(ascii: "2") + 26
            default: nil
            }
        }
        // What is left over must be zero, or two texts would stand for the same bytes.
        guard let decoded, decoded.rest == 0, decoded.bytes.count == count else { return nil }
        return decoded.bytes
    }
}
