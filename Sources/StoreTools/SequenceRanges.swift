/// A set of sequences that are added in ascending order, as ranges.
struct SequenceRanges: Equatable {
    /// Ascending, not touching each other.
    private(set) var ranges: [ClosedRange<UInt64>] = []
    /// How many sequences there are.
    private(set) var count: UInt64 = 0

    /// Adds a sequence that is higher than all in the set.
    mutating func append(_ sequence: UInt64) {
        self.count += 1
        if let last = self.ranges.last, last.upperBound + 1 == sequence {
            self.ranges[self.ranges.count - 1] = last.lowerBound...sequence
        } else {
            self.ranges.append(sequence...sequence)
        }
    }

    /// Whether the sequence is in the set.
    func contains(_ sequence: UInt64) -> Bool {
        var low = 0
        var high = self.ranges.count
        while low < high {
            let middle = (low + high) / 2
            if self.ranges[middle].upperBound < sequence { low = middle + 1 } else { high = middle }
        }
        return low < self.ranges.count && self.ranges[low].contains(sequence)
    }
}

extension ClosedRange<UInt64> {
    /// `5` or `5 to 9`.
    var text: String {
        self.lowerBound == self.upperBound ? "\(self.lowerBound)" : "\(self.lowerBound) to \(self.upperBound)"
    }
}
