import Testing

@testable import Broker

@Suite("What a table of subscriptions did")
struct InterestSnapshotTests {
    @Test("What loops did not have to ask for is the hit rate; nothing is known without look-ups")
    func hitRate() {
        var snapshot = InterestSnapshot()
        snapshot.matches = 25
        #expect(snapshot.hitRate == 0)
        snapshot.lookups = 20
        #expect(snapshot.hitRate == 0, "the server's own look-ups are asked for, and not counted")
        snapshot.lookups = 100
        #expect(snapshot.hitRate == 0.75)
    }

    @Test("What loops remember is added up, but for the widest route")
    func sum() {
        var one = InterestSnapshot()
        (one.count, one.remembered, one.widest, one.widths) = (3, 2, 3, 4)
        var other = InterestSnapshot()
        (other.remembered, other.widest, other.widths) = (2, 5, 6)
        one += other
        #expect((one.count, one.remembered, one.widest, one.widths) == (3, 4, 5, 10))
        #expect(one.averageWidth == 2.5)
        #expect(InterestSnapshot().averageWidth == 0)
    }

    @Test("A cache tells the routes that still hold")
    func remembered() {
        let interest = Interest(seed: 7)
        let cache = RouteLookup(RouteCache(interest: interest, shard: 1, seed: 7))
        let keep = interest.add("a", .client(makeConnection(id: 1), sid: Array("1".utf8)))
        for _ in 0..<3 { _ = cache.route("a") }
        #expect(cache.remembered == 1)
        let more = interest.add("b", .client(makeConnection(id: 2), sid: Array("2".utf8)))
        #expect(cache.remembered == 0)
        interest.remove(keep)
        interest.remove(more)
    }
}
