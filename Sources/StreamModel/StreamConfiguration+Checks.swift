/// Checks and corrections of streams.md §3.3, in its order: the first that fails answers.
extension StreamConfiguration {
    /// The longest description of a stream or a consumer, in bytes.
    static let descriptionBytesMax = 4096
    /// The most bytes of metadata, keys and values together.
    static let metadataBytesMax = 131_072
    /// The most servers that may keep a copy.
    static let replicasMax = 5
    /// How long message ids are remembered unless told otherwise.
    static let duplicateWindowDefault = Nanoseconds.seconds(120)
    /// The shortest age and the shortest duplicate window.
    static let timeMin = Nanoseconds.milliseconds(100)

    /// The configuration as it is stored, with defaults filled in.
    ///
    /// - Parameters:
    ///   - limits: what the server and the account allow.
    ///   - pedantic: refuse what would otherwise be corrected silently.
    ///   - origin: the configuration of another stream of the account, by name.
    /// - Throws: the error of the first check that fails.
    public func normalised(
        limits: ConfigurationLimits = ConfigurationLimits(),
        pedantic: Bool = false,
        origin: (String) -> StreamConfiguration? = { _ in nil }
    ) throws(APIError) -> StreamConfiguration {
        var stored = self
        try stored.checkTexts()
        try stored.correctLimits(pedantic: pedantic)
        try stored.correctTimes(limit: limits.server.duplicateWindow, pedantic: pedantic)
        try stored.checkPermissions()
        try stored.correctFeatures(pedantic: pedantic)
        try stored.correctMirror(pedantic: pedantic, origin: origin)
        try stored.checkSources(origin: origin)
        try stored.checkExternals()
        if stored.formsCycle(origin: origin) { throw .streamInvalidConfiguration("detected cycle") }
        try stored.correctSubjects()
        try stored.checkBytes(limits.account)
        try stored.correctTransforms(pedantic: pedantic)
        if stored.placement?.isEmpty == true { stored.placement = nil }
        if let placement = stored.placement, !placement.preferred.isEmpty {
            throw .streamInvalidConfiguration("preferred server not permitted in placement")
        }
        if stored.replicas > 1 { throw .streamReplicasNotSupported }
        for key in ServerIdentity.ownKeys { stored.metadata[key] = nil }
        stored.metadata[ServerIdentity.requiredLevelKey] = String(stored.requiredAPILevel)
        return stored
    }

    /// Whether both ask for the same, whatever the server's own metadata says.
    public func isEquivalent(to other: StreamConfiguration) -> Bool {
        var one = self
        var another = other
        for key in ServerIdentity.ownKeys {
            one.metadata[key] = nil
            another.metadata[key] = nil
        }
        return one == another
    }

    /// Rows 1 to 7.
    private mutating func checkTexts() throws(APIError) {
        guard AssetName.isValid(self.name) else {
            throw .streamInvalidConfiguration(
                "stream name is required and can not contain '.', '*', '>', '\\', '/'"
            )
        }
        if self.name.utf8.count > AssetName.bytesMax {
            throw .streamInvalidConfiguration("stream name is too long, maximum allowed is 255")
        }
        if self.description.utf8.count > Self.descriptionBytesMax {
            throw .streamInvalidConfiguration("stream description is too long, maximum allowed is 4096")
        }
        if self.metadata.utf8Count > Self.metadataBytesMax {
            throw .streamInvalidConfiguration("stream metadata exceeds maximum size of 131072 bytes")
        }
        if self.replicas == 0 { self.replicas = 1 }
        if self.replicas > Self.replicasMax { throw .streamInvalidConfiguration("maximum replicas is 5") }
        if self.replicas < 0 { throw .replicasCountCannotBeNegative }
    }

    /// Row 8.
    private mutating func correctLimits(pedantic: Bool) throws(APIError) {
        try Self.correct(&self.maxMessages, "max_msgs", pedantic)
        try Self.correct(&self.maxMessagesPerSubject, "max_msgs_per_subject", pedantic)
        try Self.correct(&self.maxBytes, "max_bytes", pedantic)
        try Self.correct(&self.maxMessageSize, "max_msg_size", pedantic)
        try Self.correct(&self.maxConsumers, "max_consumers", pedantic)
    }

    private static func correct<Value: SignedInteger>(
        _ value: inout Value,
        _ field: String,
        _ pedantic: Bool
    ) throws(APIError) {
        if value < -1, pedantic { throw .pedantic("\(field) must be set to -1") }
        if value <= 0 { value = -1 }
    }

