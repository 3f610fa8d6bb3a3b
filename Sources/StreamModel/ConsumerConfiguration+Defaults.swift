/// Corrections of consumers.md §1.3 B, made before the checks of C.
extension ConsumerConfiguration {
    /// How long an ephemeral consumer lives without clients unless told otherwise.
    static let inactiveThresholdDefault = Nanoseconds.seconds(5)
    /// After how long a message is delivered again unless told otherwise.
    static let ackWaitDefault = Nanoseconds.seconds(30)
    /// How many pull requests may wait unless told otherwise.
    static let maxWaitingDefault = 512
    /// How many messages may be unacknowledged unless told otherwise.
    static let maxAckPendingDefault = 1000
    /// How long a client stays pinned unless told otherwise.
    static let pinnedTimeoutDefault = Nanoseconds.seconds(120)
    /// The heartbeat of consumers that are acknowledged by flow control.
    static let flowControlHeartbeat = Nanoseconds.seconds(1)

    /// The configuration as it is stored, with defaults filled in.
    ///
    /// - Parameters:
    ///   - stream: the stored configuration of the consumer's stream.
    ///   - limits: what the server and the account allow.
    ///   - pedantic: refuse what would otherwise be corrected silently.
    /// - Throws: the error of the first check that fails.
    public func normalised(
        stream: StreamConfiguration,
        limits: ConfigurationLimits = ConfigurationLimits(),
        pedantic: Bool = false
    ) throws(APIError) -> ConsumerConfiguration {
        var stored = self
        try stored.correctSigns(pedantic: pedantic)
        try stored.fillDefaults(stream: stream, limits: limits, pedantic: pedantic)
        try stored.check(stream: stream, limits: limits)
        if !stored.isDurable, stored.inactiveThreshold == .zero {
            stored.inactiveThreshold = Self.inactiveThresholdDefault
        }
        for key in ServerIdentity.ownKeys { stored.metadata[key] = nil }
        stored.metadata[ServerIdentity.requiredLevelKey] = String(stored.requiredAPILevel)
        return stored
    }

    /// Negative numbers that mean nothing.
    private mutating func correctSigns(pedantic: Bool) throws(APIError) {
        if self.maxDeliver < -1, pedantic { throw .pedantic("max_deliver must be set to -1") }
        if self.maxDeliver <= 0 { self.maxDeliver = -1 }
        try Self.correct(&self.maxWaiting, "max_waiting", pedantic)
        if self.maxAckPending < -1 {
            if pedantic { throw .pedantic("max_ack_pending must be set to -1") }
            self.maxAckPending = -1
        }
        try Self.correct(&self.maxBatch, "max_batch", pedantic)
        try Self.correct(&self.maxExpires, "max_expires", pedantic)
        try Self.correct(&self.maxBytes, "max_bytes", pedantic)
        try Self.correct(&self.idleHeartbeat, "idle_heartbeat", pedantic)
        try Self.correct(&self.inactiveThreshold, "inactive_threshold", pedantic)
        try Self.correct(&self.priorityTimeout, "priority_timeout", pedantic)
    }

    private static func correct(_ value: inout Int, _ field: String, _ pedantic: Bool) throws(APIError) {
        if value >= 0 { return }
        if pedantic { throw .pedantic("\(field) must not be negative") }
        value = 0
    }

    private static func correct(
        _ value: inout Nanoseconds,
        _ field: String,
        _ pedantic: Bool
    ) throws(APIError) {
        if value >= .zero { return }
        if pedantic { throw .pedantic("\(field) must not be negative") }
        value = .zero
    }

    private mutating func fillDefaults(
        stream: StreamConfiguration,
        limits: ConfigurationLimits,
        pedantic: Bool
    ) throws(APIError) {
        if !self.isPush, self.maxWaiting == 0 { self.maxWaiting = Self.maxWaitingDefault }
        if self.ackWait == .zero, self.ackPolicy == .explicit || self.ackPolicy == .all {
            self.ackWait = Self.ackWaitDefault
        }
        if let first = self.backoff.first, first != self.ackWait {
            if pedantic { throw .pedantic("first backoff value has to equal batch AckWait") }
            self.ackWait = first
        }
        try self.fillFromStream(stream.consumerLimits, pedantic: pedantic)
        if self.maxAckPending == 0, self.ackPolicy != .none {
            self.maxAckPending = Self.maxAckPendingDefault
            for limit in [limits.server.maxAckPending, limits.account.maxAckPending] where limit > 0 {
                self.maxAckPending = min(self.maxAckPending, limit)
            }
        }
        if !self.isPush, self.maxBatch == 0, limits.server.maxRequestBatch > 0 {
            if pedantic { throw .pedantic("max_request_batch must be set if it's JetStream limits are set") }
            self.maxBatch = limits.server.maxRequestBatch
        }
        if self.priorityPolicy == .pinnedClient, self.priorityTimeout == .zero {
            self.priorityTimeout = Self.pinnedTimeoutDefault
        }
        if self.ackPolicy == .flowControl, !pedantic {
            self.flowControl = true
            self.idleHeartbeat = Self.flowControlHeartbeat
        }
    }

    private mutating func fillFromStream(_ limits: ConsumerLimits, pedantic: Bool) throws(APIError) {
        if self.maxAckPending == 0, limits.maxAckPending > 0 {
            if pedantic {
                throw .pedantic("max_ack_pending must be set if it's configured in stream limits")
            }
            self.maxAckPending = limits.maxAckPending
        }
        if self.inactiveThreshold == .zero, limits.inactiveThreshold > .zero {
            if pedantic {
                throw .pedantic("inactive_threshold must be set if it's configured in stream limits")
            }
            self.inactiveThreshold = limits.inactiveThreshold
        }
    }
}
