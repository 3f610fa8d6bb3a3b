/// Which messages of a segment are to be kept: one bit for each sequence of a range.
public struct LiveSequences: Sendable, Equatable {
    /// The sequence of the lowest bit of the first word; a multiple of 64.
    public let start: UInt64
    private var words: [UInt64] = []

    /// No sequence; the words of bits from `sequence` on are to be added.
    public init(from sequence: UInt64) { self.start = sequence & ~63 }

    /// The first sequence behind those decided so far.
    public var end: UInt64 { self.start + UInt64(self.words.count) * 64 }

    /// Adds the next 64 sequences: the lowest bit is the first of them.
    public mutating func append(_ word: UInt64) { self.words.append(word) }

    /// Whether the message is to be kept; one outside the range is not.
    @inline(__always)
    public func contains(_ sequence: UInt64) -> Bool {
        guard sequence >= self.start, sequence < self.end else { return false }
        return self.words[Int((sequence - self.start) >> 6)] & (1 << (sequence & 63)) != 0
    }
}
