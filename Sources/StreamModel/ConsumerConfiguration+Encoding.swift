extension ConsumerConfiguration {
    /// The form that is stored and that ``init(stored:)`` reads.
    public var stored: [UInt8] {
        var writer = JSONWriter()
        self.write(to: &writer, metadata: .stored)
        return writer.bytes
    }

    /// Writes the object, keys in the order of consumers.md §2.1.
    public func write(to writer: inout JSONWriter, metadata: MetadataForm) {
        writer.beginObject()
        writer.fieldIfSet("durable_name", self.durableName)
        writer.fieldIfSet("name", self.name)
        writer.fieldIfSet("description", self.description)
        writer.field("deliver_policy", self.deliverPolicy.rawValue)
        writer.fieldIfSet("opt_start_seq", self.startSequence.rawValue)
        writer.fieldIfSet("opt_start_time", self.startTime)
        writer.field("ack_policy", self.ackPolicy.rawValue)
        writer.fieldIfSet("ack_wait", self.ackWait)
        writer.fieldIfSet("max_deliver", self.maxDeliver)
        if !self.backoff.isEmpty {
            writer.key("backoff")
            writer.beginArray()
            for wait in self.backoff { writer.integer(wait.rawValue) }
            writer.endArray()
        }
        writer.fieldIfSet("filter_subject", self.filterSubject)
        writer.fieldIfSet("filter_subjects", self.filterSubjects)
        writer.field("replay_policy", self.replayPolicy.rawValue)
        writer.fieldIfSet("rate_limit_bps", self.rateLimit)
        writer.fieldIfSet("sample_freq", self.sampleFrequency)
        writer.fieldIfSet("max_waiting", self.maxWaiting)
        writer.fieldIfSet("max_ack_pending", self.maxAckPending)
        writer.fieldIfSet("flow_control", self.flowControl)
        writer.fieldIfSet("headers_only", self.headersOnly)
        writer.fieldIfSet("max_batch", self.maxBatch)
        writer.fieldIfSet("max_expires", self.maxExpires)
        writer.fieldIfSet("max_bytes", self.maxBytes)
        writer.fieldIfSet("deliver_subject", self.deliverSubject)
        writer.fieldIfSet("deliver_group", self.deliverGroup)
        writer.fieldIfSet("idle_heartbeat", self.idleHeartbeat)
        writer.fieldIfSet("inactive_threshold", self.inactiveThreshold)
        writer.field("num_replicas", self.replicas)
        writer.fieldIfSet("mem_storage", self.memoryStorage)
        writer.fieldIfSet("direct", self.direct)
        writer.fieldIfSet("sourcing", self.sourcing)
        writer.fieldIfSet("metadata", metadata.applied(to: self.metadata))
        writer.fieldIfSet("pause_until", self.pauseUntil)
        writer.fieldIfSet("priority_groups", self.priorityGroups)
        if self.priorityPolicy != .none { writer.field("priority_policy", self.priorityPolicy.rawValue) }
        writer.fieldIfSet("priority_timeout", self.priorityTimeout)
        writer.endObject()
    }
}
