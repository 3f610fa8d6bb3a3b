import StreamModel
import Testing

@testable import StreamEngine

@Suite("Ack state")
struct AckStateTests {
    private func state(_ count: UInt64) -> AckState {
        var acks = AckState(start: .zero)
        for sequence in 1...count { acks.deliver(sequence, at: 0, deadline: 1_000) }
        return acks
    }

    @Test(
        "The floor stops below the oldest unacknowledged sequence",
        arguments: [
            (acks: [5, 3, 1, 2, 4], floors: [0, 0, 1, 3, 5]),
            (acks: [1, 2, 3, 4, 5], floors: [1, 2, 3, 4, 5]),
            (acks: [2, 2, 1, 1, 5], floors: [0, 0, 2, 2, 2]),
        ] as [(acks: [UInt64], floors: [UInt64])]
    )
    func floor(acks: [UInt64], floors: [UInt64]) {
        var state = self.state(5)
        for (ack, floor) in zip(acks, floors) {
            state.settle(ack)
            #expect(state.floor == SequencePair(consumer: floor, stream: StreamSequence(floor)))
            #expect(state.brokenInvariant() == nil)
        }
    }

    @Test("Acknowledging a message acknowledges those before it under policy all")
    func through() {
        var state = self.state(5)
        var settled: [PendingAck] = []
        #expect(state.settle(through: 3, consumer: 3, into: &settled))
        #expect(settled.map(\.sequence) == [1, 2, 3])
        #expect(state.floor == SequencePair(consumer: 3, stream: StreamSequence(3)))
        #expect(!state.settle(through: 2, consumer: 2, into: &settled))
        #expect(state.pendingCount == 2)
    }

    @Test("An acknowledgement by a redelivery's reply does not hide the first deliveries behind it")
    func throughRedelivery() {
        var state = self.state(4)
        var settled: [PendingAck] = []
        state.redeliver(at: 0, now: 0, deadline: 1_000)
        #expect(state.settle(through: 1, consumer: 5, into: &settled))
        #expect(state.settle(through: 4, consumer: 4, into: &settled))
        #expect(state.pendingCount == 0)
        #expect(state.brokenInvariant() == nil)
    }

    @Test("What is due is queued once, in stream order, and redelivered in that order")
    func expiry() {
        var state = AckState(start: .zero)
        var exhausted: [PendingAck] = []
        for (sequence, deadline) in [(1, 30), (4, 10), (9, 20)] as [(UInt64, Int64)] {
            state.deliver(sequence, at: 0, deadline: deadline)
        }
        state.expire(at: 25, maxDeliver: nil, into: &exhausted)
        #expect(state.queuedCount == 2)
        state.expire(at: 40_000, maxDeliver: nil, into: &exhausted)
        #expect(state.queuedCount == 3)
        state.expire(at: 90_000, maxDeliver: nil, into: &exhausted)
        var order: [UInt64] = []
        while let place = state.nextQueued() {
            order.append(state.ring[place].sequence)
            state.redeliver(at: place, now: 100_000, deadline: 200_000)
            #expect(state.brokenInvariant() == nil)
        }
        #expect(order == [4, 9, 1])
        #expect(state.redeliveredPendingCount == 3)
        #expect(exhausted.isEmpty)
    }

    @Test("A message delivered as often as allowed is given up and kept apart")
    func exhausted() {
        var state = self.state(3)
        var exhausted: [PendingAck] = []
        state.expire(at: 1_000, maxDeliver: 1, into: &exhausted)
        #expect(exhausted.map(\.sequence) == [1, 2, 3])
        #expect(state.pendingCount == 0)
        #expect(state.givenUp.count == 3)
        #expect(state.floor.stream == StreamSequence(3))
        state.settle(2)
        #expect(state.givenUp.runs == [.init(first: 1, last: 1), .init(first: 3, last: 3)])
    }

