import NIOCore
import StreamModel
import StreamStore
import Subjects

extension ConsumerCore {
    /// The message that is delivered next, or why there is none.
    private enum Candidate {
        /// Never delivered before.
        case new(StoredMessage)
        /// Pending, at that place of the ack state.
        case again(StoredMessage, place: Int)
        /// Too many await their acknowledgement.
        case stalled
        /// Not due yet.
        case held
        /// Everything durable was delivered.
        case end
    }

    /// Delivers to waiting pull requests what there is, redeliveries first (consumers.md §3.4).
    ///
    /// - Parameter budget: how much, so that others get their turn; what was used is taken off.
    /// - Returns: Whether there is more to do at once: the budget ended it.
    mutating func deliver(
        now: Timestamp,
        budget: inout DeliveryBudget,
        interest: (RawSpan) -> Int,
        effects: inout EffectBuffer
    ) -> Bool {
        defer { self.flushProgress() }
        if self.queue.isEmpty { return false }
        if self.isPaused(at: now) {
            self.endNoWait(&effects, onlyUnlimited: true)
            return false
        }
        self.refreshUndelivered()
        if self.undelivered.count == 0, self.acks.queuedCount == 0, self.queue.noWaitCount == 0 {
            _ = self.nextSequence(isProbing: false)
            return false
        }
        self.run += 1
        while let slot = self.liveHead(at: now, interest, &effects) {
            if budget.isSpent { return true }
            let candidate = self.nextCandidate(at: now, &effects)
            switch candidate {
            case .new(let message):
                let sent = self.send(message, deliveries: 1, to: slot, now, interest, &effects)
                if sent < 0 {
                    budget.isHeldUp = !self.queue.isEmpty
                    return false
                }
                self.didDeliver(message, at: now)
                budget.bytes -= sent
            case .again(let message, let place):
                let deliveries = self.acks.ring[place].deliveries
                let sent = self.send(
                    message,
                    deliveries: UInt64(deliveries) + 1,
                    to: slot,
                    now,
                    interest,
                    &effects
                )
                if sent < 0 {
                    budget.isHeldUp = !self.queue.isEmpty
                    return false
                }
                // Wraps harmlessly: the count is only compared.
                let deadline = self.policy.deadline(after: deliveries &+ 1, at: now.rawValue)
                self.acks.redeliver(at: place, now: now.rawValue, deadline: deadline)
                self.writer.redeliver(message.sequence.rawValue, at: now.rawValue)
                budget.bytes -= sent
            case .stalled, .held:
                return false
            case .end:
                self.endNoWait(&effects, onlyUnlimited: false)
                return false
            }
            budget.messages -= 1
            self.lastDelivered = now
            self.lastActivity = now
        }
        budget.isHeldUp = !self.queue.isEmpty
        return false
    }

    // MARK: - Which request

    /// The slot of the request that gets the next message; ends those before it that are over or abandoned.
    ///
    /// Nil, too, when requests wait but none of their clients takes more for now.
    private mutating func liveHead(
        at now: Timestamp,
        _ interest: (RawSpan) -> Int,
        _ effects: inout EffectBuffer
    ) -> Int? {
        var heldUp = 0
        while let slot = self.queue.head {
            if self.queue.requests[slot].deadline <= now.rawValue {
                _ = Self.endIfOver(self.queue.requests[slot], at: now, &effects)
                self.queue.removeHead()
                continue
            }
            if self.queue.requests[slot].run != self.run {
                let inbox = self.queue.requests[slot].inbox
                let capacity = unsafe interest(inbox.span.bytes)
                self.queue.requests[slot].run = self.run
                self.queue.requests[slot].capacity = capacity
                self.queue.requests[slot].route = 0..<0
            }
            if self.queue.requests[slot].capacity > 0 { return slot }
            if self.queue.requests[slot].capacity == 0 {
                self.queue.removeHead()
                continue
            }
            heldUp += 1
            if heldUp >= self.queue.count { return nil }
            self.queue.rotate()
        }
        return nil
    }

