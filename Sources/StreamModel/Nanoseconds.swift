/// A span of time, in nanoseconds, as the API's JSON carries it.
///
/// Any 64-bit value can arrive from a client, also a negative one: the checks of a configuration say what it
/// may be.
public struct Nanoseconds: RawRepresentable, Hashable, Comparable, Sendable {
    /// The number of nanoseconds.
    public let rawValue: Int64

    /// Makes the span of that many nanoseconds.
    @inlinable
    public init(rawValue: Int64) { self.rawValue = rawValue }

    /// Makes the span of that many nanoseconds.
    @inlinable
    public init(_ rawValue: Int64) { self.rawValue = rawValue }

    /// No time at all; in a configuration mostly "not set".
    public static let zero = Nanoseconds(0)

    /// Makes the span of that many milliseconds; clamped at the ends of the range.
    public static func milliseconds(_ count: Int64) -> Nanoseconds { Self.clamped(count, times: 1_000_000) }

    /// Makes the span of that many seconds; clamped at the ends of the range.
    public static func seconds(_ count: Int64) -> Nanoseconds { Self.clamped(count, times: 1_000_000_000) }

    /// Orders by length.
    @inlinable
    public static func < (one: Nanoseconds, other: Nanoseconds) -> Bool { one.rawValue < other.rawValue }

    private static func clamped(_ count: Int64, times unit: Int64) -> Nanoseconds {
        let (product, overflow) = count.multipliedReportingOverflow(by: unit)
        return Nanoseconds(overflow ? (count > 0 ? .max : .min) : product)
    }
}
