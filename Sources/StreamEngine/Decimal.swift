import NIOCore
import Subjects

/// Decimal digits, read and written by hand: every delivery writes five numbers, every acknowledgement reads three.
enum Decimal {
    /// The most bytes that ``write(_:to:at:)`` fills, a sign included.
    static let digitsMax = 21

    /// The number that the bytes in `range` spell; nil when there is none, another byte, or too many.
    static func parse(_ bytes: RawSpan, _ range: Range<Int>) -> UInt64? {
        if range.isEmpty { return nil }
        var value: UInt64 = 0
        for offset in range {
            let byte = bytes.byte(offset)
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            // Safe: the digit is at least "0"; the first 19 digits cannot overflow.
            let digit = UInt64(byte &- UInt8(ascii: "0"))
            if offset - range.lowerBound < 19 {
                value = value &* 10 &+ digit
                continue
            }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflow) = product.addingReportingOverflow(digit)
            if overflow || sumOverflow { return nil }
            value = sum
        }
        return value
    }

    /// The number with an optional minus sign that the bytes in `range` spell, or nil.
    static func parseSigned(_ bytes: RawSpan, _ range: Range<Int>) -> Int64? {
        guard !range.isEmpty, bytes.byte(range.lowerBound) == UInt8(ascii: "-") else {
            return self.parse(bytes, range).flatMap { Int64(exactly: $0) }
        }
        guard let magnitude = self.parse(bytes, range.lowerBound + 1..<range.upperBound) else { return nil }
        if magnitude == Int64.min.magnitude { return .min }
        return Int64(exactly: magnitude).map { -$0 }
    }

    /// Writes the digits of `value` from `offset` on and returns the place after them.
    @unsafe
    static func write(_ value: UInt64, to out: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        let end = offset + self.count(value)
        var place = end
        var rest = value
        // Eight digits at a time: 32-bit divisions are several times cheaper.
        while rest >= 100_000_000 {
            let quotient = rest / 100_000_000
            var part = UInt32(truncatingIfNeeded: rest - quotient * 100_000_000)
            rest = quotient
            for _ in 0..<4 {
                place -= 2
                unsafe self.writePair(part % 100, to: out, at: place)
                part /= 100
            }
        }
        var part = UInt32(truncatingIfNeeded: rest)
        while part >= 10 {
            place -= 2
            unsafe self.writePair(part % 100, to: out, at: place)
            part /= 100
        }
        if place > offset { unsafe out[offset] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: part) }
        return end
    }

    /// Writes a number below 100 as two digits.
    @unsafe @inline(__always)
    private static func writePair(_ pair: UInt32, to out: UnsafeMutableRawBufferPointer, at offset: Int) {
        // Safe: both digits are below ten.
        let tens = pair / 10
        unsafe out[offset] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: tens)
        unsafe out[offset + 1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: pair &- tens &* 10)
    }

    /// How many digits `value` has.
    static func count(_ value: UInt64) -> Int {
        if value < 100_000_000 { return self.countSmall(UInt32(truncatingIfNeeded: value)) }
        if value < 10_000_000_000_000_000 {
            return 8 + self.countSmall(UInt32(truncatingIfNeeded: value / 100_000_000))
        }
        return 16 + self.countSmall(UInt32(truncatingIfNeeded: value / 10_000_000_000_000_000))
    }

    /// How many digits a number below 100 million has.
    private static func countSmall(_ value: UInt32) -> Int {
        if value < 10_000 {
            if value < 100 { return value < 10 ? 1 : 2 }
            return value < 1_000 ? 3 : 4
        }
        if value < 1_000_000 { return value < 100_000 ? 5 : 6 }
        return value < 10_000_000 ? 7 : 8
    }
}

extension ByteBuffer {
    /// Appends the digits of `value`.
    mutating func writeDecimal(_ value: UInt64) {
        // The closure fills at most `digitsMax` bytes and does not let the pointer out.
        unsafe self.writeWithUnsafeMutableBytes(minimumWritableBytes: Decimal.digitsMax) {
            unsafe Decimal.write(value, to: $0, at: 0)
        }
    }

    /// Appends the digits of `value`, after a minus sign if it is negative.
    mutating func writeDecimal(_ value: Int64) {
        if value < 0 { self.writeInteger(UInt8(ascii: "-")) }
        self.writeDecimal(value.magnitude)
    }
}
