import StreamModel
import Subjects
import Testing

@testable import StreamEngine

@Suite("Acknowledgements")
struct ConsumerAckTests {
    private func fixture(
        _ messages: Int,
        _ configure: (inout ConsumerPolicy) -> Void = { _ in }
    ) -> ConsumerFixture {
        ConsumerFixture([String](repeating: "s.a", count: messages), configure)
    }

    @Test("Acks 5, 3, 1, 2, 4 give the floors of consumers.md §4.3")
    func floors() {
        let fixture = self.fixture(5)
        let frames = fixture.pull("5")
        for (sequence, floor) in [(5, 0), (3, 0), (1, 1), (2, 3), (4, 5)] as [(Int, UInt64)] {
            fixture.ack(frames[sequence - 1].reply)
            #expect(fixture.floor == [floor, floor])
        }
        #expect(fixture.settled.map(\.rawValue) == [5, 3, 1, 2, 4])
    }

    @Test(
        "What is confirmed: consumers.md §4.2",
        arguments: [
            ("1.1.1", "", true), ("1.1.1", "+OK", true), ("1.1.1", "+ack", true), ("1.1.1", "-NAK", true),
            ("1.1.1", "+WPI", true), ("1.1.1", "+TERM", true), ("1.1.1", "+NXT", false), ("1.9.9", "", false),
            ("1.x.1", "", false), ("1.0.1", "", true), ("1.9.9", "-NAK", true), ("1.9.9", "+WPI", true),
            ("1.9.9", "+TERM", false), ("1.9.9", "foo", true),
        ]
    )
    func confirmations(numbers: String, payload: String, isConfirmed: Bool) {
        let fixture = self.fixture(3)
        fixture.pull("2")
        let answer = fixture.ack("$JS.ACK.S.c.\(numbers).0.0", payload, reply: "r").confirmed
        #expect(answer.count == (isConfirmed ? 1 : 0))
        if let frame = answer.first {
            #expect(frame == Frame(route: "r", subject: "r", reply: "", headers: "", payload: ""))
        }
    }

    @Test("A second ack is confirmed and changes nothing")
    func twice() {
        let fixture = self.fixture(2)
        let frames = fixture.pull("2")
        #expect(fixture.ack(frames[0].reply, reply: "r").confirmed.count == 1)
        #expect(fixture.ack(frames[0].reply, reply: "r").confirmed.count == 1)
        #expect(fixture.progress.ackPending == 1)
    }

    @Test("A confirmation asks for durability, also when the ack itself came before")
    func durable() {
        let fixture = self.fixture(2)
        let frames = fixture.pull("2")
        let before = fixture.store.durableEntries
        fixture.ack(frames[0].reply)
        #expect(fixture.store.durableEntries == before)
        fixture.ack(frames[0].reply, reply: "r")
        #expect(fixture.store.durableEntries == before + 1)
        fixture.ack(frames[1].reply, reply: "r")
        #expect(fixture.store.durableEntries == before + 2)
    }

