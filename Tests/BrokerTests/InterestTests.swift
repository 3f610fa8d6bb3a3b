import Testing

@testable import Broker

@Suite("Interest")
struct InterestTests {
    private let interest = Interest(seed: 1)

    @Test("The count goes up and down with the subscriptions, and a second removal has no effect")
    func count() {
        let client = Target.client(makeConnection(), sid: [49])
        #expect(self.interest.count == 0)
        let first = self.interest.add("a", client)
        let second = self.interest.add("a", queue: "q", client)
        #expect(self.interest.count == 2)
        self.interest.remove(first)
        self.interest.remove(first)
        #expect(self.interest.count == 1)
        #expect(self.interest.patterns(matching: "a") == ["a"])
        self.interest.remove(second)
        #expect(self.interest.count == 0)
        #expect(self.interest.patterns(matching: "a").isEmpty)
    }

    @Test("A late removal does not hit the subscription that took the place")
    func reuse() {
        let client = Target.client(makeConnection(), sid: [49])
        let old = self.interest.add("a", client)
        self.interest.remove(old)
        let new = self.interest.add("b", client)
        #expect(new.key == old.key, "the place is used again")
        self.interest.remove(old)
        #expect(self.interest.patterns(matching: "b") == ["b"])
        #expect(self.interest.count == 1)
    }

    @Test("The generation changes with every subscription that comes or goes, and only then")
    func generation() {
        let client = Target.client(makeConnection(), sid: [49])
        let first = self.interest.generation
        let subscription = self.interest.add("a", client)
        let second = self.interest.generation
        #expect(second > first)
        _ = self.interest.patterns(matching: "a")
        #expect(self.interest.generation == second)
        self.interest.remove(subscription)
        let third = self.interest.generation
        #expect(third > second)
        self.interest.remove(subscription)
        #expect(self.interest.generation == third)
    }

    @Test("Every matching subscription is found, and subjects with empty tokens match none")
    func match() {
        let client = Target.client(makeConnection(), sid: [49])
        for pattern in ["a.b", "a.*", "a.>", ">", "*.b", "a", "b.>"] {
            _ = self.interest.add(pattern, client)
        }
        #expect(self.interest.patterns(matching: "a.b") == ["*.b", ">", "a.*", "a.>", "a.b"])
        #expect(self.interest.patterns(matching: "a") == [">", "a"])
        for subject in ["a.", ".b", "a..b", ""] { #expect(self.interest.patterns(matching: subject).isEmpty) }
    }

    @Test(
        "Acknowledgements are shared unless a client could see one",
        arguments: [
            ("foo", true), (">", false), ("$JS.>", false), ("$JS.ACK.>", false),
            ("*.ACK.S.c.1.1.1.1.0", false),
            ("$JS.API.>", true), ("$JS.ACK", true), ("$JS.ACK.S.c.1.2.3.4.5", false), ("*", true),
            ("*.*.>", false),
        ]
    )
    func watchers(pattern: String, isShared: Bool) {
        let service = self.interest.add("$JS.ACK.S.c.*.*.*.*.*", .acknowledge(makeHandle(), .first))
        #expect(self.interest.sharesAcknowledgements)
        let watcher = self.interest.add(pattern, .client(makeConnection(), sid: [49]))
        #expect(self.interest.sharesAcknowledgements == isShared)
        self.interest.remove(watcher)
        self.interest.remove(watcher)
        #expect(self.interest.sharesAcknowledgements)
        self.interest.remove(service)
    }
}
