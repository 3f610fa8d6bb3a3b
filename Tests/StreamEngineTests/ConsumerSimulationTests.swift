import StreamModel
import StreamStore
import Subjects
import Testing

@testable import StreamEngine

/// What a consumer must have done, kept as plain sets by watching what it sent.
private struct NaiveConsumer {
    struct Message {
        var sequence: UInt64
        var subject: String
    }

    var stored: [Message] = []
    var unacknowledged: [UInt64: UInt64] = [:]
    var givenUp: Set<UInt64> = []
    var consumerSequence: UInt64 = 0
    var lastNew: UInt64 = 0

    mutating func forget(_ sequence: UInt64) {
        self.unacknowledged[sequence] = nil
        self.givenUp.remove(sequence)
    }
}

@Suite("Consumer simulation")
struct ConsumerSimulationTests {
    @Test(
        "Random work keeps all rules, and a restart at any moment loses nothing",
        arguments: 1...12 as ClosedRange<UInt64>
    )
    func simulate(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let consumerFilter = [SubjectFilter.all, filter("k.1"), filter("k.*"), filter("k.2", "j.>")][
            Int(seed % 4)
        ]
        let limit = seed % 3 == 0 ? 8 : nil
        let fixture = ConsumerFixture(
            [],
            store: JournalingStore(limits: StoreLimits(messages: seed % 5 == 0 ? 40 : nil))
        ) {
            $0.filter = consumerFilter
            $0.maxAckPending = limit
            $0.ackWait = 400_000_000
            $0.maxDeliver = seed % 2 == 0 ? 3 : nil
            $0.acknowledgement = seed % 6 == 5 ? .all : .explicit
        }
        var naive = NaiveConsumer()
        var replies: [(sequence: UInt64, reply: String)] = []
        var checkpoint: (snapshot: [UInt8], since: Int)?

        func isWanted(_ subject: String) -> Bool {
            let bytes = Array(subject.utf8)
            return consumerFilter.matches(bytes.span.bytes)
        }

        /// Follows what was sent.
        func watch(_ frames: [Frame]) {
            for frame in frames where frame.isMessage {
                let numbers = frame.numbers
                naive.consumerSequence += 1
                #expect(numbers[2] == naive.consumerSequence)
                let message = naive.stored.first { $0.sequence == numbers[1] }
                #expect(message?.subject == frame.subject)
                #expect(isWanted(frame.subject))
                #expect(numbers[1] <= fixture.store.durable.rawValue)
                if numbers[0] == 1 {
                    #expect(numbers[1] > naive.lastNew)
                    naive.lastNew = numbers[1]
                    let after = naive.stored.filter {
                        $0.sequence > numbers[1] && $0.sequence <= fixture.store.durable.rawValue
                            && isWanted($0.subject)
                    }
                    #expect(numbers[3] == UInt64(after.count))
                    naive.unacknowledged[numbers[1]] = 1
                } else {
                    #expect(naive.unacknowledged[numbers[1]] == numbers[0] - 1)
                    naive.unacknowledged[numbers[1]] = numbers[0]
                }
                replies.append((numbers[1], frame.reply))
                if replies.count > 60 { replies.removeFirst() }
            }
        }

        /// Follows what was given up or removed.
        func follow() {
            fixture.reportRemovals()
            for event in fixture.events {
                if case .maxDeliveries(let sequence, _) = event {
                    #expect(naive.unacknowledged.removeValue(forKey: sequence.rawValue) != nil)
                    naive.givenUp.insert(sequence.rawValue)
                }
            }
            fixture.events.removeAll()
            let alive = Set(
                naive.stored
                    .filter {
                        fixture.store.next(from: StreamSequence($0.sequence), matching: .all)?.rawValue
                            == $0.sequence
                    }
                    .map(\.sequence)
            )
            for message in naive.stored where !alive.contains(message.sequence) {
                naive.forget(message.sequence)
            }
            naive.stored.removeAll { !alive.contains($0.sequence) }
        }

        for step in 0..<700 {
            switch random.below(24) {
            case 0..<8:
                let subject = "\(random.below(3) == 0 ? "j" : "k").\(random.below(4))"
                naive.stored.append(.init(sequence: fixture.publish(subject), subject: subject))
            case 8..<11:
                let body =
                    random.below(2) == 0
                    ? "{\"batch\":\(random.below(6)),\"expires\":\(random.below(900) * 1_000_000)}"
                    : "{\"batch\":\(random.below(9)),\"no_wait\":true}"
                watch(fixture.pull(body, inbox: "in\(random.below(3))"))
            case 11..<17:
                guard !replies.isEmpty else { continue }
                let choice = replies[Int(random.below(UInt64(replies.count)))]
                let payload = ["", "", "", "-NAK", "-NAK 300ms", "+WPI", "+TERM"][Int(random.below(7))]
                let floor = fixture.consumer.core.acks.floor
                let sent = fixture.ack(choice.reply, payload, reply: random.below(2) == 0 ? "r" : "").sent
                if payload == "" || payload == "+TERM" {
                    if fixture.policy.acknowledgement == .all {
                        let consumerSequence = choice.reply.split(separator: ".").dropFirst(6).first
                            .flatMap { UInt64($0) }
                        if let consumerSequence, consumerSequence > floor.consumer,
                            choice.sequence > floor.stream.rawValue
                        {
                            for sequence in naive.unacknowledged.keys where sequence <= choice.sequence {
                                naive.forget(sequence)
                            }
                            naive.givenUp = naive.givenUp.filter { $0 > choice.sequence }
                        }
                    } else {
                        naive.forget(choice.sequence)
                    }
                }
                watch(sent)
            case 17, 18: watch(fixture.wait(Int64(random.below(300))))
            case 19:
                guard let message = naive.stored.randomElement(using: &random) else { continue }
                fixture.remove(message.sequence)
            case 20:
                guard random.below(4) == 0 else { continue }
                let last = fixture.store.state.lastSequence.rawValue
                let purged = [SubjectFilter.all, consumerFilter, filter("k.1")][Int(random.below(3))]
                fixture.purge(purged, below: last > 6 ? last - random.below(6) : nil, keep: 0)
            case 21:
                let last = fixture.store.state.lastSequence.rawValue
                let durable = fixture.store.durable.rawValue
                fixture.store.durableLimit = StreamSequence(durable + random.below(last - durable + 1))
            case 22:
                fixture.store.durableLimit = nil
                watch(fixture.deliver())
            default:
                if random.below(2) == 0 {
                    checkpoint = (fixture.consumer.snapshot().bytes, 0)
                    checkpoint?.since = fixture.store.entries.count
                } else if random.below(3) == 0 {
                    fixture.consumer = try fixture.recovered(
                        snapshot: checkpoint?.snapshot,
                        since: checkpoint?.since ?? 0
                    )
                    _ = fixture.tick()
                }
            }
            follow()
            naive.lastNew = max(naive.lastNew, fixture.consumer.core.acks.delivered.stream.rawValue)
            self.check(fixture, naive, isWanted)
            #expect(fixture.consumer.core.acks.pendingCount <= limit ?? .max)
            if step % 7 == 0 {
                let restarted = try fixture.recovered(
                    snapshot: checkpoint?.snapshot,
                    since: checkpoint?.since ?? 0
                )
                #expect(restarted.persisted == fixture.consumer.persisted)
            }
        }
        #expect(naive.consumerSequence > 50)
    }

    private func check(_ fixture: ConsumerFixture, _ naive: NaiveConsumer, _ isWanted: (String) -> Bool) {
        let acks = fixture.consumer.core.acks
        let progress = fixture.consumer.progress()
        #expect(acks.brokenInvariant() == nil)
        #expect(progress.ackPending == naive.unacknowledged.count)
        #expect(acks.givenUp.sequences(in: 0...1_000_000) == naive.givenUp.sorted())
        if let oldest = naive.unacknowledged.keys.min() {
            #expect(progress.ackFloor.stream.rawValue < oldest)
        }
        let ahead = naive.stored.filter {
            $0.sequence > naive.lastNew && $0.sequence <= fixture.store.durable.rawValue
                && isWanted($0.subject)
        }
        #expect(progress.pending == UInt64(ahead.count))
    }
}

extension SplitMix: RandomNumberGenerator {}
