import Subjects

/// The text form of durations in error messages and headers: `10s`, `1h30m0s`, `300ms`, `1.5s`.
///
/// The grammar is that of the original's language: an optional sign, then numbers with an optional fraction,
/// each followed by one of `ns`, `us`, `µs`, `ms`, `s`, `m`, `h`; or just `0`.
extension Nanoseconds: CustomStringConvertible {
    private static let second: UInt64 = 1_000_000_000

    /// The text, in hours, minutes and seconds, or in one smaller unit when below a second.
    public var description: String {
        let magnitude = self.rawValue.magnitude
        let sign = self.rawValue < 0 ? "-" : ""
        switch magnitude {
        case 0: return "0s"
        case ..<1_000: return "\(sign)\(magnitude)ns"
        case ..<1_000_000: return "\(sign)\(Self.decimal(magnitude, per: 1_000))µs"
        case ..<Self.second: return "\(sign)\(Self.decimal(magnitude, per: 1_000_000))ms"
        default: break
        }
        let minutes = magnitude / (60 * Self.second)
        let seconds = Self.decimal(magnitude % (60 * Self.second), per: Self.second)
        if minutes == 0 { return "\(sign)\(seconds)s" }
        if minutes < 60 { return "\(sign)\(minutes)m\(seconds)s" }
        return "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)s"
    }

    /// `value / unit` with as many decimals as it takes; `unit` is a power of ten.
    private static func decimal(_ value: UInt64, per unit: UInt64) -> String {
        let whole = String(value / unit)
        var fraction = value % unit
        if fraction == 0 { return whole }
        var scale = unit
        while fraction % 10 == 0 {
            fraction /= 10
            scale /= 10
        }
        // The leading one keeps the zeros behind the point; it is cut off again.
        return whole + "." + String(scale + fraction).dropFirst()
    }

    /// The span that `text` names, or nil when it is not a duration or does not fit.
    public init?(text: RawSpan) {
        var cursor = 0
        let end = text.byteCount
        var isNegative = false
        if end > 0, text.byte(0) == UInt8(ascii: "-") || text.byte(0) == UInt8(ascii: "+") {
            isNegative = text.byte(0) == UInt8(ascii: "-")
            cursor = 1
        }
        if cursor == end { return nil }
        if end - cursor == 1, text.byte(cursor) == UInt8(ascii: "0") {
            self = .zero
            return
        }
        var total: UInt64 = 0
        while cursor < end {
            guard let part = Self.part(of: text, at: &cursor) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            if overflow || sum > Int64.min.magnitude { return nil }
            total = sum
        }
        if isNegative {
            self.init(total == Int64.min.magnitude ? .min : -Int64(total))
        } else {
            guard let value = Int64(exactly: total) else { return nil }
            self.init(value)
        }
    }

    /// Reads one number with its unit at `cursor` and moves behind it.
    private static func part(of text: RawSpan, at cursor: inout Int) -> UInt64? {
        guard let whole = Self.digits(of: text, at: &cursor) else { return nil }
        var fraction: (value: UInt64, digits: Int, scale: UInt64) = (0, 0, 1)
        if cursor < text.byteCount, text.byte(cursor) == UInt8(ascii: ".") {
            cursor += 1
            fraction = Self.fraction(of: text, at: &cursor)
        }
        if whole.digits == 0, fraction.digits == 0 { return nil }
        guard let unit = Self.unit(of: text, at: &cursor) else { return nil }
        let (product, overflow) = whole.value.multipliedReportingOverflow(by: unit)
        if overflow { return nil }
        // fraction.value < fraction.scale, so the quotient is below `unit` and fits.
        let wide = fraction.value.multipliedFullWidth(by: unit)
        let (sum, sumOverflow) = product.addingReportingOverflow(
            fraction.scale.dividingFullWidth(wide).quotient
        )
        return sumOverflow ? nil : sum
    }

    private static func digits(of text: RawSpan, at cursor: inout Int) -> (value: UInt64, digits: Int)? {
        var value: UInt64 = 0
        var count = 0
        while cursor < text.byteCount, let digit = text.digit(cursor) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflow) = product.addingReportingOverflow(UInt64(digit))
            if overflow || sumOverflow { return nil }
            value = sum
            count += 1
            cursor += 1
        }
        return (value, count)
    }

    /// Digits behind the point; those beyond the 18th are read and do not count.
    private static func fraction(
        of text: RawSpan,
        at cursor: inout Int
    ) -> (value: UInt64, digits: Int, scale: UInt64) {
        var value: UInt64 = 0
        var scale: UInt64 = 1
        var count = 0
        while cursor < text.byteCount, let digit = text.digit(cursor) {
            if count < 18 {
                value = value * 10 + UInt64(digit)
                scale *= 10
            }
            count += 1
            cursor += 1
        }
        return (value, count, scale)
    }

    private static func unit(of text: RawSpan, at cursor: inout Int) -> UInt64? {
        let start = cursor
        while cursor < text.byteCount, text.digit(cursor) == nil, text.byte(cursor) != UInt8(ascii: ".") {
            cursor += 1
        }
        switch text.text(start..<cursor) {
        case "ns": return 1
        case "us", "\u{b5}s", "\u{3bc}s": return 1_000
        case "ms": return 1_000_000
        case "s": return Self.second
        case "m": return 60 * Self.second
        case "h": return 3_600 * Self.second
        default: return nil
        }
    }
}
