import Testing

@testable import Broker

@Suite("Route cache")
struct RouteCacheTests {
    private let interest = Interest(seed: 7)
    private let cache: RouteLookup

    init() { self.cache = RouteLookup(RouteCache(interest: self.interest, shard: 1, seed: 7)) }

    private func client(_ id: UInt64 = 1) -> Target {
        .client(makeConnection(id: id), sid: Array("s\(id)".utf8))
    }

    private func listenToAcknowledgements() -> Subscription {
        self.interest.add("$JS.ACK.STREAM.consumer.*.*.*.*.*", .acknowledge(makeHandle(), .first))
    }

    @Test("A subject is remembered when it is asked for the second time")
    func secondSight() {
        let keep = self.interest.add("a", self.client())
        let once = self.cache.route("a")
        #expect(once.plain.count == 1)
        let second = self.cache.route("a")
        #expect(second !== once)
        #expect(self.cache.route("a") === second)
        #expect(second.plain.map(\.connectionID) == [1])
        self.interest.remove(keep)
    }

    @Test("Subjects that differ in a last token that decides nothing share a place")
    func sharedParent() {
        let inbox = self.interest.add("_INBOX.one.*", self.client(1))
        let other = self.interest.add("_INBOX.two.*", self.client(2))
        _ = self.cache.route("_INBOX.one.1")
        let shared = self.cache.route("_INBOX.one.2")
        for number in 3..<50 { #expect(self.cache.route("_INBOX.one.\(number)") === shared) }
        #expect(shared.plain.map(\.connectionID) == [1])
        for _ in 0..<3 { #expect(self.cache.route("_INBOX.two.7").plain.map(\.connectionID) == [2]) }
        for subject in ["_INBOX.one", "_INBOX.one.1.2", "_INBOX.one.", "_INBOX..1", "_INBOX.three.1"] {
            for _ in 0..<3 { #expect(self.cache.route(subject).isEmpty, "\(subject)") }
        }
        self.interest.remove(inbox)
        self.interest.remove(other)
    }

    @Test("A last token that one subscription names gets its own place")
    func namedLastToken() {
        let any = self.interest.add("orders.*", self.client(1))
        for number in 0..<3 { #expect(self.cache.route("orders.\(number)").plain.map(\.connectionID) == [1]) }
        let one = self.interest.add("orders.2", self.client(2))
        for _ in 0..<3 {
            #expect(self.cache.route("orders.1").plain.map(\.connectionID) == [1])
            #expect(self.cache.route("orders.2").plain.map(\.connectionID).sorted() == [1, 2])
        }
        self.interest.remove(one)
        for _ in 0..<3 { #expect(self.cache.route("orders.2").plain.map(\.connectionID) == [1]) }
        self.interest.remove(any)
    }

    @Test("Subjects used once share one route and push nothing out")
    func usedOnce() {
        let keep = [self.interest.add(">", self.client()), self.interest.add("once.named", self.client())]
        _ = self.cache.route("stays")
        let stays = self.cache.route("stays")
        let once = self.cache.route("once.0")
        for number in 1..<100 { #expect(self.cache.route("once.\(number)") === once) }
        #expect(self.cache.route("stays") === stays)
        for one in keep { self.interest.remove(one) }
    }

    @Test("A changed interest is seen at once")
    func changes() {
        for _ in 0..<3 { #expect(self.cache.route("a").isEmpty) }
        let first = self.interest.add("a", self.client(1))
        #expect(self.cache.route("a").plain.map(\.connectionID) == [1])
        for _ in 0..<3 { _ = self.cache.route("a") }
        let second = self.interest.add("*", self.client(2))
        #expect(self.cache.route("a").plain.map(\.connectionID).sorted() == [1, 2])
        for _ in 0..<3 { _ = self.cache.route("a") }
        self.interest.remove(first)
        #expect(self.cache.route("a").plain.map(\.connectionID) == [2])
        self.interest.remove(second)
        #expect(self.cache.route("a").isEmpty)
    }

    @Test("Routes hold the stage of their own loop, the sid, and the groups by name")
    func contents() {
        let connection = makeConnection(id: 9)
        let keep = [
            self.interest.add("a", .client(connection, sid: [49])),
            self.interest.add("a", queue: "q", .client(connection, sid: [50])),
            self.interest.add("*", queue: "q", .client(connection, sid: [51])),
            self.interest.add("a", queue: "p", .client(connection, sid: [52])),
            self.interest.add("a", .stream(makeHandle())),
        ]
        let route = self.cache.route("a")
        #expect(route.plain.map(\.sid) == [SubscriptionID([49])])
        #expect(
            route.plain.allSatisfy {
                $0.stage.toOpaque() == Unmanaged.passUnretained(connection.stages[1]).toOpaque()
            }
        )
        #expect(Set(route.groups.map(\.name)) == [Array("q".utf8), Array("p".utf8)])
        #expect(route.groups.first { $0.name == Array("q".utf8) }?.members.count == 2)
        #expect(route.services.count == 1)
        #expect(!route.isEmpty)
        #expect(route.subscriptions.count == keep.count)
    }

    @Test("Acknowledgements of one consumer share a route, those of another have their own")
    func sharedAcknowledgements() {
        let keep = self.listenToAcknowledgements()
        _ = self.cache.route("$JS.ACK.STREAM.consumer.1.1.1.1.0")
        let shared = self.cache.route("$JS.ACK.STREAM.consumer.1.2.2.2.0")
        #expect(shared.services.count == 1)
        #expect(self.cache.route("$JS.ACK.STREAM.consumer.7.3.9.123456.42") === shared)
        #expect(self.cache.route("$JS.ACK.STREAM.other.1.1.1.1.0").isEmpty)
        #expect(
            self.cache.route("$JS.ACK.STREAM.consumer.1.1.1.0").isEmpty,
            "one token less is none of its own"
        )
        self.interest.remove(keep)
    }

    @Test("While a client watches acknowledgements, each has its own route")
    func watchedAcknowledgements() {
        let service = self.listenToAcknowledgements()
        let watcher = self.interest.add("$JS.ACK.STREAM.consumer.*.5.>", self.client())
        for _ in 0..<3 {
            #expect(self.cache.route("$JS.ACK.STREAM.consumer.1.4.4.1.0").plain.isEmpty)
            #expect(self.cache.route("$JS.ACK.STREAM.consumer.1.5.5.1.0").plain.count == 1)
        }
        self.interest.remove(watcher)
        for _ in 0..<3 { #expect(self.cache.route("$JS.ACK.STREAM.consumer.1.5.5.1.0").plain.isEmpty) }
        self.interest.remove(service)
    }

    @Test(
        "A subject that only looks like an acknowledgement does not take its route",
        arguments: [
            "$JS.ACK.STREAM.consumer.", "$JS.ACK.STREAM.consumer.....", "$JS.ACK.STREAM.consumer.1..1.1.0",
            "$JS.ACK.STREAM.consumer.1.1.1.1.",
        ]
    )
    func misleading(subject: String) {
        let service = self.listenToAcknowledgements()
        for _ in 0..<3 { #expect(self.cache.route(subject).isEmpty, "an empty token matches nothing") }
        for number in 1...3 {
            #expect(self.cache.route("$JS.ACK.STREAM.consumer.1.\(number).1.1.0").services.count == 1)
        }
        for _ in 0..<3 { #expect(self.cache.route(subject).isEmpty, "an empty token matches nothing") }
        self.interest.remove(service)
    }

    @Test("Where a specific handler answers, the general one of the API is left out")
    func specificHandlers() throws {
        let keep = self.interest.add("$JS.API.DIRECT.GET.S", .directGet(makeHandle()))
        #expect(self.cache.route("$JS.API.DIRECT.GET.S").services.count == 1)
        #expect(self.cache.route("$JS.API.DIRECT.GET.T").services.isEmpty)
        self.interest.remove(keep)
    }
}

extension Route {
    fileprivate var subscriptions: [Subscription] { self.fan.value.subscriptions }
    fileprivate var plain: [Entry] { self.fan.value.plain }
    fileprivate var groups: [Group] { self.fan.value.groups }
    fileprivate var services: [Target] { self.fan.value.services }
    fileprivate var isEmpty: Bool { self.fan.value.isEmpty }
}
