/// How often values fell into each of a few ranges that never change.
public struct Histogram: Sendable, Equatable {
    /// The upper ends of the ranges, ascending; values beyond the last are in a range of their own.
    public let bounds: [Double]
    /// How many values were in each range; one more than there are bounds.
    public private(set) var counts: [UInt64]
    /// The values together.
    public private(set) var sum = 0.0

    /// An empty histogram of those ranges.
    public init(bounds: [Double]) {
        self.bounds = bounds
        self.counts = Array(repeating: 0, count: bounds.count + 1)
    }

    /// Seconds that disks take: 50 µs … 10 s.
    public static let seconds = Histogram(
        bounds: [
            0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
            2.5,
            10,
        ]
    )

    /// Sizes of batches: 1 … 100 000.
    public static let sizes = Histogram(
        bounds: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000]
    )

    /// How many values there were.
    public var count: UInt64 { self.counts.reduce(0, +) }

    /// Counts a value.
    public mutating func record(_ value: Double) {
        var index = 0
        while index < self.bounds.count, value > self.bounds[index] { index += 1 }
        self.counts[index] += 1
        self.sum += value
    }

    /// Adds the values of a histogram of the same ranges.
    public mutating func add(_ other: Histogram) {
        precondition(self.bounds == other.bounds, "histograms of different ranges cannot be added")
        for index in self.counts.indices { self.counts[index] += other.counts[index] }
        self.sum += other.sum
    }
}
