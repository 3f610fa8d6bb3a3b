/// Where a record is: its segment, and its first byte there.
public struct LogPosition: Hashable, Comparable, Sendable {
    /// The number that the segment's file is named by.
    public var segment: UInt64
    /// Bytes from the start of the file; a multiple of 8.
    public var offset: UInt32

    /// Makes the position.
    @inlinable
    public init(segment: UInt64, offset: UInt32) {
        self.segment = segment
        self.offset = offset
    }

    /// Orders as the records are ordered.
    @inlinable
    public static func < (one: LogPosition, other: LogPosition) -> Bool {
        one.segment == other.segment ? one.offset < other.offset : one.segment < other.segment
    }
}
