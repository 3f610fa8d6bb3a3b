import StreamModel
import Subjects

extension ConsumerCore {
    /// Takes an acknowledgement of whatever kind (consumers.md §4).
    ///
    /// A stream whose consumer does not ``ConsumerPolicy/servesAcknowledgements`` does not call this: such a
    /// message has no listener.
    ///
    /// - Parameters:
    ///   - ack: the subject it was published to.
    ///   - payload: what it says.
    ///   - reply: where it wants to be confirmed; empty for nowhere.
    ///   - held: confirmations, to be sent once the store's next commit is durable.
    mutating func acknowledge(
        _ ack: AckSubject,
        payload: RawSpan,
        reply: RawSpan,
        now: Timestamp,
        interest: (RawSpan) -> Int,
        effects: inout EffectBuffer,
        held: inout EffectBuffer
    ) {
        guard ack.isNumeric, self.policy.servesAcknowledgements else { return }
        self.lastActivity = now
        let isKnown = ack.streamSequence <= self.acks.delivered.stream.rawValue
        switch AckVerb(payload) {
        case .acknowledge:
            guard isKnown else { return }
            self.settle(ack, isAcknowledged: true, at: now)
        case .next(let body):
            guard isKnown else { return }
            self.settle(ack, isAcknowledged: true, at: now)
            return self.pull(
                body: payload,
                range: body,
                reply: reply,
                requiredAPILevelTooHigh: false,
                now: now,
                interest: interest,
                effects: &effects
            )
        case .terminate(let reason):
            guard isKnown else { return }
            self.settle(ack, isAcknowledged: false, at: now)
            self.report(
                .terminated(
                    StreamSequence(ack.streamSequence),
                    consumerSequence: ack.consumerSequence,
                    deliveries: ack.deliveries,
                    reason: .client(payload.extracting(reason).array())
                )
            )
        case .again(let delay): self.deliverAgain(ack, delay: delay, at: now)
        case .progress:
            if let place = self.acks.place(of: ack.streamSequence) {
                let deadline = self.policy.deadline(after: self.acks.ring[place].deliveries, at: now.rawValue)
                self.acks.touch(at: place, now: now.rawValue, deadline: deadline)
                self.writer.progress(ack.streamSequence, at: now.rawValue)
            }
        case .unknown: break
        }
        self.flushIfLarge()
        guard reply.byteCount > 0 else { return }
        self.promisesProgress = true
        held.sendEmpty(to: reply)
    }

    /// Settles a message that is out of the stream, or unreadable, and reports it.
    mutating func terminate(_ entry: PendingAck, reason: ConsumerEvent.Reason) {
        self.acks.settle(entry.sequence)
        self.writer.settle(entry.sequence)
        self.didTerminate(entry, reason: reason)
    }

    mutating func didTerminate(_ entry: PendingAck, reason: ConsumerEvent.Reason) {
        if self.reportsSettled { self.settled.append(StreamSequence(entry.sequence)) }
        self.report(
            .terminated(
                StreamSequence(entry.sequence),
                consumerSequence: entry.consumerSequence,
                deliveries: UInt64(entry.deliveries),
                reason: reason
            )
        )
    }

    /// Notes that `entry` was taken out of the pending ones as delivered often enough.
    mutating func didGiveUp(_ entry: PendingAck) {
        self.writer.giveUp(entry.sequence)
        self.report(.maxDeliveries(StreamSequence(entry.sequence), deliveries: UInt64(entry.deliveries)))
    }

    private mutating func settle(_ ack: AckSubject, isAcknowledged: Bool, at now: Timestamp) {
        self.lastAcknowledged = now
        if self.policy.acknowledgement == .all, self.settleThrough(ack) { return }
        let wasGivenUp =
            self.acks.givenUp.count > 0 && self.acks.givenUp.contains(ack.streamSequence)
        let entry = self.acks.settle(ack.streamSequence)
        if entry == nil, !wasGivenUp { return }
        self.writer.settle(ack.streamSequence)
        if self.reportsSettled { self.settled.append(StreamSequence(ack.streamSequence)) }
        if let entry, isAcknowledged, self.reportsEvents, self.isSampled(ack.consumerSequence) {
            self.report(
                .acknowledged(
                    StreamSequence(ack.streamSequence),
                    consumerSequence: ack.consumerSequence,
                    deliveries: ack.deliveries,
                    nanoseconds: now.nanoseconds(since: Timestamp(rawValue: entry.delivered))
                )
            )
        }
    }

    /// Policy all: settles everything up to the message; false if it is not above the floor.
    private mutating func settleThrough(_ ack: AckSubject) -> Bool {
        let givenUp = self.reportsSettled ? self.acks.givenUp.sequences(in: 0...ack.streamSequence) : []
        var settled: [PendingAck] = []
        let isSettled = self.acks.settle(
            through: ack.streamSequence,
            consumer: ack.consumerSequence,
            into: &settled
        )
        guard isSettled else { return self.acks.place(of: ack.streamSequence) != nil }
        self.writer.settle(upTo: ack.streamSequence, consumerSequence: ack.consumerSequence)
        if self.reportsSettled {
            for sequence in givenUp { self.settled.append(StreamSequence(sequence)) }
            for entry in settled { self.settled.append(StreamSequence(entry.sequence)) }
        }
        return true
    }

    private mutating func deliverAgain(_ ack: AckSubject, delay: Int64, at now: Timestamp) {
        guard ack.consumerSequence > self.acks.floor.consumer,
            ack.consumerSequence <= self.acks.delivered.consumer,
            let place = self.acks.place(of: ack.streamSequence)
        else { return }
        self.report(
            .negativelyAcknowledged(
                StreamSequence(ack.streamSequence),
                consumerSequence: ack.consumerSequence,
                deliveries: ack.deliveries
            )
        )
        if delay > 0 {
            let deadline = now.advanced(byNanoseconds: delay).rawValue
            self.acks.postpone(at: place, until: deadline)
            self.writer.postpone(ack.streamSequence, until: deadline)
            return
        }
        let entry = self.acks.ring[place]
        if let most = self.policy.maxDeliver, entry.deliveries >= most {
            self.acks.giveUp(at: place)
            self.didGiveUp(entry)
            return
        }
        self.acks.touchDeadline(at: place, now.rawValue)
        self.acks.enqueue(at: place)
        self.writer.postpone(ack.streamSequence, until: now.rawValue)
    }

    /// Whether the acknowledgement of that delivery is in the sample: spread evenly, and the same after a replay.
    private func isSampled(_ consumerSequence: UInt64) -> Bool {
        if self.policy.sampleFrequency <= 0 { return false }
        return (consumerSequence &* 0x9e37_79b9_7f4a_7c15) >> 32 % 100 < UInt64(self.policy.sampleFrequency)
    }
}
