/// How long each request took, kept whole: a percentile is a sample, not an estimate.
struct LatencySamples {
    private var nanoseconds: [UInt32] = []

    init(reserving count: Int) {
        self.nanoseconds.reserveCapacity(count)
    }

    /// Adds one sample, in nanoseconds; more than 4.2 seconds count as that much.
    mutating func add(_ nanoseconds: UInt64) {
        self.nanoseconds.append(UInt32(clamping: nanoseconds))
    }

    /// The samples at these parts of a thousand (500 is the median), in microseconds.
    mutating func percentiles(_ parts: [Int]) -> [Double] {
        self.nanoseconds.sort()
        guard !self.nanoseconds.isEmpty else { return parts.map { _ in 0 } }
        return parts.map { part in
            let index = min(self.nanoseconds.count - 1, self.nanoseconds.count * part / 1000)
            return Double(self.nanoseconds[index]) / 1000
        }
    }
}
