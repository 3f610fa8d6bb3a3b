import Subjects

extension RawSpan {
    /// The value of the decimal digit at `offset`, or nil if another byte is there.
    func digit(_ offset: Int) -> UInt8? {
        let byte = self.byte(offset)
        return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? byte - UInt8(ascii: "0") : nil
    }

    /// The bytes of `range` as text; what is not UTF-8 becomes U+FFFD.
    func text(_ range: Range<Int>) -> String {
        let part = self.extracting(range)
        return unsafe part.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// All bytes as text; what is not UTF-8 becomes U+FFFD.
    var text: String { self.text(0..<self.byteCount) }

    /// The number that all bytes spell in decimal digits, or nil: empty, another byte, or too large.
    var decimal: UInt64? {
        if self.byteCount == 0 { return nil }
        var value: UInt64 = 0
        for offset in 0..<self.byteCount {
            guard let digit = self.digit(offset) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflow) = product.addingReportingOverflow(UInt64(digit))
            if overflow || sumOverflow { return nil }
            value = sum
        }
        return value
    }
}
