/// RFC 4648 base 32, upper case and without padding.
enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// The text of some bytes.
    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = (bits << 8) | UInt32(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(self.alphabet[Int((bits >> UInt32(count)) & 31)])
            }
        }
        if count > 0 { text.append(self.alphabet[Int((bits << UInt32(5 - count)) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The `count` bytes that a text stands for; nil if it is not the one text of so many bytes.
    static func decode(_ text: some Collection<UInt8>, count: Int) -> [UInt8]? {
        guard text.count == (count * 8 + 4) / 5 else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var held = 0
        for character in text {
            let value: UInt8
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
            case UInt8(ascii: "2")...UInt8(ascii: "7"): value = character - UInt8(ascii: "2") + 26
            default: return nil
            }
            bits = (bits << 5 | UInt32(value)) & 0xffff
            held += 5
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        // What is left over must be zero, or two texts would stand for the same bytes.
        return bits & (1 << UInt32(held) - 1) == 0 && bytes.count == count ? bytes : nil
    }
}