    /// Ends the requests that do not wait: there is nothing more for them.
    private mutating func endNoWait(_ effects: inout EffectBuffer, onlyUnlimited: Bool) {
        guard self.queue.noWaitCount > 0 else { return }
        self.queue.removeAll { request in
            guard request.isNoWait else { return false }
            if request.hasLifetime, onlyUnlimited || !request.isServed { return false }
            let inbox = request.inbox
            unsafe effects.send(.noMessages, to: inbox.span.bytes)
            return true
        }
    }

    // MARK: - Which message

    private mutating func nextCandidate(at now: Timestamp, _ effects: inout EffectBuffer) -> Candidate {
        while let place = self.acks.nextQueued() {
            let entry = self.acks.ring[place]
            if let most = self.policy.maxDeliver, entry.deliveries >= most {
                self.acks.giveUp(at: place)
                self.didGiveUp(entry)
                continue
            }
            switch self.store.load(StreamSequence(entry.sequence), into: &effects.arena) {
            case .message(let message): return .again(message, place: place)
            case .absent: self.terminate(entry, reason: .deleted)
            case .damaged: self.terminate(entry, reason: .damaged)
            }
        }
        if let most = self.policy.maxAckPending, self.acks.pendingCount >= most { return .stalled }
        if self.pace.isHeld(at: now) { return .held }
        var isProbing = self.policy.filter.isAll
        while let sequence = self.nextSequence(isProbing: isProbing) {
            switch self.store.load(sequence, into: &effects.arena) {
            case .message(let message):
                if self.policy.replaysOriginalPace,
                    self.pace.holds(sequence, stored: message.timestamp, at: now)
                {
                    effects.arena.moveWriterIndex(to: message.start)
                    return .held
                }
                return .new(message)
            case .damaged:
                self.report(
                    .terminated(sequence, consumerSequence: 0, deliveries: 0, reason: .damaged)
                )
                self.undelivered.deliver()
                self.advance(past: sequence)
            case .absent where isProbing: isProbing = false
            case .absent:
                // Of a list whose removals were not reported.
                self.advance(past: sequence)
            }
        }
        return .end
    }

    /// The first durable matching sequence that was never delivered.
    ///
    /// - Parameter isProbing: whether one that may not be stored will do: mostly it is, and no search is needed.
    private mutating func nextSequence(isProbing: Bool) -> StreamSequence? {
        if self.lastPerSubjectPlace < self.lastPerSubject.count {
            return self.lastPerSubject[self.lastPerSubjectPlace]
        }
        let durable = self.undelivered.through
        if isProbing, self.undelivered.count > 0, self.next <= durable { return self.next }
        if self.undelivered.count > 0,
            let found = self.store.next(from: self.next, matching: self.policy.filter), found <= durable
        {
            return found
        }
        // Nothing up to here is worth another search.
        self.next = max(self.next, durable.next)
        return nil
    }

    private mutating func advance(past sequence: StreamSequence) {
        if self.lastPerSubjectPlace < self.lastPerSubject.count {
            self.lastPerSubjectPlace += 1
            if self.lastPerSubjectPlace == self.lastPerSubject.count {
                self.lastPerSubject = []
                self.lastPerSubjectPlace = 0
            }
            return
        }
        self.next = sequence.next
    }

    private mutating func didDeliver(_ message: StoredMessage, at now: Timestamp) {
        self.undelivered.deliver()
        self.advance(past: message.sequence)
        if self.policy.replaysOriginalPace { self.pace.deliver(stored: message.timestamp, at: now) }
        let sequence = message.sequence.rawValue
        guard self.policy.awaitsAcknowledgement else {
            self.acks.deliverSettled(sequence)
            self.writer.setEnds(delivered: self.acks.delivered, floor: self.acks.floor)
            if self.reportsSettled { self.settled.append(message.sequence) }
            return
        }
        let deadline = self.policy.deadline(after: 1, at: now.rawValue)
        self.acks.deliver(sequence, at: now.rawValue, deadline: deadline)
        self.writer.deliver(
            sequence,
            consumerSequence: self.acks.delivered.consumer,
            at: now.rawValue
        )
    }

    // MARK: - The frame

