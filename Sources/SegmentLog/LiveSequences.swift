/// Which messages of a segment are to be kept.
///
/// A bit for each sequence, in words of 64; words without a bit take no room, since a segment may reach over a long run
/// of skipped sequences.
public struct LiveSequences: Sendable, Equatable {
    /// Sequences of the lowest bits, divided by 64; ascending.
    private var numbers: [UInt64] = []
    private var words: [UInt64] = []

    /// No sequence.
    public init() {}

    /// How many words have a bit.
    public var count: Int { self.words.count }

    /// Adds the sequences that `word` has bits for: the lowest bit is `sequence`.
    ///
    /// - Precondition: `sequence` is a multiple of 64, and higher than those added before.
    public mutating func append(_ word: UInt64, at sequence: UInt64) {
        let number = sequence >> 6
        precondition(sequence & 63 == 0 && self.numbers.last.map { $0 < number } ?? true)
        if word == 0 { return }
        self.numbers.append(number)
        self.words.append(word)
    }

    /// Whether the message is to be kept.
    public func contains(_ sequence: UInt64) -> Bool {
        let number = sequence >> 6
        var low = 0
        var high = self.numbers.count
        while low < high {
            let middle = (low + high) / 2
            if self.numbers[middle] < number { low = middle + 1 } else { high = middle }
        }
        guard low < self.numbers.count, self.numbers[low] == number else { return false }
        return self.words[low] & (1 << (sequence & 63)) != 0
    }
}