    @Test("A message acknowledged or postponed while queued is not redelivered")
    func staleTickets() {
        var state = self.state(3)
        for place in 0..<3 { state.enqueue(at: place) }
        state.settle(1)
        if let place = state.place(of: 2) { state.postpone(at: place, until: 99) }
        #expect(state.queuedCount == 1)
        #expect(state.nextQueued().map { state.ring[$0].sequence } == 3)
        if let place = state.place(of: 2) { state.enqueue(at: place) }
        #expect(state.nextQueued().map { state.ring[$0].sequence } == 3)
        #expect(state.brokenInvariant() == nil)
    }

    @Test("Memory follows what is pending when the oldest message is never acknowledged")
    func deadPlaces() {
        var state = AckState(start: .zero)
        for sequence in 1...100_000 as ClosedRange<UInt64> {
            state.deliver(sequence, at: 0, deadline: 1)
            if sequence > 1 { state.settle(sequence) }
        }
        #expect(state.pendingCount == 1)
        #expect(state.ring.count < 100)
        #expect(state.floor == SequencePair())
        state.settle(1)
        #expect(state.floor == SequencePair(consumer: 100_000, stream: StreamSequence(100_000)))
    }

    @Test("The state agrees with a dictionary under random work", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func model(seed: UInt64) {
        var random = SplitMix(state: seed)
        var state = AckState(start: .zero)
        var pending: [UInt64: UInt64] = [:]
        var queued: Set<UInt64> = []
        var last: UInt64 = 0
        var consumer: UInt64 = 0
        for _ in 0..<4_000 {
            switch random.below(8) {
            case 0..<3:
                last += 1 + random.below(3)
                consumer += 1
                state.deliver(last, at: 0, deadline: 1 << 40)
                pending[last] = consumer
            case 3, 4:
                guard let sequence = pending.keys.min().map({ $0 + random.below(20) }) else { continue }
                #expect((state.settle(sequence) != nil) == (pending[sequence] != nil))
                pending[sequence] = nil
                queued.remove(sequence)
            case 5:
                let first = random.below(last + 1)
                var settled: [PendingAck] = []
                state.settle(in: first...first + 3, into: &settled)
                #expect(
                    settled.map(\.sequence) == pending.keys.filter { $0 >= first && $0 <= first + 3 }.sorted()
                )
                for entry in settled {
                    pending[entry.sequence] = nil
                    queued.remove(entry.sequence)
                }
            case 6:
                guard let sequence = pending.keys.min(), let place = state.place(of: sequence) else {
                    continue
                }
                state.enqueue(at: place)
                queued.insert(sequence)
            default:
                guard let place = state.nextQueued() else { continue }
                let sequence = state.ring[place].sequence
                #expect(queued.remove(sequence) != nil)
                consumer += 1
                state.redeliver(at: place, now: 0, deadline: 1 << 40)
            }
            #expect(state.brokenInvariant() == nil)
            #expect(state.pendingCount == pending.count)
            #expect(state.queuedCount == queued.count)
            #expect(state.delivered.consumer == consumer)
            if let oldest = pending.keys.min() {
                #expect(state.floor.stream.rawValue < oldest)
                #expect(state.floor.consumer == (pending[oldest] ?? 0) - 1)
            } else {
                #expect(state.floor == state.delivered)
            }
        }
    }
}

@Suite("Sequence runs")
struct SequenceRunsTests {
    @Test("Runs agree with a set under random work", arguments: [1, 2, 3] as [UInt64])
    func model(seed: UInt64) {
        var random = SplitMix(state: seed)
        var runs = SequenceRuns()
        var model: Set<UInt64> = []
        for _ in 0..<3_000 {
            let sequence = 1 + random.below(60)
            switch random.below(5) {
            case 0..<3:
                runs.insert(sequence)
                model.insert(sequence)
            case 3: #expect(runs.remove(sequence) == (model.remove(sequence) != nil))
            default:
                let range = sequence...sequence + random.below(6)
                runs.remove(range)
                model = model.filter { !range.contains($0) }
            }
            #expect(runs.count == model.count)
            #expect(runs.sequences(in: 0...100) == model.sorted())
            #expect(runs.contains(sequence) == model.contains(sequence))
            for (run, following) in zip(runs.runs, runs.runs.dropFirst()) {
                #expect(run.last + 1 < following.first)
            }
        }
    }
}
