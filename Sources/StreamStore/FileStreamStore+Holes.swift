extension FileStreamStore {
    /// Skipped runs of this many sequences are kept as one range and not as bitmaps.
    static let gapMin: UInt64 = 3 * HoleChunk.sequences

    /// Whether the message is stored.
    @inline(__always)
    func isStored(_ sequence: UInt64) -> Bool {
        sequence >= self.first && sequence <= self.last && self.messages > 0 && !self.isHole(sequence)
    }

    /// Whether anything between first and last is missing.
    @inline(__always)
    var hasHoles: Bool { self.messages != self.last &- self.first &+ 1 }  // Safe: first ≤ last + 1.

    /// Whether `sequence`, between first and last, is not stored.
    @inline(__always)
    func isHole(_ sequence: UInt64) -> Bool {
        self.hasHoles && (self.isGap(sequence) || self.isMarked(sequence))
    }

    private func isMarked(_ sequence: UInt64) -> Bool {
        let chunk = HoleChunk.number(of: sequence)
        let word = Int(sequence >> 6 & 63)
        let bit: UInt64 = 1 << (sequence & 63)
        if let start = self.tail.holes.start(of: chunk) {
            return self.tail.holes.words[start + word] & bit != 0
        }
        if self.tail.isReset { return false }
        if let frozen = self.frozen {
            if let start = frozen.holes.start(of: chunk) {
                return frozen.holes.words[start + word] & bit != 0
            }
            if frozen.isReset { return false }
        }
        return self.reader.readHoles(chunk) && self.reader.holes[word] & bit != 0
    }

    private func isGap(_ sequence: UInt64) -> Bool {
        self.gaps.isEmpty ? false : self.gap(at: sequence) != nil
    }

    /// The long run of skipped sequences that `sequence` is in.
    private func gap(at sequence: UInt64) -> ClosedRange<UInt64>? {
        var low = 0
        var high = self.gaps.count
        while low < high {
            let middle = (low + high) / 2
            if self.gaps[middle].upperBound < sequence { low = middle + 1 } else { high = middle }
        }
        return low < self.gaps.count && self.gaps[low].contains(sequence) ? self.gaps[low] : nil
    }

    /// The word of holes that `sequence` is in, from the layer that knows it.
    func holeWord(_ sequence: UInt64) -> UInt64 {
        let chunk = HoleChunk.number(of: sequence)
        let word = Int(sequence >> 6 & 63)
        if let start = self.tail.holes.start(of: chunk) { return self.tail.holes.words[start + word] }
        if self.tail.isReset { return 0 }
        if let frozen = self.frozen {
            if let start = frozen.holes.start(of: chunk) { return frozen.holes.words[start + word] }
            if frozen.isReset { return 0 }
        }
        return self.reader.readHoles(chunk) ? self.reader.holes[word] : 0
    }

    /// The first stored sequence at or after `sequence`.
    @inline(__always)
    func nextStored(_ sequence: UInt64) -> UInt64? {
        if self.messages == 0 || sequence > self.last { return nil }
        if sequence <= self.first { return self.first }
        return self.hasHoles ? self.searchStored(sequence) : sequence
    }

    /// The first sequence at or after `sequence` that is not a hole; nil beyond the last.
    func searchStored(_ sequence: UInt64) -> UInt64? {
        var sequence = sequence
        while sequence <= self.last {
            if let gap = self.gaps.isEmpty ? nil : self.gap(at: sequence) {
                sequence = gap.upperBound + 1
                continue
            }
            // Ones are stored messages, from `sequence` on.
            let open = ~self.holeWord(sequence) & (UInt64.max << (sequence & 63))
            if open != 0 {
                let found = sequence & ~63 | UInt64(open.trailingZeroBitCount)
                if found > self.last { return nil }
                if self.isGap(found) {
                    sequence = found
                    continue
                }
                return found
            }
            sequence = (sequence | 63) + 1
        }
        return nil
    }

    /// The last stored sequence at or before `sequence`.
    func previousStored(_ sequence: UInt64) -> UInt64? {
        if self.messages == 0 || sequence < self.first { return nil }
        var sequence = Swift.min(sequence, self.last)
        if !self.hasHoles { return sequence }
        while sequence >= self.first {
            if let gap = self.gaps.isEmpty ? nil : self.gap(at: sequence) {
                // A gap never starts with sequence zero: something is before it.
                sequence = gap.lowerBound - 1
                continue
            }
            let open = ~self.holeWord(sequence) & (UInt64.max >> (63 - (sequence & 63)))
            if open != 0 {
                let found = sequence & ~63 | UInt64(63 - open.leadingZeroBitCount)
                if found < self.first { return nil }
                if self.isGap(found) {
                    sequence = found
                    continue
                }
                return found
            }
            if sequence < 64 { return nil }
            sequence = (sequence & ~63) - 1
        }
        return nil
    }

    /// How many messages are stored from `first` to before `sequence`.
    func storedBelow(_ sequence: UInt64) -> UInt64 {
        if self.messages == 0 || sequence <= self.first { return 0 }
        if sequence > self.last { return self.messages }
        if !self.hasHoles { return sequence - self.first }
        if sequence - self.first <= self.last - sequence { return self.countStored(self.first..<sequence) }
        return self.messages - self.countStored(sequence..<self.last + 1)
    }

    private func countStored(_ range: Range<UInt64>) -> UInt64 {
        var count: UInt64 = 0
        var sequence = range.lowerBound
        while sequence < range.upperBound {
            if let gap = self.gaps.isEmpty ? nil : self.gap(at: sequence) {
                sequence = gap.upperBound + 1
                continue
            }
            let end = Swift.min((sequence | 63) + 1, range.upperBound)
            var mask = UInt64.max << (sequence & 63)
            if end & 63 != 0 { mask &= UInt64.max >> (64 - (end & 63)) }
            var open = ~self.holeWord(sequence) & mask
            if !self.gaps.isEmpty {
                // A gap may begin inside the word.
                var next = sequence
                while next < end {
                    if self.isGap(next) { open &= ~(1 << (next & 63)) }
                    next += 1
                }
            }
            count += UInt64(open.nonzeroBitCount)
            sequence = end
        }
        return count
    }

    /// Marks sequences as not stored.
    func markHoles(_ range: ClosedRange<UInt64>) {
        if range.upperBound - range.lowerBound >= Self.gapMin {
            // Everything in a gap is new: it lies behind the last message.
            self.gaps.append(range)
            return
        }
        var sequence = range.lowerBound
        while sequence <= range.upperBound {
            let chunk = HoleChunk.number(of: sequence)
            let end = Swift.min(sequence | (HoleChunk.sequences - 1), range.upperBound)
            let start = self.touchHoles(chunk)
            let mask = HoleChunk.sequences - 1
            self.tail.holes.mark(Int(sequence & mask)...Int(end & mask), at: start)
            sequence = end + 1
        }
    }

    /// Where the chunk's words are in the tail, copied from below if need be.
    func touchHoles(_ chunk: UInt64) -> Int {
        if let start = self.tail.holes.start(of: chunk) { return start }
        if self.tail.isReset { return self.tail.holes.add(chunk, copying: nil, at: 0) }
        if let frozen = self.frozen {
            if let start = frozen.holes.start(of: chunk) {
                return self.tail.holes.add(chunk, copying: frozen.holes.words, at: start)
            }
            if frozen.isReset { return self.tail.holes.add(chunk, copying: nil, at: 0) }
        }
        if self.reader.readHoles(chunk) {
            return self.tail.holes.add(chunk, copying: self.reader.holes, at: 0)
        }
        return self.tail.holes.add(chunk, copying: nil, at: 0)
    }
}
