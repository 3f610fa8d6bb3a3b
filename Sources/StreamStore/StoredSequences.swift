/// Which sequences an index or a state file says are stored.
public struct StoredSequences: Sendable {
    /// The first one.
    public let first: UInt64
    /// The last one ever assigned.
    public let last: UInt64
    private let gaps: [ClosedRange<UInt64>]
    private var chunks: [UInt64: [UInt64]] = [:]

    init(_ record: StoreCheckpointRecord) {
        self.first = record.first
        self.last = record.last
        self.gaps = record.gaps
    }

    mutating func add(_ chunk: UInt64, _ words: [UInt64]) { self.chunks[chunk] = words }

    /// Whether the message is stored.
    public func contains(_ sequence: UInt64) -> Bool {
        if sequence < self.first || sequence > self.last { return false }
        if !self.chunks.isEmpty, let words = self.chunks[sequence >> 12],
            words[Int(sequence >> 6 & 63)] & (1 << (sequence & 63)) != 0
        {
            return false
        }
        return self.gaps.isEmpty || !self.gaps.contains { $0.contains(sequence) }
    }

    /// How many messages are stored.
    ///
    /// Takes as long as there are chunks with holes.
    public var count: UInt64 {
        if self.first > self.last { return 0 }
        var holes: UInt64 = 0
        for (chunk, words) in self.chunks {
            for (index, word) in words.enumerated() where word != 0 {
                let base = chunk << 12 + UInt64(index) << 6
                holes += UInt64((word & self.mask(base)).nonzeroBitCount)
            }
        }
        for gap in self.gaps {
            let lower = Swift.max(gap.lowerBound, self.first)
            let upper = Swift.min(gap.upperBound, self.last)
            if lower <= upper { holes += upper - lower + 1 }
        }
        let all = self.last - self.first + 1
        return holes <= all ? all - holes : 0
    }

    /// The bits of the word that starts with sequence `base` whose sequences lie between first and last and in no
    /// gap.
    private func mask(_ base: UInt64) -> UInt64 {
        if self.gaps.isEmpty, self.first <= base, base + 63 <= self.last { return .max }
        var mask: UInt64 = 0
        for bit in 0..<64 as Range<UInt64> {
            let sequence = base + bit
            if sequence < self.first || sequence > self.last { continue }
            if self.gaps.contains(where: { $0.contains(sequence) }) { continue }
            mask |= 1 << bit
        }
        return mask
    }
}

extension IndexInspection {
    /// Which messages the index says are stored; a damaged row is left out.
    public func storedSequences() throws(StoreError) -> StoredSequences {
        var stored = StoredSequences(self.checkpoint)
        let rows = try self.rows(.deleted)
        while let row = try rows.next() {
            if case .deleted(let chunk, let words) = row { stored.add(chunk, words) }
        }
        return stored
    }
}
