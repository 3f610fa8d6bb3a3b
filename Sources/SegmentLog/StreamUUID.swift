/// The sixteen bytes that tell one stream's files from every other's.
public struct StreamUUID: Hashable, Sendable {
    /// Bytes 0 to 7, the first one most significant.
    public let high: UInt64
    /// Bytes 8 to 15, the first one most significant.
    public let low: UInt64

    /// Makes the identifier of those two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes the identifier from its sixteen bytes; nil if there are not sixteen.
    public init?(bytes: RawSpan) {
        if bytes.byteCount != 16 { return nil }
        self.high = bytes.uint64(at: 0).byteSwapped
        self.low = bytes.uint64(at: 8).byteSwapped
    }

    /// The sixteen bytes.
    public var bytes: [UInt8] {
        (0..<16)
            .map { index in
                let half = index < 8 ? self.high : self.low
                return UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * (index % 8)))
            }
    }
}
