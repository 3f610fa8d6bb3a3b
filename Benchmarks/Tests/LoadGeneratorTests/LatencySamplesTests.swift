import Testing

@testable import LoadGenerator

@Suite("Latency samples")
struct LatencySamplesTests {
    @Test("A percentile is a sample")
    func percentiles() {
        var samples = LatencySamples(reserving: 100)
        for value in (1...100).reversed() as [UInt64] { samples.add(value * 1_000) }
        #expect(samples.percentiles([0, 500, 990, 1_000]) == [1, 51, 100, 100])
        var none = LatencySamples(reserving: 0)
        #expect(none.percentiles([500]) == [0])
    }
}
