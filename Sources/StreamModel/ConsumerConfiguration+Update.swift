/// Rules that look at other consumers: updates (consumers.md §2.3) and work queues (§9.1).
extension ConsumerConfiguration {
    /// The configuration that replaces `existing`; both are normalised.
    ///
    /// A pause is changed by its own request only and stays as it is. Whether the old deliver subject still
    /// has interest is for the caller.
    ///
    /// - Throws: ``APIError/consumerCreate(_:)`` with the first rule that fails.
    public func updated(from existing: ConsumerConfiguration) throws(APIError) -> ConsumerConfiguration {
        try Self.keep(self.deliverPolicy == existing.deliverPolicy, "deliver policy")
        try Self.keep(self.memoryStorage == existing.memoryStorage, "storage type")
        try Self.keep(self.direct == existing.direct, "direct")
        try Self.keep(self.sourcing == existing.sourcing, "sourcing")
        try Self.keep(self.startSequence == existing.startSequence, "start sequence")
        try Self.keep(self.startTime == existing.startTime, "start time")
        try Self.keep(self.ackPolicy == existing.ackPolicy, "ack policy")
        try Self.keep(self.replayPolicy == existing.replayPolicy, "replay policy")
        try Self.keep(self.idleHeartbeat == existing.idleHeartbeat, "heart beats")
        try Self.keep(self.flowControl == existing.flowControl, "flow control")
        if self.isPush, !existing.isPush {
            throw .consumerCreate("can not update pull consumer to push based")
        }
        if !self.isPush, existing.isPush {
            throw .consumerCreate("can not update push consumer to pull based")
        }
        try Self.keep(self.maxWaiting == existing.maxWaiting, "max waiting")
        return self.keepingPause(of: existing)
    }

    /// The same configuration with the pause of `existing`.
    ///
    /// What a create request says of a pause counts for a new consumer only (consumers.md §1.3).
    public func keepingPause(of existing: ConsumerConfiguration) -> ConsumerConfiguration {
        self.paused(until: existing.pauseUntil)
    }

    /// The same configuration, paused until `time`, or not at all.
    public func paused(until time: Timestamp?) -> ConsumerConfiguration {
        var paused = self
        paused.pauseUntil = time
        paused.metadata[ServerIdentity.requiredLevelKey] = String(paused.requiredAPILevel)
        return paused
    }

    /// Refuses a consumer of a work queue that would share messages with one of `others`.
    ///
    /// - Throws: 10098, 10101, 10099 or 10100, checked in this order.
    public func checkWorkQueue(others: [ConsumerConfiguration]) throws(APIError) {
        if self.ackPolicy != .explicit, self.ackPolicy != .flowControl {
            throw .consumerWorkQueueRequiresExplicitAck
        }
        if self.deliverPolicy != .all { throw .consumerWorkQueueNotDeliverAll }
        if !others.isEmpty, self.filters.isEmpty { throw .consumerWorkQueueMultipleUnfiltered }
        if self.sharesMessages(with: others) { throw .consumerWorkQueueNotUnique }
    }

    /// Refuses a name that is too long, which create finds out late.
    ///
    /// - Throws: ``APIError/consumerNameTooLong(_:)``.
    public func checkNameLength() throws(APIError) {
        if max(self.name.utf8.count, self.durableName.utf8.count) > AssetName.bytesMax {
            throw .consumerNameTooLong(AssetName.bytesMax)
        }
    }

    /// Whether some subject is delivered by this consumer and by one of `others`.
    public func sharesMessages(with others: [ConsumerConfiguration]) -> Bool {
        others.contains { other in
            if self.filters.isEmpty || other.filters.isEmpty { return true }
            return self.filters.contains { own in
                other.filters.contains { SubjectRelation.overlap(own, $0) }
            }
        }
    }

    private static func keep(_ isSame: Bool, _ field: String) throws(APIError) {
        if !isSame { throw .consumerCreate("\(field) can not be updated") }
    }
}
