/// The stream sequences that were acknowledged, one bit each.
struct SequenceSet {
    private let last: UInt64
    private var words: [UInt64]
    private let limit: Int

    /// How many sequences are in the set.
    private(set) var count = 0
    /// The highest sequence in the set, 0 when it is empty.
    private(set) var highest: UInt64 = 0

    /// - Parameters:
    ///   - last: the stream's last sequence before the run.
    ///   - limit: how many messages the run publishes at most.
    init(after last: UInt64, limit: Int) {
        self.last = last
        self.limit = limit
        self.words = Array(repeating: 0, count: limit / 64 + 1)
    }

    /// Adds a sequence that must be new and among those the run can have made.
    mutating func insert(_ sequence: UInt64) throws(LoadError) {
        guard sequence > self.last, sequence - self.last <= UInt64(self.limit) else {
            throw .wrong("sequence \(sequence) is outside of this run, which started after \(self.last)")
        }
        let index = Int(sequence - self.last - 1)
        let bit: UInt64 = 1 << UInt64(index % 64)
        guard self.words[index / 64] & bit == 0 else {
            throw .wrong("sequence \(sequence) was acknowledged twice")
        }
        self.words[index / 64] |= bit
        self.count += 1
        self.highest = max(self.highest, sequence)
    }
}
