/// A moment: nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// The engine never reads a clock: whoever calls it passes the moment in.
public struct Timestamp: RawRepresentable, Hashable, Comparable, Sendable {
    /// Nanoseconds since 1970 in UTC.
    public let rawValue: Int64

    /// Makes the moment that many nanoseconds after 1970.
    @inlinable
    public init(rawValue: Int64) { self.rawValue = rawValue }

    /// Makes the moment that many nanoseconds after 1970.
    @inlinable
    public init(nanoseconds: Int64) { self.rawValue = nanoseconds }

    /// Earlier than every real moment.
    public static let distantPast = Timestamp(rawValue: .min)
    /// Later than every real moment.
    public static let distantFuture = Timestamp(rawValue: .max)

    /// The moment `nanoseconds` later; clamped at the ends of the range.
    @inlinable
    public func advanced(byNanoseconds nanoseconds: Int64) -> Timestamp {
        let (sum, overflow) = self.rawValue.addingReportingOverflow(nanoseconds)
        return overflow ? (nanoseconds > 0 ? .distantFuture : .distantPast) : Timestamp(rawValue: sum)
    }

    /// Nanoseconds from `earlier` to this moment; clamped at the ends of the range.
    @inlinable
    public func nanoseconds(since earlier: Timestamp) -> Int64 {
        let (difference, overflow) = self.rawValue.subtractingReportingOverflow(earlier.rawValue)
        return overflow ? (self > earlier ? .max : .min) : difference
    }

    /// Orders by time.
    @inlinable
    public static func < (one: Timestamp, other: Timestamp) -> Bool { one.rawValue < other.rawValue }
}
