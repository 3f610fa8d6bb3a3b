import StreamModel
import StreamStore
import Subjects

extension ConsumerCore {
    /// When ``tick(now:interest:effects:)`` is to be called next; nil when nothing is awaited.
    ///
    /// An earlier call does no harm.
    var nextDeadline: Timestamp? {
        var earliest = min(self.queue.earliestDeadline, self.acks.earliestDeadline)
        if let due = self.pace.heldUntil, !self.queue.isEmpty { earliest = min(earliest, due.rawValue) }
        if let until = self.policy.pauseUntil, !self.isPauseAnnounced {
            earliest = min(earliest, until.rawValue)
        }
        if let due = self.inactivityDeadline { earliest = min(earliest, due.rawValue) }
        return earliest == .max ? nil : Timestamp(rawValue: earliest)
    }

    /// Does what is due at `now`: redeliveries, ends and heartbeats of requests, the end of a pause, inactivity.
    mutating func tick(
        now: Timestamp,
        interest: (RawSpan) -> Int,
        effects: inout EffectBuffer
    ) -> Consumer.Tick {
        if now.rawValue >= self.acks.earliestDeadline { self.expireAcks(at: now) }
        if now.rawValue >= self.queue.earliestDeadline { self.attendRequests(now, interest, &effects) }
        if let until = self.policy.pauseUntil, until <= now, !self.isPauseAnnounced {
            self.isPauseAnnounced = true
            self.report(.resumed)
        }
        if let due = self.inactivityDeadline, due <= now, self.isInactive(now, interest, &effects) {
            return .expired
        }
        self.flushProgress()
        return self.queue.isEmpty || self.isPaused(at: now) ? .quiet : .wantsDelivery
    }

    private mutating func expireAcks(at now: Timestamp) {
        var exhausted: [PendingAck] = []
        self.acks.expire(at: now.rawValue, maxDeliver: self.policy.maxDeliver, into: &exhausted)
        for entry in exhausted { self.didGiveUp(entry) }
    }

    private mutating func attendRequests(
        _ now: Timestamp,
        _ interest: (RawSpan) -> Int,
        _ effects: inout EffectBuffer
    ) {
        let consumerSequence = self.acks.delivered.consumer
        let streamSequence = self.next.previous
        self.queue.removeAll { request in
            if Self.endIfOver(request, at: now, &effects) { return true }
            guard request.heartbeatDeadline <= now.rawValue else { return false }
            let inbox = request.inbox
            if unsafe interest(inbox.span.bytes) == 0 { return true }
            unsafe effects.sendHeartbeat(
                to: inbox.span.bytes,
                consumerSequence: consumerSequence,
                streamSequence: streamSequence
            )
            request.heartbeatDeadline = now.advanced(byNanoseconds: request.heartbeat).rawValue
            return false
        }
    }

    // MARK: - Inactivity

    /// When it has been unused for long enough (consumers.md §2.5).
    private var inactivityDeadline: Timestamp? {
        guard self.policy.isPull, let threshold = self.policy.inactiveThreshold else { return nil }
        // 100 to 999 ms more, so that many consumers of one kind do not end at once.
        let spread = Int64(100 + self.id.rawValue % 900) * 1_000_000
        return max(self.lastActivity.advanced(byNanoseconds: threshold), self.inactivityHold)
            .advanced(byNanoseconds: spread)
    }

    private mutating func isInactive(
        _ now: Timestamp,
        _ interest: (RawSpan) -> Int,
        _ effects: inout EffectBuffer
    ) -> Bool {
        self.sweep(now: now, interest: interest, effects: &effects)
        if !self.queue.isEmpty {
            self.lastActivity = now
            return false
        }
        // Whoever has a message may still be at work on it.
        let threshold = self.policy.inactiveThreshold ?? 0
        var hold = Timestamp.distantPast
        for place in 0..<self.acks.ring.count where self.acks.ring[place].deliveries > 0 {
            let entry = self.acks.ring[place]
            let due = self.policy.deadline(after: entry.deliveries, at: entry.delivered)
            hold = max(hold, Timestamp(rawValue: due).advanced(byNanoseconds: threshold))
        }
        if hold > now {
            self.inactivityHold = hold
            return false
        }
        return true
    }
}
