import Subjects

/// Why a text is not a moment.
public struct TimestampSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with it, in the words that clients of the API get to read.
    public let description: String
}

/// Moments as the API's JSON writes them: RFC 3339, UTC, up to nine decimals without trailing zeros.
///
///     2026-11-23T03:12:28.593037801Z
///
/// The zero time `0001-01-01T00:00:00Z` stands for "no time" and is nil here.
extension Timestamp {
    /// The text of "no time".
    public static let zeroText = "0001-01-01T00:00:00Z"

    /// The moment as text, in UTC.
    public var rfc3339: String {
        var bytes: [UInt8] = []
        self.appendRFC3339(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the moment as text, in UTC.
    public func appendRFC3339(to bytes: inout [UInt8]) {
        let (seconds, nanoseconds) = Self.floored(self.rawValue, by: 1_000_000_000)
        let (days, second) = Self.floored(seconds, by: 86_400)
        let (year, month, day) = Self.civil(day: days)
        Self.append(year, width: 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        Self.append(month, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        Self.append(day, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        Self.append(second / 3_600, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        Self.append(second / 60 % 60, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        Self.append(second % 60, width: 2, to: &bytes)
        if nanoseconds > 0 {
            var fraction = nanoseconds
            var width = 9
            while fraction % 10 == 0 {
                fraction /= 10
                width -= 1
            }
            bytes.append(UInt8(ascii: "."))
            Self.append(fraction, width: width, to: &bytes)
        }
        bytes.append(UInt8(ascii: "Z"))
    }

    /// The moment that `text` names, or nil for the zero time.
    ///
    /// Zone offsets are accepted. Moments outside of the range (years 1677 to 2262) are clamped to its ends,
    /// so that "far in the future" keeps its meaning.
    ///
    /// - Throws: ``TimestampSyntaxError`` if the text is not RFC 3339, or names a day that does not exist.
    public static func parse(rfc3339 text: String) throws(TimestampSyntaxError) -> Timestamp? {
        let bytes = Array(text.utf8)
        guard let parts = CalendarText(unsafe bytes.span.bytes) else {
            throw TimestampSyntaxError(description: "parsing time \"\(text)\": not an RFC 3339 time")
        }
        guard parts.isInRange else {
            throw TimestampSyntaxError(description: "parsing time \"\(text)\": out of range")
        }
        let days = Self.day(year: parts.year, month: parts.month, day: parts.day)
        let seconds = days * 86_400 + parts.hour * 3_600 + parts.minute * 60 + parts.second - parts.offset
        if parts.nanosecond == 0, seconds == Self.zeroSeconds { return nil }
        // A year has four digits, so `seconds` is far from its limits; its nanoseconds may not fit.
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, sumOverflow) = scaled.addingReportingOverflow(parts.nanosecond)
        if overflow || sumOverflow { return seconds < 0 ? .distantPast : .distantFuture }
        return Timestamp(rawValue: sum)
    }

    /// Seconds from 1970 to the zero time.
    private static let zeroSeconds: Int64 = -62_135_596_800

    private static func floored(_ value: Int64, by unit: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: unit)
        return remainder < 0 ? (quotient - 1, remainder + unit) : (quotient, remainder)
    }

    private static func append(_ value: Int64, width: Int, to bytes: inout [UInt8]) {
        var unit: Int64 = 1
        for _ in 1..<width { unit *= 10 }
        while unit > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / unit % 10))
            unit /= 10
        }
    }

    /// Days from 1970-01-01 to that date of the Gregorian calendar.
    ///
    /// Years are counted from March, so that the leap day is the last of its year.
    private static func day(year: Int64, month: Int64, day: Int64) -> Int64 {
        let marchYear = month > 2 ? year : year - 1
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let (era, yearOfEra) = Self.floored(marchYear, by: 400)
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The date that many days after 1970-01-01.
    private static func civil(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = Self.floored(day + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }
}

/// The numbers of an RFC 3339 text, not yet checked against the calendar.
private struct CalendarText {
    var year: Int64 = 0
    var month: Int64 = 0
    var day: Int64 = 0
    var hour: Int64 = 0
    var minute: Int64 = 0
    var second: Int64 = 0
    var nanosecond: Int64 = 0
    /// Seconds east of UTC.
    var offset: Int64 = 0
    private var offsetHour: Int64 = 0
    private var offsetMinute: Int64 = 0

    init?(_ text: RawSpan) {
        // yyyy-mm-ddThh:mm:ss[.f…](Z|±hh:mm)
        guard text.byteCount >= 20,
            text.byte(4) == UInt8(ascii: "-"), text.byte(7) == UInt8(ascii: "-"),
            text.byte(10) == UInt8(ascii: "T"),
            text.byte(13) == UInt8(ascii: ":"), text.byte(16) == UInt8(ascii: ":"),
            let year = Self.number(text, 0..<4), let month = Self.number(text, 5..<7),
            let day = Self.number(text, 8..<10), let hour = Self.number(text, 11..<13),
            let minute = Self.number(text, 14..<16), let second = Self.number(text, 17..<19)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
        (self.hour, self.minute, self.second) = (hour, minute, second)
        var cursor = 19
        if text.byte(cursor) == UInt8(ascii: ".") {
            cursor += 1
            let start = cursor
            var unit: Int64 = 100_000_000
            while cursor < text.byteCount, let digit = text.digit(cursor) {
                self.nanosecond += Int64(digit) * unit
                unit /= 10
                cursor += 1
            }
            if cursor == start { return nil }
        }
        if cursor + 1 == text.byteCount, text.byte(cursor) == UInt8(ascii: "Z") { return }
        guard cursor + 6 == text.byteCount, text.byte(cursor + 3) == UInt8(ascii: ":"),
            let offsetHour = Self.number(text, cursor + 1..<cursor + 3),
            let offsetMinute = Self.number(text, cursor + 4..<cursor + 6)
        else { return nil }
        (self.offsetHour, self.offsetMinute) = (offsetHour, offsetMinute)
        switch text.byte(cursor) {
        case UInt8(ascii: "+"): self.offset = offsetHour * 3_600 + offsetMinute * 60
        case UInt8(ascii: "-"): self.offset = -(offsetHour * 3_600 + offsetMinute * 60)
        default: return nil
        }
    }

    /// Whether the date is one of the calendar and the clock shows it.
    var isInRange: Bool {
        guard (1...12).contains(self.month), self.day >= 1, self.day <= self.daysOfMonth else { return false }
        return self.hour < 24 && self.minute < 60 && self.second < 60
            && self.offsetHour < 24 && self.offsetMinute < 60
    }

    private var daysOfMonth: Int64 {
        switch self.month {
        case 4, 6, 9, 11: return 30
        case 2:
            let isLeap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0)
            return isLeap ? 29 : 28
        default: return 31
        }
    }

    private static func number(_ text: RawSpan, _ range: Range<Int>) -> Int64? {
        text.extracting(range).decimal.map { Int64($0) }
    }
}
