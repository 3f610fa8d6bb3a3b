import NIOCore
public import StreamModel
import StreamStore
import Subjects

extension Stream {
    /// What became of a published message.
    enum Outcome {
        /// Stored under that sequence.
        case stored(StreamSequence)
        /// Its id was stored under that sequence before.
        case duplicate(StreamSequence)
        /// Refused; nothing changed.
        case refused(APIError)
    }

    /// Stores a message, or refuses it, and answers on `reply`.
    ///
    /// The checks and their order are those of streams.md §4.3, but sizes are checked before the headers.
    ///
    /// - Parameter lane: where the answer leaves if it has to wait: a number below ``laneCount``; nil for the
    ///   stream's own loop.
    public func publish(
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        lane: Int? = nil,
        now: Timestamp
    ) {
        let rules = self.rules
        if Self.isFastBatch(reply) {
            return self.acknowledge(.refused(.batchPublishDisabled), to: reply, in: &self.outgoing)
        }
        let outcome = self.admit(subject: subject, headers: headers, payload: payload, rules: rules, now: now)
        self.answer(outcome, to: reply, lane: lane)
    }

    /// Tells the publisher what became of the message, at once or once it is durable.
    func answer(_ outcome: Outcome, to reply: RawSpan, lane: Int?) {
        if reply.isEmpty || !self.rules.answers { return }
        // What was just stored in files is not durable yet.
        let isStored = if case .stored = outcome { true } else { false }
        if !(isStored && self.isOnDisk || self.store.hasUncommitted) {
            self.acknowledge(outcome, to: reply, in: &self.outgoing)
        } else if let lane {
            self.acknowledge(outcome, to: reply, in: &self.held(on: lane).effects)
        } else {
            self.acknowledge(outcome, to: reply, in: &self.held)
        }
    }

    private func acknowledge(_ outcome: Outcome, to reply: RawSpan, in effects: inout EffectBuffer) {
        if case .stored(let sequence) = outcome {
            return effects.acknowledge(sequence, by: self.acknowledgement, to: reply)
        }
        let route = effects.write(reply)
        let start = effects.arena.writerIndex
        self.acknowledgementText.removeAll(keepingCapacity: true)
        switch outcome {
        case .stored: return
        case .duplicate(let sequence):
            self.acknowledgement.appendDuplicate(sequence, to: &self.acknowledgementText)
        case .refused(let error): self.acknowledgement.appendError(error, to: &self.acknowledgementText)
        }
        effects.arena.writeBytes(self.acknowledgementText)
        let end = effects.arena.writerIndex
        effects.append(
            Effect(
                route: route,
                subject: route,
                reply: start..<start,
                headers: start..<start,
                payload: start..<end
            )
        )
    }

    func admit(
        isRehearsal: Bool = false,
        subject: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        rules: PublishRules,
        now: Timestamp
    ) -> Outcome {
        if let reason = self.frozen { return .refused(.streamStoreFailed(reason)) }
        if self.isDiskFull, self.isOnDisk { return .refused(.streamStoreFailed(Self.diskFull)) }
        if rules.isSealed { return .refused(.streamSealed) }
        // The size is looked at before what the headers ask for: that is what publishers meet elsewhere.
        if let error = self.checkSize(subject: subject, headers: headers, payload: payload, rules: rules) {
            return .refused(error)
        }
        if headers.isEmpty, !isRehearsal {
            if !self.quota.isUnlimited,
                let error = self.checkQuota(subject: subject, headers: headers, payload: payload)
            {
                return .refused(error)
            }
            if rules.discardsNew,
                let error = self.checkRoom(
                    subject: subject,
                    headers: headers,
                    payload: payload,
                    rollsUp: false
                )
            {
                return .refused(error)
            }
            if !self.lastMessageID.isEmpty { self.lastMessageID.removeAll(keepingCapacity: true) }
            let sequence = self.store.append(
                subject: subject,
                headers: headers,
                payload: payload,
                messageID: RawSpan(),
                timestamp: now
            )
            self.didAppend(sequence, subject: subject)
            return .stored(sequence)
        }
        return self.admitWithHeaders(
            isRehearsal: isRehearsal,
            subject: subject,
            headers: headers,
            payload: payload,
            rules: rules,
            now: now
        )
    }

