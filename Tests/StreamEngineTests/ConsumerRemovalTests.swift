import StreamModel
import StreamStore
import Subjects
import Testing

@testable import StreamEngine

@Suite("Stream events")
struct ConsumerRemovalTests {
    private func fixture(_ messages: Int, limits: StoreLimits = StoreLimits()) -> ConsumerFixture {
        ConsumerFixture([String](repeating: "s.a", count: messages), store: JournalingStore(limits: limits))
    }

    @Test("Purge below 4 with five delivered: floor 3, two pending, nobody told")
    func purgeBelow() {
        let fixture = self.fixture(7)
        fixture.pull("5")
        fixture.purge(below: 4)
        #expect(fixture.floor == [3, 3])
        #expect(fixture.progress.ackPending == 2)
        #expect(fixture.progress.pending == 2)
        #expect(fixture.events.isEmpty)
    }

    @Test("Purge of everything: delivered and floor go to the end, consumer sequences go on")
    func purgeAll() {
        let fixture = self.fixture(14)
        let frames = fixture.pull("5")
        fixture.purge()
        #expect(fixture.delivered == [5, 14])
        #expect(fixture.floor == [5, 14])
        #expect(fixture.progress.pending == 0)
        #expect(fixture.ack(frames[2].reply, reply: "r").confirmed.count == 1)
        fixture.publish("s.a")
        #expect(fixture.pull().texts == ["in: s.a 1/15/6 0"])
    }

    @Test("A purge with a filter moves only consumers that want nothing else")
    func purgeFiltered() {
        let subjects = ["a", "b", "a", "b", "a", "b", "a", "b"]
        func consumer(_ filter: SubjectFilter) -> ConsumerFixture {
            let fixture = ConsumerFixture(subjects) { $0.filter = filter }
            fixture.pull("2")
            fixture.purge(StreamEngineTests.filter("b"))
            return fixture
        }
        let same = consumer(filter("b"))
        #expect(same.delivered == [2, 8])
        #expect(same.floor == [2, 8])
        #expect(same.progress.pending == 0)
        let wider = consumer(.all)
        #expect(wider.delivered == [2, 2])
        #expect(wider.progress.ackPending == 1)
        #expect(wider.progress.pending == 3)
        #expect(wider.floor == [0, 0])
        let other = consumer(filter("a"))
        #expect(other.delivered == [2, 3])
        #expect(other.progress.ackPending == 2)
        #expect(other.progress.pending == 2)
    }

    @Test("A deleted pending message is settled and reported with its deliveries")
    func deletePending() {
        let fixture = self.fixture(5)
        fixture.pull("5")
        fixture.remove(5)
        #expect(fixture.progress.ackPending == 4)
        fixture.remove(1)
        #expect(fixture.floor == [1, 1])
        #expect(
            fixture.events
                == [5, 1]
                .map {
                    .terminated(StreamSequence($0), consumerSequence: $0, deliveries: 1, reason: .deleted)
                }
        )
    }

    @Test(
        "Where an acknowledgement is for all before, a removed message is settled alone, however it was removed"
    )
    func removedAlone() {
        let fixture = ConsumerFixture(
            ["s.a", "s.b", "s.b"],
            store: JournalingStore(limits: StoreLimits(messagesPerSubject: 2))
        ) {
            $0.acknowledgement = .all
            $0.ackWait = 1_000_000_000
        }
        let frames = fixture.pull("3")
        fixture.publish("s.b")
        #expect(fixture.progress.ackPending == 2)
        fixture.remove(3)
        #expect(fixture.floor == [0, 0])
        #expect(fixture.progress.ackPending == 1)
        #expect(fixture.events.count == 2)
        // Nobody acknowledged the first, so it comes again.
        fixture.pull("1")
        #expect(fixture.wait(1000).isEmpty)
        #expect(fixture.pull("1").texts == ["in: s.a 2/1/5 0"])
        fixture.ack(frames[0].reply)
        #expect(fixture.progress.ackPending == 1)
    }

    @Test("A deleted message that was not delivered is not counted", arguments: [true, false])
    func deleteAhead(isFiltered: Bool) {
        let fixture = ConsumerFixture([String](repeating: "s.a", count: 5)) {
            if isFiltered { $0.filter = filter("s.*") }
        }
        fixture.pull("1")
        fixture.remove(3)
        #expect(fixture.progress.pending == 3)
        #expect(fixture.pull("9").sequences == [2, 4, 5])
    }

    @Test("A message that is deleted before it is durable is never counted", arguments: [true, false])
    func deleteUndurable(isFiltered: Bool) {
        let fixture = ConsumerFixture([]) { if isFiltered { $0.filter = filter("s.*") } }
        fixture.store.durableLimit = StreamSequence(1)
        for _ in 0..<4 { fixture.publish("s.a") }
        #expect(fixture.progress.pending == 1)
        fixture.remove(3)
        fixture.store.durableLimit = nil
        #expect(fixture.progress.pending == 3)
        #expect(fixture.pull("9").sequences == [1, 2, 4])
    }

    @Test("Messages that a limit evicts are settled one by one, and the next delivery has no gap of its own")
    func eviction() {
        let fixture = self.fixture(5, limits: StoreLimits(messages: 5))
        fixture.pull("3")
        for _ in 0..<3 { fixture.publish("s.a") }
        #expect(fixture.events.count == 3)
        #expect(fixture.progress.ackPending == 0)
        for _ in 0..<3 { fixture.publish("s.a") }
        #expect(fixture.pull().texts == ["in: s.a 1/7/4 4"])
    }

    @Test("A message that is deleted while it waits for redelivery is not delivered")
    func deleteQueued() {
        let fixture = self.fixture(2)
        let frames = fixture.pull("2")
        fixture.ack(frames[0].reply, "-NAK")
        fixture.ack(frames[1].reply, "-NAK")
        fixture.remove(1)
        #expect(fixture.pull("5").sequences == [2])
    }

    @Test("Without notice, a redelivery of what is gone settles it")
    func vanished() {
        let fixture = self.fixture(2)
        let frames = fixture.pull("2")
        fixture.ack(frames[0].reply, "-NAK")
        _ = fixture.store.remove(StreamSequence(1), erase: false)
        #expect(fixture.pull("5").isEmpty)
        #expect(fixture.progress.ackPending == 1)
        #expect(fixture.progress.ackFloor.stream == StreamSequence(1))
    }

    @Test("What interest retention needs follows delivery and acknowledgement")
    func needs() {
        let fixture = self.fixture(4)
        let frames = fixture.pull("2")
        fixture.ack(frames[1].reply)
        #expect((1...4).map { fixture.consumer.needs(StreamSequence($0)) } == [true, false, true, true])
    }
}
