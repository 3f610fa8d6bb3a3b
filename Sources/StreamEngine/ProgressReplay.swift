import StreamModel

/// Rebuilds a consumer's state from a snapshot and journal entries; any bytes are safe to apply.
struct ProgressReplay {
    /// The state so far; nil until a whole one was read.
    private(set) var acks: AckState?
    /// The last sequence of a last-per-subject list that was not exhausted; zero otherwise.
    private(set) var boundary = StreamSequence.zero
    private let policy: ConsumerPolicy

    /// Replays for a consumer with that configuration: deadlines follow from it.
    init(policy: ConsumerPolicy) { self.policy = policy }

    /// Applies one entry; false if it cannot be read or does not follow from the state.
    mutating func apply(_ entry: [UInt8]) -> Bool {
        var reader = ProgressReader(entry)
        // An empty entry says only that what came before has to be durable.
        if reader.isAtEnd { return true }
        guard reader.byte() == progressFormatVersion else { return false }
        while !reader.isAtEnd {
            guard let operation = reader.byte().flatMap(ProgressOperation.init(rawValue:)) else {
                return false
            }
            if operation == .state {
                guard self.readState(&reader) else { return false }
                continue
            }
            guard var acks = self.acks else { return false }
            // Taken out and put back, so that nothing is copied.
            self.acks = nil
            guard self.apply(operation, &reader, &acks) else { return false }
            self.acks = acks
        }
        return true
    }

    private func apply(
        _ operation: ProgressOperation,
        _ reader: inout ProgressReader,
        _ acks: inout AckState
    ) -> Bool {
        switch operation {
        case .delivered: return self.deliver(&reader, &acks)
        case .redelivered: return self.redeliver(&reader, &acks)
        case .settled:
            return Self.forEachSequence(&reader) { sequence in
                acks.settle(sequence)
                return true
            }
        case .settledUpTo:
            guard let sequence = reader.number(), let consumer = reader.number() else { return false }
            var settled: [PendingAck] = []
            return acks.settle(through: sequence, consumer: consumer, into: &settled)
        case .settledRange:
            guard let first = reader.number(), let last = reader.number(), first <= last else { return false }
            var settled: [PendingAck] = []
            acks.settle(in: first...last, into: &settled)
            return true
        case .postponed, .progressed:
            guard let sequence = reader.number(), let bits = reader.number(),
                let place = acks.place(of: sequence)
            else { return false }
            let time = Int64(bitPattern: bits)
            if operation == .postponed {
                acks.postpone(at: place, until: time)
            } else {
                let deadline = self.policy.deadline(after: acks.ring[place].deliveries, at: time)
                acks.touch(at: place, now: time, deadline: deadline)
            }
            return true
        case .gaveUp:
            guard let sequence = reader.number(), let place = acks.place(of: sequence) else { return false }
            acks.giveUp(at: place)
            return true
        case .ends:
            guard let delivered = Self.pair(&reader), let floor = Self.pair(&reader) else { return false }
            return acks.setEnds(delivered: delivered, floor: floor)
        case .state: return false
        }
    }

    private func deliver(_ reader: inout ProgressReader, _ acks: inout AckState) -> Bool {
        guard let time = reader.signed(), let consumer = reader.number(),
            acks.delivered.consumer < .max / 2, consumer == acks.delivered.consumer + 1
        else { return false }
        let deadline = self.policy.deadline(after: 1, at: time)
        return Self.forEachSequence(&reader) { sequence in
            guard sequence > acks.delivered.stream.rawValue, sequence <= .max / 2 else { return false }
            acks.deliver(sequence, at: time, deadline: deadline)
            return true
        }
    }

    private func redeliver(_ reader: inout ProgressReader, _ acks: inout AckState) -> Bool {
        guard let time = reader.signed() else { return false }
        return Self.forEachSequence(&reader) { sequence in
            guard let place = acks.place(of: sequence) else { return false }
            let deliveries = acks.ring[place].deliveries
            // Wraps harmlessly: the count is only compared.
            let deadline = self.policy.deadline(after: deliveries &+ 1, at: time)
            acks.redeliver(at: place, now: time, deadline: deadline)
            return true
        }
    }

    private static func forEachSequence(
        _ reader: inout ProgressReader,
        _ body: (UInt64) -> Bool
    ) -> Bool {
        guard let count = reader.count() else { return false }
        var sequence: UInt64 = 0
        for _ in 0..<count {
            guard let next = reader.number(from: sequence), body(next) else { return false }
            sequence = next
        }
        return true
    }

    private static func pair(_ reader: inout ProgressReader) -> SequencePair? {
        guard let consumer = reader.number(), let stream = reader.number() else { return nil }
        return SequencePair(consumer: consumer, stream: StreamSequence(stream))
    }

    private mutating func readState(_ reader: inout ProgressReader) -> Bool {
        guard let delivered = Self.pair(&reader), let floor = Self.pair(&reader),
            let boundary = reader.number(), boundary <= .max / 2, let count = reader.count()
        else { return false }
        var pending: [PendingAck] = []
        pending.reserveCapacity(count)
        var last = SequencePair()
        for _ in 0..<count {
            guard let sequence = reader.number(from: last.stream.rawValue),
                let consumer = reader.number(from: last.consumer), let time = reader.signed(),
                let deadline = reader.signed(),
                let deliveries = reader.number().flatMap({ UInt32(exactly: $0) })
            else { return false }
            pending.append(
                PendingAck(
                    sequence: sequence,
                    consumerSequence: consumer,
                    delivered: time,
                    deadline: deadline,
                    deliveries: deliveries
                )
            )
            last = SequencePair(consumer: consumer, stream: StreamSequence(sequence))
        }
        var givenUp = SequenceRuns()
        guard let runs = reader.count() else { return false }
        for _ in 0..<runs {
            guard let first = reader.number(), let last = reader.number(),
                givenUp.append(SequenceRuns.Run(first: first, last: last))
            else { return false }
        }
        let acks = AckState(delivered: delivered, floor: floor, pending: pending, givenUp: givenUp)
        guard let acks else { return false }
        self.acks = acks
        self.boundary = StreamSequence(boundary)
        return true
    }
}
