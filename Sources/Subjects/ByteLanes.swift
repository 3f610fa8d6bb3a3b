/// Questions about 8 bytes at once, held in one number with the first byte lowest.
///
/// An answer is a mask with bit 7 of each byte that fits set, and no other bit. The answers are exact for every
/// byte: no carry crosses from one to the next.
public enum ByteLanes {
    /// `byte` eight times.
    @inlinable
    public static func all(_ byte: UInt8) -> UInt64 { 0x0101_0101_0101_0101 &* UInt64(byte) }

    /// The bytes that are zero.
    @inlinable
    public static func zeros(_ word: UInt64) -> UInt64 {
        let low: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
        // Safe: a byte below 0x80 plus 0x7f stays below 0x100.
        return ~(((word & low) &+ low) | word | low)
    }

    /// The bytes that are a blank, a control character or zero: at most 0x20.
    @inlinable
    public static func blanksAndControls(_ word: UInt64) -> UInt64 {
        let high: UInt64 = 0x8080_8080_8080_8080
        // Safe: each byte is at least 0x80 before 0x21 is taken from it.
        return ~((word | high) &- 0x2121_2121_2121_2121) & ~word & high
    }

    /// The place of the first byte in a mask that is not zero, from 0 to 7.
    @inlinable
    public static func first(_ mask: UInt64) -> Int { mask.trailingZeroBitCount >> 3 }
}
