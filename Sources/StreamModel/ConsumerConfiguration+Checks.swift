/// Checks of consumers.md §1.3 C, in its order: the first that fails answers.
extension ConsumerConfiguration {
    /// The shortest heartbeat of a push consumer.
    static let heartbeatMin = Nanoseconds.milliseconds(100)
    /// The shortest limit on the life of pull requests.
    static let expiresMin = Nanoseconds.milliseconds(1)
    /// The longest name of a priority group, in bytes.
    static let groupBytesMax = 16

    func check(stream: StreamConfiguration, limits: ConfigurationLimits) throws(APIError) {
        try self.checkNames()
        try self.checkReplicas(stream)
        try self.checkTimes()
        if self.isPush { try self.checkPush(stream) } else { try self.checkPull(stream, limits.server) }
        try self.checkLimits(stream, limits)
        try self.checkFilters()
        try self.checkStart()
        try self.checkSampling()
        if self.flowControl, self.idleHeartbeat == .zero { throw .consumerWithFlowControlNeedsHeartbeats }
        if self.isDurable, !self.name.isEmpty, self.name != self.durableName {
            throw .consumerCreateDurableAndNameMismatch
        }
        if self.metadata.utf8Count > StreamConfiguration.metadataBytesMax {
            throw .consumerMetadataLength("128KB")
        }
        try self.checkPriority()
    }

    /// C1 and C2.
    private func checkNames() throws(APIError) {
        if !self.name.isEmpty, !AssetName.isValid(self.name) {
            throw .streamInvalidConfiguration("consumer name can not contain '.', '*', '>', '\\', '/'")
        }
        if self.isDurable, !AssetName.isValid(self.durableName) {
            throw .streamInvalidConfiguration(
                "consumer durable name can not contain '.', '*', '>', '\\', '/'"
            )
        }
    }

    /// C3 to C5.
    private func checkReplicas(_ stream: StreamConfiguration) throws(APIError) {
        if self.replicas > stream.replicas { throw .consumerReplicasExceedStream }
        if self.replicas < 0 { throw .replicasCountCannotBeNegative }
        if stream.retention != .limits, self.replicas != 0, self.replicas != stream.replicas {
            throw .consumerReplicasShouldMatchStream
        }
    }

    /// C7 to C16.
    private func checkTimes() throws(APIError) {
        if self.backoff.contains(where: { $0 < .zero }) { throw .consumerBackOffNegative }
        if self.ackWait < .zero { throw .consumerAckWaitNegative }
        if self.ackPolicy == .flowControl { try self.checkAckFlowControl() }
        if !self.backoff.isEmpty, self.maxDeliver != -1, self.backoff.count > self.maxDeliver {
            throw .consumerMaxDeliverBackoff
        }
        if self.description.utf8.count > StreamConfiguration.descriptionBytesMax {
            throw .consumerDescriptionTooLong(StreamConfiguration.descriptionBytesMax)
        }
    }

    /// C9 to C14.
    private func checkAckFlowControl() throws(APIError) {
        if !self.isPush { throw .consumerAckFlowControlRequiresPush }
        if !self.flowControl { throw .consumerAckFlowControlRequiresFlowControl }
        if self.idleHeartbeat != Self.flowControlHeartbeat {
            throw .streamInvalidConfiguration("flow control ack policy heartbeat needs to be 1s")
        }
        if self.maxAckPending <= 0 { throw .consumerAckFlowControlRequiresMaxAckPending }
        if self.ackWait != .zero || !self.backoff.isEmpty { throw .consumerAckFlowControlRequiresNoAckWait }
        if self.maxDeliver > 0 { throw .consumerAckFlowControlRequiresNoMaxDeliver }
    }

    /// C17 to C22.
    private func checkPush(_ stream: StreamConfiguration) throws(APIError) {
        if SubjectRelation.hasWildcard(self.deliverSubject) { throw .consumerDeliverToWildcards }
        if !SubjectRelation.isValid(self.deliverSubject) { throw .consumerInvalidDeliverSubject }
        if stream.overlaps(subjects: [self.deliverSubject]) { throw .consumerDeliverCycle }
        if self.maxWaiting != 0 { throw .consumerPushMaxWaiting }
        if self.maxAckPending > 0, self.ackPolicy == .none { throw .consumerMaxPendingAckPolicyRequired }
        if self.idleHeartbeat != .zero, self.idleHeartbeat < Self.heartbeatMin {
            throw .consumerSmallHeartbeat
        }
    }

