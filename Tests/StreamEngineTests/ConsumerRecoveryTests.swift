import StreamModel
import StreamStore
import Subjects
import Testing

@testable import StreamEngine

extension Consumer {
    /// What a restart must keep, as text.
    var persisted: String {
        var lines = [
            "delivered \(self.core.acks.delivered) floor \(self.core.acks.floor) boundary \(self.core.boundary)"
        ]
        for place in 0..<self.core.acks.ring.count where self.core.acks.ring[place].deliveries > 0 {
            let entry = self.core.acks.ring[place]
            lines.append(
                "\(entry.sequence) \(entry.consumerSequence) \(entry.deliveries) \(entry.delivered) \(entry.deadline)"
            )
        }
        return lines.joined(separator: "\n") + "\n\(self.core.acks.givenUp.runs)"
    }
}

@Suite("Consumer recovery")
struct ConsumerRecoveryTests {
    private func worked() -> ConsumerFixture {
        let fixture = ConsumerFixture([String](repeating: "s.a", count: 20)) {
            $0.ackWait = 500_000_000
            $0.maxDeliver = 2
        }
        let frames = fixture.pull("10")
        for index in [0, 1, 4, 7] { fixture.ack(frames[index].reply) }
        fixture.ack(frames[2].reply, "-NAK 2s")
        fixture.ack(frames[3].reply, "+WPI")
        fixture.wait(500)
        fixture.pull("3")
        fixture.wait(400)
        fixture.pull("4")
        fixture.wait(600)
        return fixture
    }

    @Test("The journal alone brings the state back")
    func journal() throws {
        let fixture = self.worked()
        #expect(fixture.consumer.core.acks.givenUp.count > 0)
        #expect(try fixture.recovered().persisted == fixture.consumer.persisted)
    }

    @Test("A snapshot and what follows it bring the state back")
    func snapshot() throws {
        let fixture = self.worked()
        let snapshot = fixture.consumer.snapshot()
        let since = fixture.store.entries.count
        #expect(
            try fixture.recovered(snapshot: snapshot.bytes, since: since).persisted
                == fixture.consumer.persisted
        )
        fixture.pull("5")
        fixture.wait(3_000)
        fixture.remove(4)
        fixture.purge(below: 7)
        #expect(
            try fixture.recovered(snapshot: snapshot.bytes, since: since).persisted
                == fixture.consumer.persisted
        )
    }

    @Test("After a restart what is overdue comes again with the next count, and consumer sequences go on")
    func redelivery() throws {
        let fixture = ConsumerFixture(["s.a", "s.a", "s.a"])
        let frames = fixture.pull("2")
        fixture.ack(frames[0].reply)
        fixture.time += 60_000
        fixture.consumer = try fixture.recovered()
        #expect(fixture.progress.lastDelivered == nil)
        _ = fixture.tick()
        #expect(fixture.pull("5").texts == ["in: s.a 2/2/3 1", "in: s.a 1/3/4 0"])
    }

    @Test("A negative ack before the restart is as urgent after it")
    func nak() throws {
        let fixture = ConsumerFixture(["s.a"])
        let frames = fixture.pull("1")
        fixture.ack(frames[0].reply, "-NAK")
        fixture.consumer = try fixture.recovered()
        _ = fixture.tick()
        #expect(fixture.pull("1").texts == ["in: s.a 2/1/2 0"])
    }

    @Test("A list of last messages goes on where it was")
    func lastPerSubject() throws {
        let fixture = ConsumerFixture(["a", "b", "a", "c", "b"]) {
            $0.filter = filter("*")
            $0.start = .lastPerSubject
        }
        fixture.publish("a")
        #expect(fixture.pull("1").sequences == [3])
        fixture.consumer = try fixture.recovered()
        #expect(fixture.progress.pending == 3)
        #expect(fixture.pull("9").sequences == [4, 5, 6])
        #expect(try fixture.recovered().persisted == fixture.consumer.persisted)
    }

    @Test("A start in the future survives, a place beyond a lost tail does not")
    func beyond() throws {
        let ahead = ConsumerFixture(["a"]) { $0.start = .sequence(StreamSequence(40)) }
        #expect(try ahead.recovered().progress().delivered.stream == StreamSequence(39))

        let fixture = ConsumerFixture([String](repeating: "a", count: 5))
        fixture.pull("5")
        let entries = fixture.store.entries
        let shorter = ConsumerFixture([String](repeating: "a", count: 3))
        let consumer = try Consumer(
            id: ConsumerID(rawValue: 1),
            stream: Array("S".utf8),
            name: Array("c".utf8),
            policy: ConsumerPolicy(),
            recovered: RecoveredConsumer(snapshot: nil, entries: entries),
            store: shorter.store,
            now: fixture.now
        )
        #expect(consumer.progress().delivered == SequencePair(consumer: 5, stream: StreamSequence(3)))
        #expect(consumer.progress().ackPending == 3)
        #expect(consumer.core.acks.brokenInvariant() == nil)
        shorter.consumer = consumer
        shorter.publish("a")
        #expect(shorter.pull("1").texts == ["in: a 1/4/6 0"])
    }

    @Test("Entries below the stream's first message are dropped")
    func belowFirst() throws {
        let fixture = ConsumerFixture([String](repeating: "a", count: 6))
        fixture.pull("5")
        _ = fixture.store.purge(matching: .all, below: StreamSequence(4), keep: 0)
        let consumer = try fixture.recovered()
        #expect(consumer.progress().ackPending == 2)
        #expect(consumer.progress().ackFloor == SequencePair(consumer: 3, stream: StreamSequence(3)))
    }

    @Test("Nothing to recover is an error")
    func missing() {
        let fixture = ConsumerFixture(["a"])
        #expect(throws: ConsumerStateError.missing) {
            try fixture.recovered(since: fixture.store.entries.count)
        }
    }

    @Test("A consumer in memory journals nothing")
    func memory() {
        let fixture = ConsumerFixture(["a"]) { $0.isPersistent = false }
        fixture.ack(fixture.pull("1")[0].reply, reply: "r")
        #expect(fixture.store.entries.isEmpty)
    }

    @Test(
        "Damaged bytes are refused or read as some state, and never trap",
        arguments: [1, 2, 3, 4] as [UInt64]
    )
    func damage(seed: UInt64) {
        let fixture = self.worked()
        fixture.consumer.flushProgress()
        let snapshot = fixture.consumer.snapshot().bytes
        var random = SplitMix(state: seed)
        var refused = 0
        for _ in 0..<2_000 {
            var replay = ProgressReplay(policy: fixture.policy)
            var entries = [snapshot] + fixture.store.entries
            let index = Int(random.below(UInt64(entries.count)))
            guard !entries[index].isEmpty else { continue }
            switch random.below(3) {
            case 0: entries[index].removeLast(Int(random.below(UInt64(entries[index].count))) + 1)
            case 1: entries[index][Int(random.below(UInt64(entries[index].count)))] = UInt8(random.below(256))
            default:
                let place = Int(random.below(UInt64(entries[index].count)))
                for _ in 0..<10 { entries[index].insert(0xff, at: place) }
            }
            var isRead = true
            for entry in entries where isRead { isRead = replay.apply(entry) }
            if !isRead {
                refused += 1
            } else if let acks = replay.acks {
                #expect(acks.pendingCount >= 0)
            }
        }
        #expect(refused > 500)
    }
}
