import Testing

@testable import Broker

@Suite("Histogram")
struct HistogramTests {
    @Test("A value is in the first range whose upper end it does not exceed")
    func ranges() {
        var histogram = Histogram(bounds: [1, 10])
        for value in [0, 1, 1.5, 10, 11] { histogram.record(value) }
        #expect(histogram.counts == [2, 2, 1])
        #expect(histogram.count == 5)
        #expect(histogram.sum == 23.5)
    }

    @Test("Histograms of the same ranges are added range by range")
    func sums() {
        var one = Histogram(bounds: [1])
        var other = Histogram(bounds: [1])
        one.record(1)
        other.record(2)
        one.add(other)
        #expect(one.counts == [1, 1])
        #expect(one.sum == 3)
    }
}