    /// C23 to C30; C25 and C28 cannot fail after the corrections.
    private func checkPull(_ stream: StreamConfiguration, _ limits: ServerLimits) throws(APIError) {
        if self.ackPolicy == .none, stream.retention == .workQueue { throw .consumerPullRequiresAck }
        if self.rateLimit > 0 { throw .consumerPullWithRateLimit }
        if self.idleHeartbeat > .zero { throw .consumerHeartbeatRequiresPush }
        if self.flowControl { throw .consumerFlowControlRequiresPush }
        if self.maxExpires != .zero, self.maxExpires < Self.expiresMin {
            throw .consumerMaxRequestExpiresTooSmall
        }
        if limits.maxRequestBatch > 0, self.maxBatch > limits.maxRequestBatch {
            throw .consumerMaxRequestBatchExceeded(limits.maxRequestBatch)
        }
    }

    /// C31 to C34.
    private func checkLimits(_ stream: StreamConfiguration, _ limits: ConfigurationLimits) throws(APIError) {
        let pendingLimits = [
            limits.server.maxAckPending, limits.account.maxAckPending, stream.consumerLimits.maxAckPending,
        ]
        for limit in pendingLimits where limit > 0 && self.maxAckPending > limit {
            throw .consumerMaxPendingAckExcess(limit)
        }
        let threshold = stream.consumerLimits.inactiveThreshold
        if threshold > .zero, self.inactiveThreshold > threshold {
            throw .consumerInactiveThresholdExcess(threshold.description)
        }
        if self.direct, !self.isPush { throw .consumerDirectRequiresPush }
        if self.direct, self.isDurable { throw .consumerDirectRequiresEphemeral }
    }

    /// C35 to C39.
    private func checkFilters() throws(APIError) {
        if !self.filterSubject.isEmpty, !self.filterSubjects.isEmpty {
            throw .consumerDuplicateFilterSubjects
        }
        if !self.filterSubject.isEmpty, !SubjectRelation.isValid(self.filterSubject) {
            throw .streamInvalidConfiguration("invalid subject")
        }
        if self.filterSubjects.contains(where: \.isEmpty) { throw .consumerEmptyFilter }
        for filter in self.filterSubjects where !SubjectRelation.isValid(filter) {
            throw .streamInvalidConfiguration("invalid subject")
        }
        if SubjectRelation.hasSubset(self.filterSubjects) { throw .consumerOverlappingSubjectFilters }
    }

    /// C40, the table of consumers.md §2.2.
    private func checkStart() throws(APIError) {
        let hasSequence = self.startSequence != .zero
        let hasTime = self.startTime != nil
        switch self.deliverPolicy {
        case .all: try self.refuseStart("all")
        case .last: try self.refuseStart("last")
        case .new: try self.refuseStart("new")
        case .lastPerSubject:
            try self.refuseStart("last per subject")
            if self.filters.isEmpty { throw Self.start("last per subject", "filter subject is not set") }
        case .byStartSequence:
            if !hasSequence { throw Self.start("by start sequence", "start sequence is not set") }
            if hasTime { throw Self.start("by start sequence", "start time is also set") }
        case .byStartTime:
            if !hasTime { throw Self.start("by start time", "start time is not set") }
            // The doubled word is the original's.
            if hasSequence { throw Self.start("by start time", "start start sequence is also set") }
        }
    }

    private func refuseStart(_ policy: String) throws(APIError) {
        if self.startSequence != .zero { throw Self.start(policy, "start sequence is also set") }
        if self.startTime != nil { throw Self.start(policy, "start time is also set") }
    }

    private static func start(_ policy: String, _ fault: String) -> APIError {
        .consumerInvalidPolicy("consumer delivery policy is deliver \(policy), but optional \(fault)")
    }

    /// C41.
    private func checkSampling() throws(APIError) {
        if self.sampleFrequency.isEmpty { return }
        let digits =
            self.sampleFrequency.last == "%" ? self.sampleFrequency.dropLast() : self.sampleFrequency[...]
        guard let percent = Int(digits) else {
            throw .consumerInvalidSampling("parsing \"\(digits)\": invalid syntax")
        }
        if percent < 0 { throw .consumerInvalidSampling("parsing \"\(digits)\": negative") }
    }

    /// C45 to C50.
    private func checkPriority() throws(APIError) {
        if self.priorityPolicy == .none {
            if !self.priorityGroups.isEmpty { throw .consumerPriorityGroupWithPolicyNone }
            if self.priorityTimeout > .zero { throw .consumerPinnedTTLWithPriorityPolicyNone }
            return
        }
        if self.isPush { throw .consumerPushWithPriorityGroup }
        if self.priorityGroups.isEmpty { throw .consumerPriorityPolicyWithoutGroup }
        for group in self.priorityGroups {
            if group.isEmpty { throw .consumerEmptyGroupName }
            if !Self.isValidGroup(group) { throw .consumerInvalidGroupName }
        }
    }

    /// Whether `name` may name a priority group.
    static func isValidGroup(_ name: String) -> Bool {
        (1...Self.groupBytesMax).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"), UInt8(ascii: "="): true
                default: byte.isDigit
                }
            }
    }
}
