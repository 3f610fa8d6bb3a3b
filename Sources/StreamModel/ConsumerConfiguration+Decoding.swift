extension ConsumerConfiguration {
    /// Reads a configuration from its stored form.
    ///
    /// Unknown members are ignored: a newer version may have written them.
    ///
    /// - Throws: ``APIError/invalidJSON(_:)``.
    public init(stored text: RawSpan) throws(APIError) {
        try self.init(RequestField.fields(of: text, type: "consumer configuration", strict: false))
    }

    init(_ members: [RequestField]) throws(APIError) {
        self.init()
        for field in members {
            if try self.takeIdentity(field) { continue }
            if try self.takeStart(field) { continue }
            if try self.takeDelivery(field) { continue }
            if try self.takeLimit(field) { continue }
            if try self.takePlace(field) { continue }
            try field.refuse()
        }
    }

    private mutating func takeIdentity(_ field: RequestField) throws(APIError) -> Bool {
        switch field.name {
        case "durable_name": self.durableName = try field.string() ?? self.durableName
        case "name": self.name = try field.string() ?? self.name
        case "description": self.description = try field.string() ?? self.description
        case "metadata": self.metadata = try field.dictionary() ?? [:]
        case "priority_groups": self.priorityGroups = try field.strings() ?? []
        case "priority_policy": self.priorityPolicy = try Self.priorityPolicy(field)
        case "priority_timeout": self.priorityTimeout = try field.nanoseconds() ?? self.priorityTimeout
        case "pause_until": self.pauseUntil = try field.time() ?? nil
        default: return false
        }
        return true
    }

    private mutating func takeStart(_ field: RequestField) throws(APIError) -> Bool {
        switch field.name {
        case "deliver_policy": self.deliverPolicy = try Self.deliverPolicy(field)
        case "opt_start_seq": self.startSequence = StreamSequence(try field.uint64() ?? 0)
        case "opt_start_time": self.startTime = try field.time() ?? nil
        case "filter_subject": self.filterSubject = try field.string() ?? self.filterSubject
        case "filter_subjects": self.filterSubjects = try field.strings() ?? []
        case "replay_policy": self.replayPolicy = try field.word(ReplayPolicy.self)
        default: return false
        }
        return true
    }

    private mutating func takeDelivery(_ field: RequestField) throws(APIError) -> Bool {
        switch field.name {
        case "ack_policy": self.ackPolicy = try field.word(AckPolicy.self)
        case "ack_wait": self.ackWait = try field.nanoseconds() ?? self.ackWait
        case "max_deliver": self.maxDeliver = try field.int() ?? self.maxDeliver
        case "backoff": self.backoff = try field.nanosecondsList() ?? []
        case "rate_limit_bps": self.rateLimit = try field.uint64() ?? self.rateLimit
        case "sample_freq": self.sampleFrequency = try field.string() ?? self.sampleFrequency
        case "flow_control": self.flowControl = try field.bool() ?? self.flowControl
        case "headers_only": self.headersOnly = try field.bool() ?? self.headersOnly
        case "deliver_subject": self.deliverSubject = try field.string() ?? self.deliverSubject
        case "deliver_group": self.deliverGroup = try field.string() ?? self.deliverGroup
        case "idle_heartbeat": self.idleHeartbeat = try field.nanoseconds() ?? self.idleHeartbeat
        default: return false
        }
        return true
    }

    private mutating func takeLimit(_ field: RequestField) throws(APIError) -> Bool {
        switch field.name {
        case "max_waiting": self.maxWaiting = try field.int() ?? self.maxWaiting
        case "max_ack_pending": self.maxAckPending = try field.int() ?? self.maxAckPending
        case "max_batch": self.maxBatch = try field.int() ?? self.maxBatch
        case "max_expires": self.maxExpires = try field.nanoseconds() ?? self.maxExpires
        case "max_bytes": self.maxBytes = try field.int() ?? self.maxBytes
        case "inactive_threshold":
            self.inactiveThreshold = try field.nanoseconds() ?? self.inactiveThreshold
        default: return false
        }
        return true
    }

    private mutating func takePlace(_ field: RequestField) throws(APIError) -> Bool {
        switch field.name {
        case "num_replicas": self.replicas = try field.int() ?? self.replicas
        case "mem_storage": self.memoryStorage = try field.bool() ?? self.memoryStorage
        case "direct": self.direct = try field.bool() ?? self.direct
        case "sourcing": self.sourcing = try field.bool() ?? self.sourcing
        default: return false
        }
        return true
    }

    private static func deliverPolicy(_ field: RequestField) throws(APIError) -> DeliverPolicy {
        if field.value == .string("undefined") { return .all }
        return try field.word(DeliverPolicy.self)
    }

    private static func priorityPolicy(_ field: RequestField) throws(APIError) -> PriorityPolicy {
        if case .string(let text) = field.value, let policy = PriorityPolicy(rawValue: text) { return policy }
        throw .invalidJSON("unknown priority policy: \(field.value.spelled)")
    }
}