    private func admitWithHeaders(
        isRehearsal: Bool,
        subject: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        rules: PublishRules,
        now: Timestamp
    ) -> Outcome {
        let control = PublishHeaders(headers)
        if let error = self.checkFeatures(control, headers: headers) { return .refused(error) }
        if let error = self.checkExpectations(control, subject: subject, headers: headers) {
            return .refused(error)
        }
        if let error = self.checkReserved(control) { return .refused(error) }
        let messageID = headers.value(control.messageID)
        if !messageID.isEmpty, rules.duplicateWindow > 0 {
            let since = now.advanced(byNanoseconds: -rules.duplicateWindow)
            if let earlier = self.store.duplicate(of: messageID, since: since) { return .duplicate(earlier) }
        }
        let expectedID = headers.value(control.expectedLastMessageID)
        if !expectedID.isEmpty, !expectedID.equals(self.lastMessageID) {
            return .refused(.wrongLastMessageID(String(decoding: self.lastMessageID, as: UTF8.self)))
        }
        var rollup = Rollup.none
        if control.rollup.isPresent {
            switch self.checkRollup(headers.value(control.rollup)) {
            case .success(let value): rollup = value
            case .failure(let error): return .refused(error)
            }
        }
        if isRehearsal { return .stored(.zero) }
        if !self.quota.isUnlimited,
            let error = self.checkQuota(subject: subject, headers: headers, payload: payload)
        {
            return .refused(error)
        }
        if control.timeToLive.isPresent { return .refused(.messageTTLInvalid) }
        if rules.discardsNew,
            let error = self.checkRoom(
                subject: subject,
                headers: headers,
                payload: payload,
                rollsUp: rollup != .none
            )
        {
            return .refused(error)
        }
        let sequence = self.append(
            subject: subject,
            headers: headers,
            payload: payload,
            messageID: messageID,
            now: now
        )
        self.lastMessageID = messageID.array()
        self.didAppend(sequence, subject: subject)
        self.rollUp(rollup, subject: subject, below: sequence)
        return .stored(sequence)
    }

    /// Appends a message; a status in its header block is not stored (streams.md §4.1).
    private func append(
        subject: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        messageID: RawSpan,
        now: Timestamp
    ) -> StreamSequence {
        switch HeaderBlock.disposition(of: headers) {
        case .keep:
            return self.store.append(
                subject: subject,
                headers: headers,
                payload: payload,
                messageID: messageID,
                timestamp: now
            )
        case .drop:
            return self.store.append(
                subject: subject,
                headers: RawSpan(),
                payload: payload,
                messageID: messageID,
                timestamp: now
            )
        case .cut(let range):
            let kept =
                headers.extracting(0..<range.lowerBound).array()
                + headers.extracting(range.upperBound..<headers.byteCount).array()
            return unsafe self.store.append(
                subject: subject,
                headers: kept.span.bytes,
                payload: payload,
                messageID: messageID,
                timestamp: now
            )
        }
    }

    /// What publishers are told while the disk is full.
    private static let diskFull = "there is no space left on the disk"

    /// Whether a reply subject is one of a batch with flow control (streams.md §4.9): it ends in `.$FI`.
    private static func isFastBatch(_ reply: RawSpan) -> Bool {
        let count = reply.byteCount
        guard count > 4, reply.byte(count - 1) == UInt8(ascii: "I") else { return false }
        return reply.byte(count - 2) == UInt8(ascii: "F") && reply.byte(count - 3) == UInt8(ascii: "$")
            && reply.byte(count - 4) == UInt8(ascii: ".")
    }

    /// Tells the consumers with a filter of a new message.
    private func didAppend(_ sequence: StreamSequence, subject: RawSpan) {
        if self.filtered.isEmpty { return }
        for entry in self.filtered { entry.consumer.didAppend(sequence, subject: subject) }
    }
}
