extension StreamConfiguration {
    /// Reads a configuration from its stored form.
    ///
    /// Unknown members are ignored: a newer version may have written them.
    ///
    /// - Throws: ``APIError/invalidJSON(_:)``.
    public init(stored text: RawSpan) throws(APIError) {
        self.init()
        for field in try RequestField.fields(of: text, type: "stream configuration", strict: false) {
            _ = try self.take(field)
        }
    }

    /// Takes over the member if it is one of a configuration; false if it is not.
    mutating func take(_ field: RequestField) throws(APIError) -> Bool {
        switch field.name {
        case "name": self.name = try field.string() ?? self.name
        case "description": self.description = try field.string() ?? self.description
        case "subjects": self.subjects = try field.strings() ?? []
        case "retention": self.retention = try field.word(RetentionPolicy.self)
        case "discard": self.discard = try Self.discard(field)
        case "storage": self.storage = try field.word(StorageType.self)
        case "num_replicas": self.replicas = try field.int() ?? self.replicas
        case "no_ack": self.noAck = try field.bool() ?? self.noAck
        case "duplicate_window": self.duplicateWindow = try field.nanoseconds() ?? self.duplicateWindow
        case "compression": self.compression = try Self.compression(field)
        case "first_seq": self.firstSequence = StreamSequence(try field.uint64() ?? 0)
        case "persist_mode": self.persistMode = try Self.persistMode(field)
        case "metadata": self.metadata = try field.dictionary() ?? [:]
        default:
            if try self.takeLimit(field) { return true }
            if try self.takePermission(field) { return true }
            return try self.takePart(field)
        }
        return true
    }

    private mutating func takeLimit(_ field: RequestField) throws(APIError) -> Bool {
        switch field.name {
        case "max_consumers": self.maxConsumers = try field.int() ?? self.maxConsumers
        case "max_msgs": self.maxMessages = try field.int64() ?? self.maxMessages
        case "max_bytes": self.maxBytes = try field.int64() ?? self.maxBytes
        case "max_age": self.maxAge = try field.nanoseconds() ?? self.maxAge
        case "max_msgs_per_subject":
            self.maxMessagesPerSubject = try field.int64() ?? self.maxMessagesPerSubject
        case "max_msg_size": self.maxMessageSize = try field.integer("int32") ?? self.maxMessageSize
        case "subject_delete_marker_ttl":
            self.subjectDeleteMarkerTTL = try field.nanoseconds() ?? self.subjectDeleteMarkerTTL
        default: return false
        }
        return true
    }

    private mutating func takePermission(_ field: RequestField) throws(APIError) -> Bool {
        switch field.name {
        case "allow_direct": self.allowDirect = try field.bool() ?? self.allowDirect
        case "mirror_direct": self.mirrorDirect = try field.bool() ?? self.mirrorDirect
        case "discard_new_per_subject":
            self.discardNewPerSubject = try field.bool() ?? self.discardNewPerSubject
        case "sealed": self.sealed = try field.bool() ?? self.sealed
        case "deny_delete": self.denyDelete = try field.bool() ?? self.denyDelete
        case "deny_purge": self.denyPurge = try field.bool() ?? self.denyPurge
        case "allow_rollup_hdrs": self.allowRollup = try field.bool() ?? self.allowRollup
        case "allow_msg_ttl": self.allowMessageTTL = try field.bool() ?? self.allowMessageTTL
        case "allow_msg_counter": self.allowMessageCounter = try field.bool() ?? self.allowMessageCounter
        case "allow_atomic": self.allowAtomicPublish = try field.bool() ?? self.allowAtomicPublish
        case "allow_msg_schedules":
            self.allowMessageSchedules = try field.bool() ?? self.allowMessageSchedules
        case "allow_batched": self.allowBatchedPublish = try field.bool() ?? self.allowBatchedPublish
        default: return false
        }
        return true
    }

    private mutating func takePart(_ field: RequestField) throws(APIError) -> Bool {
        switch field.name {
        case "placement":
            self.placement = nil
            if let members = try field.members("placement") { self.placement = try Placement(members) }
        case "mirror":
            self.mirror = nil
            if let members = try field.members("stream source") { self.mirror = try StreamSource(members) }
        case "sources":
            self.sources = []
            for element in try field.elements("[]stream source") ?? [] {
                self.sources.append(try StreamSource(try element.members("stream source") ?? []))
            }
        case "subject_transform":
            self.subjectTransform = nil
            if let members = try field.members("subject transform") {
                self.subjectTransform = try SubjectTransform(members)
            }
        case "republish":
            self.republish = nil
            if let members = try field.members("republish") { self.republish = try Republish(members) }
        case "consumer_limits":
            if let members = try field.members("consumer limits") {
                self.consumerLimits = try ConsumerLimits(members)
            }
        default: return false
        }
        return true
    }

    /// `discard` is the one word that may be written in any case (streams.md §1.4).
    private static func discard(_ field: RequestField) throws(APIError) -> DiscardPolicy {
        if case .string(let text) = field.value, let policy = DiscardPolicy(rawValue: text.lowercased()) {
            return policy
        }
        throw field.unknownWord
    }

    private static func compression(_ field: RequestField) throws(APIError) -> StreamCompression {
        guard let text = try field.string() else { return .none }
        guard let compression = StreamCompression(rawValue: text) else {
            throw .invalidJSON("unknown compression algorithm")
        }
        return compression
    }

    private static func persistMode(_ field: RequestField) throws(APIError) -> PersistMode {
        if field.value == .string("") { return .default }
        return try field.word(PersistMode.self)
    }
}
