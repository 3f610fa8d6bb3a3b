/// Numbers that nobody can foresee, but no secrets: one event loop's own source of them.
///
/// They choose the member of a queue group, and one of a subject's mappings.
struct RandomNumbers {
    private var state: UInt64

    /// The numbers that follow from `seed`.
    init(seed: UInt64) { self.state = seed | 1 }

    /// The next number.
    mutating func next() -> UInt64 {
        // xorshift64*, whose state is never 0.
        self.state ^= self.state >> 12
        self.state ^= self.state << 25
        self.state ^= self.state >> 27
        return self.state &* 0x2545_f491_4f6c_dd1d
    }

    /// The next number, below `limit` > 0.
    mutating func next(below limit: Int) -> Int {
        // The high bits are the better ones. The product's high half is uniform but for one part in 2^64 / limit.
        Int(truncatingIfNeeded: self.next().multipliedFullWidth(by: UInt64(limit)).high)
    }
}