    /// Rows 9 to 11.
    private mutating func correctTimes(limit: Nanoseconds, pedantic: Bool) throws(APIError) {
        if self.maxAge < .zero { throw .streamInvalidConfiguration("max age can not be negative") }
        if self.maxAge != .zero, self.maxAge < Self.timeMin {
            throw .streamInvalidConfiguration("max age needs to be >= 100ms")
        }
        if self.duplicateWindow == .zero, !self.isCopy {
            var window = Self.duplicateWindowDefault
            if limit > .zero, limit < window {
                if pedantic { throw .pedantic("duplicate window limits are higher than current limits") }
                window = limit
            }
            if self.maxAge != .zero, self.maxAge < window {
                if pedantic { throw .pedantic("duplicate window cannot be bigger than max age") }
                window = self.maxAge
            }
            self.duplicateWindow = window
        }
        if self.duplicateWindow < .zero {
            throw .streamInvalidConfiguration("duplicates window can not be negative")
        }
        if self.maxAge != .zero, self.duplicateWindow > self.maxAge {
            throw .streamInvalidConfiguration("duplicates window can not be larger then max age")
        }
        if limit > .zero, self.duplicateWindow > limit {
            throw .streamInvalidConfiguration(
                "duplicates window can not be larger then server limit of \(limit)"
            )
        }
        if self.duplicateWindow != .zero, self.duplicateWindow < Self.timeMin {
            throw .streamInvalidConfiguration("duplicates window needs to be >= 100ms")
        }
    }

    /// Rows 12 to 14.
    private func checkPermissions() throws(APIError) {
        if self.denyPurge, self.allowRollup {
            throw .streamInvalidConfiguration("roll-ups require the purge permission")
        }
        if self.allowMessageCounter {
            if self.discard == .new {
                throw .streamInvalidConfiguration("counter stream cannot use discard new")
            }
            if self.allowMessageTTL {
                throw .streamInvalidConfiguration("counter stream cannot use message TTLs")
            }
            if self.allowMessageSchedules {
                throw .streamInvalidConfiguration("counter stream cannot use message schedules")
            }
            if self.retention != .limits {
                throw .streamInvalidConfiguration("counter stream can only use limits retention")
            }
        }
        if self.discardNewPerSubject {
            if self.discard != .new {
                throw .streamInvalidConfiguration(
                    "discard new per subject requires discard new policy to be set"
                )
            }
            if self.maxMessagesPerSubject <= 0 {
                throw .streamInvalidConfiguration("discard new per subject requires max msgs per subject > 0")
            }
        }
    }

    /// Rows 15 to 20.
    private mutating func correctFeatures(pedantic: Bool) throws(APIError) {
        if self.subjectDeleteMarkerTTL < .zero {
            throw .streamInvalidConfiguration("subject delete marker TTL must not be negative")
        }
        if self.subjectDeleteMarkerTTL != .zero {
            if self.subjectDeleteMarkerTTL < .seconds(1) {
                throw .streamInvalidConfiguration("subject delete marker TTL must be at least 1 second")
            }
            if !self.allowMessageTTL, pedantic {
                throw .streamInvalidConfiguration(
                    "subject delete marker cannot be set if message TTLs are disabled"
                )
            }
            self.allowMessageTTL = true
            try self.turnOnRollup(
                "subject delete marker cannot be set if roll-ups are disabled",
                pedantic: pedantic
            )
        }
        if self.allowMessageSchedules {
            if self.discard == .new {
                throw .streamInvalidConfiguration("message scheduling cannot use discard new")
            }
            try self.turnOnRollup(
                "message scheduling cannot be set if roll-ups are disabled",
                pedantic: pedantic
            )
        }
        guard self.persistMode == .async else { return }
        if self.storage != .file {
            throw .streamInvalidConfiguration("async persist mode is only supported on file storage")
        }
        if self.replicas > 1 {
            throw .streamInvalidConfiguration("async persist mode is not supported on replicated streams")
        }
        if self.allowAtomicPublish {
            throw .streamInvalidConfiguration("async persist mode is not supported with atomic batch publish")
        }
    }

    private mutating func turnOnRollup(_ refusal: String, pedantic: Bool) throws(APIError) {
        if self.allowRollup { return }
        if pedantic { throw .streamInvalidConfiguration(refusal) }
        self.allowRollup = true
        self.denyPurge = false
    }

    /// Row 26.
    private func checkBytes(_ limits: AccountLimits) throws(APIError) {
        if limits.maxBytesRequired, self.maxBytes <= 0 { throw .streamMaxBytesRequired }
        let limit = self.storage == .file ? limits.storageMaxStreamBytes : limits.memoryMaxStreamBytes
        if limit > 0, self.maxBytes > limit { throw .streamMaxStreamBytesExceeded }
    }
}

extension [String: String] {
    /// The bytes of all keys and values.
    var utf8Count: Int { self.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } }
}
