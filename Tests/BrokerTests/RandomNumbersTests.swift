import Testing

@testable import Broker

@Suite("Random numbers")
struct RandomNumbersTests {
    // The chi-squared statistic of a fair choice exceeds these in one of ten thousand runs; the seeds are fixed.
    @Test(
        "Every member of a group is chosen equally often",
        arguments: [(members: 2, limit: 15.1), (3, 18.4), (5, 23.5), (7, 27.9), (16, 44.3)],
        [1, 0xdead_beef, UInt64.max]
    )
    func fairness(group: (members: Int, limit: Double), seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        let draws = 20_000
        var counts = [Int](repeating: 0, count: group.members)
        for _ in 0..<draws { counts[random.next(below: group.members)] += 1 }
        let expected = Double(draws) / Double(group.members)
        let statistic = counts.reduce(0.0) {
            $0 + (Double($1) - expected) * (Double($1) - expected) / expected
        }
        #expect(statistic < group.limit, "\(counts)")
    }

    @Test("One choice says nothing about the next", arguments: [1, 0xdead_beef, UInt64.max])
    func independence(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        var counts = [Int](repeating: 0, count: 9)
        var last = random.next(below: 3)
        for _ in 0..<18_000 {
            let next = random.next(below: 3)
            counts[last * 3 + next] += 1
            last = next
        }
        for count in counts { #expect((1820...2180).contains(count), "\(counts)") }
    }

    @Test("A choice of one is that one, and the same seed gives the same numbers")
    func repeatable() {
        var one = RandomNumbers(seed: 7)
        var other = RandomNumbers(seed: 7)
        for _ in 0..<100 {
            #expect(one.next(below: 1) == 0)
            #expect(other.next(below: 1) == 0)
            #expect(one.next() == other.next())
        }
    }
}