    /// Sends the loaded message to the request in `slot`, or to another if its byte budget is too small.
    ///
    /// - Returns: The message's size (consumers.md §3.6.3), or −1 if no request could take it.
    private mutating func send(
        _ message: StoredMessage,
        deliveries: UInt64,
        to slot: Int,
        _ now: Timestamp,
        _ interest: (RawSpan) -> Int,
        _ effects: inout EffectBuffer
    ) -> Int {
        var headers = message.headers
        var payload = message.payload
        if self.policy.headersOnly {
            headers = Self.writeSize(of: message, to: &effects.arena)
            payload = headers.upperBound..<headers.upperBound
        }
        let replyStart = effects.arena.writerIndex
        AckSubject.write(
            prefix: self.ackPrefix,
            deliveries: deliveries,
            streamSequence: message.sequence.rawValue,
            consumerSequence: self.acks.delivered.consumer + 1,
            timestamp: message.timestamp.rawValue,
            pending: deliveries == 1 && self.undelivered.count > 0
                ? self.undelivered.count - 1 : self.undelivered.count,
            to: &effects.arena
        )
        let reply = replyStart..<effects.arena.writerIndex
        let size = message.subjectLength + reply.count + headers.count + payload.count
        var slot = slot
        while self.queue.requests[slot].hasByteBudget, Int64(size) > self.queue.requests[slot].bytesLeft {
            let inbox = self.queue.requests[slot].inbox
            unsafe effects.send(
                .messageTooLarge,
                to: inbox.span.bytes,
                pending: self.queue.requests[slot].pending
            )
            self.queue.removeHead()
            guard let other = self.liveHead(at: now, interest, &effects) else { return -1 }
            slot = other
        }
        if self.queue.requests[slot].route.isEmpty {
            let inbox = self.queue.requests[slot].inbox
            self.queue.requests[slot].route = unsafe effects.write(inbox.span.bytes)
        }
        effects.append(
            Effect(
                route: self.queue.requests[slot].route,
                subject: message.subject,
                reply: reply,
                headers: headers,
                payload: payload
            )
        )
        self.charge(slot, size: size, at: now, &effects)
        return size
    }

    /// Takes a message off what the request in `slot`, the head, still wants.
    private mutating func charge(_ slot: Int, size: Int, at now: Timestamp, _ effects: inout EffectBuffer) {
        self.queue.requests[slot].isServed = true
        self.queue.requests[slot].remaining -= 1
        self.queue.requests[slot].capacity -= 1
        if self.queue.requests[slot].heartbeat > 0 {
            let heartbeat = self.queue.requests[slot].heartbeat
            self.queue.requests[slot].heartbeatDeadline = now.advanced(byNanoseconds: heartbeat).rawValue
        }
        if self.queue.requests[slot].hasByteBudget {
            self.queue.requests[slot].bytesLeft -= Int64(size)
            if self.queue.requests[slot].bytesLeft == 0 { return self.queue.removeHead() }
        }
        if self.queue.requests[slot].remaining > 0 { return self.queue.rotate() }
        if self.queue.requests[slot].hasByteBudget {
            let inbox = self.queue.requests[slot].inbox
            unsafe effects.send(
                .batchCompleted,
                to: inbox.span.bytes,
                pending: (messages: 0, bytes: self.queue.requests[slot].bytesLeft)
            )
        }
        self.queue.removeHead()
    }

    /// Replaces the payload of the message just loaded by a header that says how long it was.
    private static func writeSize(of message: StoredMessage, to arena: inout ByteBuffer) -> Range<Int> {
        // The message was loaded last, so the arena ends with its payload.
        if message.headerLength >= 4 {
            // Its block ends with an empty line, which moves behind the new header.
            arena.moveWriterIndex(to: message.headers.upperBound - 2)
        } else {
            arena.moveWriterIndex(to: message.headers.lowerBound)
            arena.writeStaticString("NATS/1.0\r\n")
        }
        arena.writeStaticString("Nats-Msg-Size: ")
        arena.writeDecimal(UInt64(message.payloadLength))
        arena.writeStaticString("\r\n\r\n")
        return message.headers.lowerBound..<arena.writerIndex
    }
}
