/// Bytes as text of an alphabet whose characters stand for a few bits each: what base 32 and base 64 have in common.
struct BitText {
    /// The characters, by what they stand for.
    let alphabet: [UInt8]
    /// Bits that a character stands for: 5 or 6.
    let bits: Int

    /// The text of some bytes, without padding.
    func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var held: UInt32 = 0
        var count = 0
        let mask = UInt32(1) << UInt32(self.bits) - 1
        for byte in bytes {
            held = (held << 8) | UInt32(byte)
            count += 8
            while count >= self.bits {
                count -= self.bits
                text.append(self.alphabet[Int((held >> UInt32(count)) & mask)])
            }
        }
        if count > 0 { text.append(self.alphabet[Int((held << UInt32(self.bits - count)) & mask)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The whole bytes that characters stand for, and the bits left over; nil where `value` knows one of them not.
    func decode(
        _ characters: some Collection<UInt8>,
        value: (UInt8) -> UInt8?
    ) -> (bytes: [UInt8], rest: UInt32)? {
        var bytes: [UInt8] = []
        var held: UInt32 = 0
        var count = 0
        for character in characters {
            guard let value = value(character) else { return nil }
            held = (held << UInt32(self.bits) | UInt32(value)) & 0xffff
            count += self.bits
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: held >> UInt32(count)))
            }
        }
        return (bytes, held & (1 << UInt32(count) - 1))
    }
}
