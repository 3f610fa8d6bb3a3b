/// Which of the server's own metadata keys are written.
public enum MetadataForm: Sendable {
    /// Only those that are stored.
    case stored
    /// Also the version and the level of the server that answers (streams.md §3.13).
    case response

    /// The metadata in this form.
    func applied(to metadata: [String: String]) -> [String: String] {
        guard self == .response else { return metadata }
        var metadata = metadata
        metadata[ServerIdentity.versionKey] = ServerIdentity.natsVersion
        metadata[ServerIdentity.levelKey] = String(ServerIdentity.apiLevel)
        return metadata
    }
}

extension StreamConfiguration {
    /// The form that is stored and that ``init(stored:)`` reads.
    public var stored: [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        self.write(to: &writer, metadata: .stored)
        return writer.bytes
    }

    /// Writes the object, keys in the order of streams.md §3.1.
    public func write(to writer: inout JSONWriter, metadata: MetadataForm) {
        writer.beginObject()
        writer.field("name", self.name)
        writer.fieldIfSet("description", self.description)
        writer.fieldIfSet("subjects", self.subjects)
        writer.field("retention", self.retention.rawValue)
        writer.field("max_consumers", self.maxConsumers)
        writer.field("max_msgs", self.maxMessages)
        writer.field("max_bytes", self.maxBytes)
        writer.field("max_age", self.maxAge)
        writer.field("max_msgs_per_subject", self.maxMessagesPerSubject)
        writer.fieldIfSet("max_msg_size", self.maxMessageSize)
        writer.field("discard", self.discard.rawValue)
        writer.field("storage", self.storage.rawValue)
        writer.field("num_replicas", self.replicas)
        writer.fieldIfSet("no_ack", self.noAck)
        writer.fieldIfSet("duplicate_window", self.duplicateWindow)
        self.writeOrigins(to: &writer)
        writer.field("compression", self.compression.rawValue)
        writer.fieldIfSet("first_seq", self.firstSequence.rawValue)
        if let transform = self.subjectTransform {
            writer.key("subject_transform")
            transform.write(to: &writer)
        }
        if let republish = self.republish {
            writer.key("republish")
            republish.write(to: &writer)
        }
        self.writePermissions(to: &writer)
        writer.fieldIfSet("metadata", metadata.applied(to: self.metadata))
        writer.endObject()
    }

    private func writeOrigins(to writer: inout JSONWriter) {
        if let placement = self.placement {
            writer.key("placement")
            placement.write(to: &writer)
        }
        if let mirror = self.mirror {
            writer.key("mirror")
            mirror.write(to: &writer)
        }
        if !self.sources.isEmpty {
            writer.key("sources")
            writer.beginArray()
            for source in self.sources { source.write(to: &writer) }
            writer.endArray()
        }
    }

    private func writePermissions(to writer: inout JSONWriter) {
        writer.field("allow_direct", self.allowDirect)
        writer.field("mirror_direct", self.mirrorDirect)
        writer.fieldIfSet("discard_new_per_subject", self.discardNewPerSubject)
        writer.field("sealed", self.sealed)
        writer.field("deny_delete", self.denyDelete)
        writer.field("deny_purge", self.denyPurge)
        writer.field("allow_rollup_hdrs", self.allowRollup)
        writer.key("consumer_limits")
        self.consumerLimits.write(to: &writer)
        writer.field("allow_msg_ttl", self.allowMessageTTL)
        writer.fieldIfSet("subject_delete_marker_ttl", self.subjectDeleteMarkerTTL)
        writer.fieldIfSet("allow_msg_counter", self.allowMessageCounter)
        writer.fieldIfSet("allow_atomic", self.allowAtomicPublish)
        writer.fieldIfSet("allow_msg_schedules", self.allowMessageSchedules)
        if self.persistMode != .default { writer.field("persist_mode", self.persistMode.rawValue) }
        writer.fieldIfSet("allow_batched", self.allowBatchedPublish)
    }
}
