import StreamModel

extension AckState {
    /// The first rule that does not hold, in words; nil when all hold.
    func brokenInvariant() -> String? {
        var pending = 0
        var queued = 0
        var redelivered = 0
        var isTimed = false
        var last = self.floor
        for place in 0..<self.ring.count {
            let entry = self.ring[place]
            if entry.sequence <= last.stream.rawValue {
                return "pending at or below the floor, or out of order"
            }
            if entry.consumerSequence <= last.consumer { return "consumer sequences out of order" }
            last = SequencePair(consumer: entry.consumerSequence, stream: StreamSequence(entry.sequence))
            guard entry.deliveries > 0 else { continue }
            pending += 1
            if entry.ticket != 0 { queued += 1 }
            if entry.deliveries > 1 { redelivered += 1 }
            if entry.ticket == 0, entry.deadline < .max { isTimed = true }
            if self.givenUp.contains(entry.sequence) { return "pending and given up" }
        }
        if let first = self.ring.first, first.deliveries == 0 { return "a dead place first" }
        if let last = self.ring.last, last.deliveries == 0 { return "a dead place last" }
        if pending != self.pendingCount { return "pending count" }
        if queued != self.queuedCount { return "queued count" }
        if redelivered != self.redeliveredPendingCount { return "redelivered count" }
        if isTimed, self.earliestDeadline == .max { return "a deadline that nobody watches" }
        if last.stream > self.delivered.stream { return "floor or pending above delivered" }
        if last.consumer > self.delivered.consumer { return "consumer sequence above delivered" }
        if self.ring.count > self.pendingCount * 2 + 64 { return "too many dead places" }
        return nil
    }
}