    @Test("A negative ack brings the message again, as the second delivery with a new consumer sequence")
    func nak() {
        let fixture = self.fixture(2)
        let frames = fixture.pull("1")
        fixture.pull("2")
        #expect(fixture.ack(frames[0].reply, "-NAK").sent.texts == ["in: s.a 2/1/3 0"])
        #expect(
            fixture.events
                == [.negativelyAcknowledged(StreamSequence(1), consumerSequence: 1, deliveries: 1)]
        )
        #expect(fixture.progress.redelivered == 1)
    }

    @Test("A delayed negative ack waits that long while new messages flow")
    func nakDelay() {
        let fixture = self.fixture(2)
        let frames = fixture.pull("1")
        #expect(fixture.ack(frames[0].reply, "-NAK {\"delay\":700000000}").sent.isEmpty)
        #expect(fixture.pull("5").sequences == [2])
        #expect(fixture.wait(699).isEmpty)
        #expect(fixture.wait(1).texts == ["in: s.a 2/1/3 0"])
    }

    @Test("A delayed message counts against the limit of unacknowledged ones")
    func nakDelayLimit() {
        let fixture = self.fixture(2) { $0.maxAckPending = 1 }
        let frames = fixture.pull("5")
        fixture.ack(frames[0].reply, "-NAK 500ms")
        #expect(fixture.wait(499).isEmpty)
        #expect(fixture.wait(1).texts == ["in: s.a 2/1/2 1"])
    }

    @Test("Progress restarts the timer")
    func progress() {
        let fixture = self.fixture(1) { $0.ackWait = 500_000_000 }
        let frames = fixture.pull("5")
        for _ in 0..<3 {
            #expect(fixture.wait(300).isEmpty)
            fixture.ack(frames[0].reply, "+WPI")
        }
        #expect(fixture.wait(499).isEmpty)
        #expect(fixture.wait(1).texts == ["in: s.a 2/1/2 0"])
    }

    @Test("Termination settles, and is reported each time")
    func term() {
        let fixture = self.fixture(1)
        let frames = fixture.pull("1")
        fixture.ack(frames[0].reply, "+TERM  because ")
        fixture.ack(frames[0].reply, "+TERM")
        let first = ConsumerEvent.terminated(
            StreamSequence(1),
            consumerSequence: 1,
            deliveries: 1,
            reason: .client(Array("because".utf8))
        )
        #expect(fixture.events.first == first)
        #expect(fixture.events.count == 2)
        #expect(fixture.floor == [1, 1])
    }

    @Test("+NXT acknowledges and pulls to the reply of the acknowledgement, without a confirmation")
    func next() {
        let fixture = self.fixture(4)
        let frames = fixture.pull("1")
        let answer = fixture.ack(frames[0].reply, "+NXT {\"batch\":2}", reply: "more")
        #expect(answer.confirmed.isEmpty)
        #expect(answer.sent.texts == ["more: s.a 1/2/2 2", "more: s.a 1/3/3 1"])
        #expect(fixture.progress.ackPending == 2)
        #expect(fixture.ack(answer.sent[0].reply, "+NXT").sent.isEmpty)
        #expect(fixture.progress.ackPending == 1)
    }

    @Test("Policy all: consumers.md §10.6 row 120")
    func all() {
        let fixture = self.fixture(5) { $0.acknowledgement = .all }
        let frames = fixture.pull("5")
        fixture.ack(frames[2].reply)
        #expect(fixture.floor == [3, 3])
        #expect(fixture.progress.ackPending == 2)
        fixture.ack(frames[1].reply)
        fixture.ack(frames[0].reply, "-NAK")
        #expect(fixture.floor == [3, 3])
        fixture.pull("1")
        #expect(fixture.ack(frames[4].reply, "-NAK").sent.texts == ["in: s.a 2/5/6 0"])
        fixture.ack(frames[3].reply, "+TERM")
        #expect(fixture.floor == [4, 4])
        #expect(fixture.settled.map(\.rawValue) == [1, 2, 3, 4])
    }

    @Test("Policy all: an ack by the first delivery's reply settles redelivered messages")
    func allRedelivered() {
        let fixture = self.fixture(4) {
            $0.acknowledgement = .all
            $0.ackWait = 100_000_000
        }
        let frames = fixture.pull("3")
        fixture.pull("3")
        // The fourth message comes at once; the three others again after the timer.
        fixture.wait(100)
        fixture.ack(frames[2].reply)
        #expect(fixture.progress.ackPending == 1)
        #expect(fixture.floor == [3, 3])
    }

    @Test("Unacknowledged messages come again in stream order, before new ones")
    func timeout() {
        let fixture = self.fixture(4) { $0.ackWait = 300_000_000 }
        fixture.pull("2")
        fixture.wait(300)
        #expect(
            fixture.pull("4").texts
                == ["in: s.a 2/1/3 2", "in: s.a 2/2/4 2", "in: s.a 1/3/5 1", "in: s.a 1/4/6 0"]
        )
    }

    @Test("Backoff gives the times of the deliveries, and max_deliver their number")
    func backoff() {
        let fixture = self.fixture(2) {
            $0.backoff = [200_000_000, 500_000_000]
            $0.maxDeliver = 4
            $0.maxAckPending = 1
        }
        #expect(fixture.pull("10").sequences == [1])
        for (after, count) in [(200, 2), (500, 3), (500, 4)] as [(Int64, UInt64)] {
            #expect(fixture.wait(after - 1).isEmpty)
            #expect(fixture.wait(1).map { $0.numbers[0] } == [count])
        }
        #expect(fixture.wait(499).isEmpty)
        #expect(fixture.wait(1).texts == ["in: s.a 1/2/5 0"])
        #expect(fixture.events == [.maxDeliveries(StreamSequence(1), deliveries: 4)])
        #expect(fixture.progress.redelivered == 1)
    }

    @Test("A message that may be delivered once is given up by its timer, without a request")
    func once() {
        let fixture = self.fixture(1) {
            $0.ackWait = 300_000_000
            $0.maxDeliver = 1
        }
        let frames = fixture.pull("1")
        fixture.wait(300)
        #expect(fixture.events == [.maxDeliveries(StreamSequence(1), deliveries: 1)])
        #expect(fixture.progress.ackPending == 0)
        #expect(fixture.progress.redelivered == 0)
        #expect(fixture.consumer.needs(StreamSequence(1)))
        #expect(fixture.ack(frames[0].reply, reply: "r").confirmed.count == 1)
        #expect(fixture.settled == [StreamSequence(1)])
        #expect(!fixture.consumer.needs(StreamSequence(1)))
    }

    @Test("Raising max_deliver does not bring a message back that was given up")
    func raised() {
        let fixture = self.fixture(1) {
            $0.ackWait = 100_000_000
            $0.maxDeliver = 1
        }
        fixture.pull("1")
        fixture.wait(100)
        fixture.policy.maxDeliver = 5
        fixture.consumer.update(fixture.policy, now: fixture.now)
        fixture.pull("1")
        #expect(fixture.wait(10_000).isEmpty)
    }

    @Test("A shorter ack wait holds for messages already delivered")
    func shorterWait() {
        let fixture = self.fixture(1)
        fixture.pull("1")
        fixture.wait(200)
        fixture.policy.ackWait = 300_000_000
        fixture.consumer.update(fixture.policy, now: fixture.now)
        fixture.pull("1")
        #expect(fixture.wait(99).isEmpty)
        #expect(fixture.wait(1).texts == ["in: s.a 2/1/2 0"])
    }

    @Test("Another filter keeps the place and what is pending, and counts anew")
    func filterUpdate() {
        let fixture = ConsumerFixture(["a", "b", "a", "b", "b"]) { $0.filter = filter("a") }
        fixture.pull("1")
        fixture.policy.filter = filter("b")
        fixture.consumer.update(fixture.policy, now: fixture.now)
        #expect(fixture.progress.pending == 3)
        #expect(fixture.progress.ackPending == 1)
        fixture.publish("a")
        fixture.publish("b")
        #expect(fixture.pull("10").sequences == [2, 4, 5, 7])
    }

    @Test("Without acknowledgements the floor follows delivery")
    func none() {
        let fixture = self.fixture(3) { $0.acknowledgement = .none }
        fixture.pull("2")
        #expect(fixture.floor == [2, 2])
        #expect(fixture.settled.map(\.rawValue) == [1, 2])
        #expect(!fixture.policy.servesAcknowledgements)
    }

    @Test("All acknowledgements are sampled at 100, and about half at 50")
    func sampling() {
        for (frequency, range) in [(100, 1000...1000), (50, 400...600), (0, 0...0)] {
            let fixture = self.fixture(1000) { $0.sampleFrequency = frequency }
            for frame in fixture.pull("1000") { fixture.ack(frame.reply) }
            fixture.reportRemovals()
            let samples = fixture.events.count { if case .acknowledged = $0 { true } else { false } }
            #expect(range.contains(samples))
        }
    }

    @Test("A reset begins anew behind the floor, and waiting requests are served from there")
    func reset() {
        let fixture = self.fixture(5)
        let frames = fixture.pull("4")
        fixture.ack(frames[0].reply)
        fixture.pull("9")
        #expect(fixture.consumer.reset(to: nil) == StreamSequence(2))
        #expect(fixture.delivered == [0, 1])
        #expect(fixture.progress.pending == 4)
        #expect(fixture.deliver().texts.first == "in: s.a 1/2/1 3")
        #expect(fixture.consumer.reset(to: StreamSequence(4)) == StreamSequence(4))
        #expect(fixture.floor == [0, 3])
    }
}
