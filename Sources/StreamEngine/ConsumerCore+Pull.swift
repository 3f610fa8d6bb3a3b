import StreamModel
import Subjects

extension ConsumerCore {
    /// Takes a pull request whose body is `body[range]`.
    mutating func pull(
        body: RawSpan,
        range: Range<Int>,
        reply: RawSpan,
        requiredAPILevelTooHigh: Bool,
        now: Timestamp,
        interest: (RawSpan) -> Int,
        effects: inout EffectBuffer
    ) {
        guard reply.byteCount > 0 else { return }
        self.lastActivity = now
        if requiredAPILevelTooHigh { return effects.send(.requiredAPILevel, to: reply) }
        guard self.policy.isPull else { return effects.send(.pushBased, to: reply) }
        switch PullBody.read(body, range) {
        case .malformed(let reason): effects.send(.badRequest(reason), to: reply)
        case .body(let body):
            if let status = self.refusal(of: body) { return effects.send(status, to: reply) }
            if body.expires < 0 {
                let pending = (messages: body.batch, bytes: max(0, body.maxBytes))
                return effects.send(.requestTimeout, to: reply, pending: pending)
            }
            if self.queue.count >= self.policy.maxWaiting {
                self.sweep(now: now, interest: interest, effects: &effects)
            }
            if self.queue.count >= self.policy.maxWaiting {
                // A client with heartbeats notices by itself, and would take the status for an answer.
                if body.idleHeartbeat <= 0 { effects.send(.exceededMaxWaiting, to: reply) }
                return
            }
            self.enqueue(body, reply: reply, now: now)
        }
    }

    /// Ends requests that are over or whose inbox nobody listens to.
    mutating func sweep(now: Timestamp, interest: (RawSpan) -> Int, effects: inout EffectBuffer) {
        self.queue.removeAll { request in
            let inbox = request.inbox
            if unsafe interest(inbox.span.bytes) == 0 { return true }
            return Self.endIfOver(request, at: now, &effects)
        }
    }

    /// Ends all waiting requests and says why.
    mutating func terminateWaiting(_ cause: Consumer.Termination, effects: inout EffectBuffer) {
        self.queue.removeAll { request in
            let inbox = request.inbox
            switch cause {
            case .consumerDeleted: unsafe effects.send(.consumerDeleted, to: inbox.span.bytes)
            case .serverShutdown:
                unsafe effects.send(.serverShutdown, to: inbox.span.bytes, pending: request.pending)
            }
            return true
        }
    }

    /// Whether the request's lifetime is over; tells it so.
    static func endIfOver(_ request: PullRequest, at now: Timestamp, _ effects: inout EffectBuffer) -> Bool {
        guard request.deadline <= now.rawValue else { return false }
        let inbox = request.inbox
        unsafe effects.send(.requestTimeout, to: inbox.span.bytes, pending: request.pending)
        return true
    }

    /// Why the request cannot be queued: consumers.md §3.6.2, rows 4 to 14.
    private mutating func refusal(of body: PullBody) -> PullStatus? {
        if let most = self.policy.maxBatch, body.batch > most { return .exceededMaxBatch(most) }
        if let most = self.policy.maxExpires, body.expires > most { return .exceededMaxExpires(most) }
        if let most = self.policy.maxBytes, body.maxBytes > most { return .exceededMaxBytes(most) }
        if body.isJSON, let text = self.groupRefusal(of: body) { return .badRequest(text) }
        guard body.noWait else { return nil }
        self.refreshUndelivered()
        let available = self.undelivered.count + UInt64(self.acks.queuedCount)
        if available == 0, body.expires == 0 { return .noMessages }
        return available < self.queue.wanted ? .requestsPending : nil
    }

    private func groupRefusal(of body: PullBody) -> StaticString? {
        let priority = self.policy.priority
        if body.minPending > 0 || body.minAckPending > 0, priority != .overflow {
            return "Not a Overflow Priority consumer"
        }
        if !body.id.isEmpty, priority != .pinnedClient { return "Not a Pinned Client Priority consumer" }
        if body.priority < 0 || body.priority > 9 { return "Priority must be between 0 and 9" }
        if priority == .none { return nil }
        if body.group.isEmpty { return "Priority Group missing" }
        return self.policy.priorityGroups.contains(body.group) ? nil : "Invalid Priority Group"
    }

    private mutating func enqueue(_ body: PullBody, reply: RawSpan, now: Timestamp) {
        let heartbeat = max(0, body.idleHeartbeat)
        self.queue.append(
            PullRequest(
                inbox: reply.array(),
                // The smallest number has nothing below it to count down to.
                remaining: max(body.batch, -.max),
                bytesLeft: max(0, body.maxBytes),
                hasByteBudget: body.maxBytes > 0,
                deadline: body.expires == 0 ? .max : now.advanced(byNanoseconds: body.expires).rawValue,
                heartbeat: heartbeat,
                heartbeatDeadline: heartbeat == 0 ? .max : now.advanced(byNanoseconds: heartbeat).rawValue,
                isNoWait: body.noWait,
                hasLifetime: body.expires > 0
            )
        )
    }
}

extension PullRequest {
    /// What its pending headers say.
    var pending: (messages: Int64, bytes: Int64) {
        (self.remaining, self.hasByteBudget ? self.bytesLeft : 0)
    }
}
