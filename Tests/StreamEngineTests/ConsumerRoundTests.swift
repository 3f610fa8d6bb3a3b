import StreamModel
import StreamStore
import Subjects
import Testing

@testable import StreamEngine

@Suite("Rounds of delivery")
struct ConsumerRoundTests {
    private func fixture(
        _ messages: Int,
        _ configure: (inout ConsumerPolicy) -> Void = { _ in }
    ) -> ConsumerFixture {
        ConsumerFixture([String](repeating: "s.a", count: messages), configure)
    }

    @Test("The original pace is kept for what was stored before")
    func replay() {
        let fixture = self.fixture(3) { $0.replaysOriginalPace = true }
        #expect(fixture.pull("5").sequences == [1])
        #expect(fixture.wait(9).sequences == [])
        #expect(fixture.wait(1).sequences == [2])
        #expect(fixture.wait(10).sequences == [3])
        fixture.time += 1_000
        fixture.publish("s.a")
        #expect(fixture.deliver().sequences == [4])
    }

    @Test("A budget ends a round and the next goes on")
    func budget() {
        let fixture = self.fixture(10)
        fixture.store.durableLimit = .zero
        fixture.pull("10")
        fixture.store.durableLimit = nil
        #expect(fixture.deliver(messages: 4).sequences == [1, 2, 3, 4])
        #expect(fixture.deliver(messages: 4).sequences == [5, 6, 7, 8])
        #expect(fixture.deliver(messages: 4).sequences == [9, 10])
    }

    @Test("Only durable messages are delivered and counted", arguments: [true, false])
    func durable(isFiltered: Bool) {
        let fixture = self.fixture(0) { if isFiltered { $0.filter = filter("s.*") } }
        fixture.store.durableLimit = StreamSequence(2)
        for _ in 0..<4 { fixture.publish("s.a") }
        #expect(fixture.progress.pending == 2)
        #expect(fixture.pull("10").texts == ["in: s.a 1/1/1 1", "in: s.a 1/2/2 0"])
        fixture.store.durableLimit = StreamSequence(4)
        #expect(fixture.deliver().texts == ["in: s.a 1/3/3 1", "in: s.a 1/4/4 0"])
    }

    @Test("Deletion and shutdown end all requests in their own words")
    func terminate() {
        let fixture = self.fixture(0)
        fixture.pull("{\"batch\":7,\"max_bytes\":99}", inbox: "a")
        fixture.pull("2", inbox: "b")
        #expect(
            fixture.terminate(.serverShutdown).texts
                == [
                    "a: 409 Server Shutdown; Nats-Pending-Messages: 7; Nats-Pending-Bytes: 99",
                    "b: 409 Server Shutdown; Nats-Pending-Messages: 2; Nats-Pending-Bytes: 0",
                ]
        )
        fixture.pull("2", inbox: "c")
        #expect(fixture.terminate(.consumerDeleted).texts == ["c: 409 Consumer Deleted"])
        #expect(fixture.progress.waiting == 0)
    }

    @Test("An idle consumer ends after its threshold, not while somebody waits or works")
    func inactivity() {
        let idle = self.fixture(1) { $0.inactiveThreshold = 1_000_000_000 }
        idle.wait(1_100)
        #expect(!idle.hasExpired)
        idle.wait(1_000)
        #expect(idle.hasExpired)

        let waiting = self.fixture(0) { $0.inactiveThreshold = 1_000_000_000 }
        waiting.pull("1")
        waiting.wait(10_000)
        #expect(!waiting.hasExpired)
        waiting.takers["in"] = 0
        waiting.wait(2_500)
        #expect(waiting.hasExpired)

        let working = self.fixture(1) {
            $0.inactiveThreshold = 1_000_000_000
            $0.ackWait = 2_000_000_000
        }
        working.pull("1")
        working.wait(3_000)
        #expect(!working.hasExpired)
        working.wait(3_000)
        #expect(working.hasExpired)
    }
}
