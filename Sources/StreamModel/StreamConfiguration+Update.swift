/// What only a request of one kind asks: create (streams.md §2.1) and update (§2.2).
extension StreamConfiguration {
    /// The checks of a create request that come before those of the configuration.
    ///
    /// - Parameter subjectName: the stream's name in the request's subject.
    public func checkCreate(subjectName: String) throws(APIError) {
        if self.name != subjectName { throw .streamMismatch }
        if AssetName.hasPathSeparator(self.name) { throw .streamNameContainsPathSeparators }
        if self.sealed {
            throw .streamInvalidConfiguration("stream configuration for create can not be sealed")
        }
        if self.mirrorDirect, self.mirror == nil {
            throw .streamInvalidConfiguration("stream has no mirror but does have mirror direct")
        }
    }

    /// Refuses more consumers than the account allows.
    public func checkAccount(_ limits: AccountLimits) throws(APIError) {
        if limits.maxConsumers > 0, self.maxConsumers > limits.maxConsumers { throw .maximumConsumersLimit }
    }

    /// The configuration that replaces `existing`; both are normalised.
    ///
    /// Whether subjects overlap with another stream and whether consumers exceed new limits is for the
    /// caller.
    ///
    /// - Throws: the error of the first rule that fails.
    public func updated(from existing: StreamConfiguration) throws(APIError) -> StreamConfiguration {
        if self.name != existing.name { throw .streamMismatch }
        if self.storage != existing.storage { throw Self.refused("change storage type") }
        if self.retention != existing.retention,
            self.retention == .workQueue || existing.retention == .workQueue
        {
            throw Self.refused("change retention policy to/from workqueue")
        }
        if existing.sealed, !self.sealed { throw Self.refused("unseal a sealed stream") }
        if existing.denyDelete, !self.denyDelete { throw Self.refused("cancel deny message deletes") }
        if existing.denyPurge, !self.denyPurge { throw Self.refused("cancel deny purge") }
        if let mirror = self.mirror, mirror != existing.mirror { throw .streamMirrorNotUpdatable }
        if existing.allowMessageTTL, !self.allowMessageTTL {
            throw .streamInvalidConfiguration("message TTL status can not be disabled")
        }
        if existing.allowMessageSchedules, !self.allowMessageSchedules {
            throw .streamInvalidConfiguration("message schedules can not be disabled")
        }
        if existing.allowMessageCounter != self.allowMessageCounter {
            throw Self.refused("change message counter setting")
        }
        if existing.persistMode != self.persistMode { throw Self.refused("change persist mode") }
        return self.withEffects(replacing: existing)
    }

    /// What follows from sealing and from a mirror's becoming a stream of its own.
    private func withEffects(replacing existing: StreamConfiguration) -> StreamConfiguration {
        var stored = self
        if stored.sealed {
            stored.maxAge = .zero
            stored.discard = .new
            stored.denyDelete = true
            stored.denyPurge = true
            stored.allowRollup = false
        }
        if existing.mirror != nil, stored.mirror == nil { stored.mirrorDirect = false }
        return stored
    }

    private static func refused(_ action: String) -> APIError {
        .streamInvalidConfiguration("stream configuration update can not \(action)")
    }
}
