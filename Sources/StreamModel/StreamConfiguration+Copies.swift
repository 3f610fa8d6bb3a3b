/// Checks of mirrors and sources: streams.md §3.3, rows 21 to 24.
extension StreamConfiguration {
    mutating func correctMirror(
        pedantic: Bool,
        origin: (String) -> StreamConfiguration?
    ) throws(APIError) {
        guard let mirror = self.mirror else { return }
        if self.firstSequence != .zero { throw .mirrorWithFirstSequence }
        if !self.subjects.isEmpty { throw .mirrorWithSubjects }
        if !self.sources.isEmpty { throw .mirrorWithSources }
        if self.allowMessageCounter { throw .mirrorWithCounters }
        if self.allowAtomicPublish { throw .mirrorWithAtomicPublish }
        if self.allowBatchedPublish { throw .mirrorWithBatchPublish }
        if self.allowMessageSchedules { throw .mirrorWithMessageSchedules }
        if !mirror.hasValidConsumer { throw .mirrorDurableConsumerInvalid }
        if !mirror.filterSubject.isEmpty, !mirror.subjectTransforms.isEmpty {
            throw .mirrorMultipleFiltersNotAllowed
        }
        if self.subjectDeleteMarkerTTL != .zero {
            throw .streamInvalidConfiguration("subject delete markers forbidden on mirrors")
        }
        for transform in mirror.subjectTransforms {
            if let fault = transform.sourceFault { throw .mirrorInvalidSubjectFilter(fault) }
            if let fault = transform.destinationFault { throw .mirrorInvalidTransformDestination(fault) }
        }
        if mirror.hasOverlappingFilters { throw .mirrorOverlappingSubjectFilters }
        if mirror.external != nil { return }
        if !AssetName.isValid(mirror.name) { throw .mirrorInvalidStreamName }
        guard mirror.name != self.name, let origin = origin(mirror.name) else { return }
        if self.takesLess(than: origin) { throw .mirrorMaxMessageSizeTooBig }
        if origin.allowDirect != self.mirrorDirect {
            if origin.allowDirect, pedantic {
                throw .pedantic("origin stream has direct get set, mirror has it disabled")
            }
            self.mirrorDirect = origin.allowDirect
        }
    }

    func checkSources(origin: (String) -> StreamConfiguration?) throws(APIError) {
        if self.sources.isEmpty { return }
        if self.allowMessageSchedules { throw .sourceWithMessageSchedules }
        var seen: Set<StreamSource> = []
        var consumers: Set<StreamSourceConsumer> = []
        for source in self.sources {
            if !AssetName.isValid(source.name) { throw .sourceInvalidStreamName }
            if !seen.insert(source.identity).inserted { throw .sourceDuplicateDetected }
            if !source.filterSubject.isEmpty, !source.subjectTransforms.isEmpty {
                throw .sourceMultipleFiltersNotAllowed
            }
            for transform in source.subjectTransforms {
                if let fault = transform.sourceFault { throw .sourceInvalidSubjectFilter(fault) }
                if let fault = transform.destinationFault { throw .sourceInvalidTransformDestination(fault) }
            }
            if source.hasOverlappingFilters { throw .sourceOverlappingSubjectFilters }
            if !source.hasValidConsumer { throw .sourceDurableConsumerInvalid }
            if let consumer = source.consumer, !consumers.insert(consumer).inserted {
                throw .sourceDurableConsumerDuplicateDetected
            }
            guard source.external == nil, source.name != self.name, let origin = origin(source.name) else {
                continue
            }
            if self.takesLess(than: origin) { throw .sourceMaxMessageSizeTooBig }
        }
    }

    func checkExternals() throws(APIError) {
        for external in ([self.mirror].compactMap { $0 } + self.sources).compactMap(\.external) {
            if SubjectRelation.hasWildcard(external.deliverPrefix) {
                throw .streamInvalidExternalDeliverPrefix(external.deliverPrefix)
            }
            if external.apiPrefix.isEmpty { continue }
            guard SubjectRelation.isValidLiteral(external.apiPrefix) else {
                throw .streamInvalidConfiguration(
                    "stream external api prefix \"\(external.apiPrefix)\""
                        + " must be a valid subject without wildcards"
                )
            }
            if external.apiPrefix == "$JS.API" {
                throw .streamExternalAPIOverlap(external.apiPrefix, "$JS.API")
            }
        }
    }

    /// Refuses filters of mirror and sources that are no subjects, which create finds out last of all.
    ///
    /// - Throws: ``APIError/streamCreate(_:)``.
    public func checkCopyFilters() throws(APIError) {
        if let filter = self.mirror?.filterSubject, !filter.isEmpty, !SubjectRelation.isValid(filter) {
            throw .streamCreate("subject filter '\(filter)' for the mirror invalid subject")
        }
        for filter in self.sources.map(\.filterSubject) where !filter.isEmpty {
            if !SubjectRelation.isValid(filter) {
                throw .streamCreate("subject filter '\(filter)' for the source: invalid subject")
            }
        }
    }

    /// Whether a message could come back to this stream over its own origins.
    func formsCycle(origin: (String) -> StreamConfiguration?) -> Bool {
        var visited: Set<String> = []
        var waiting = self.localOrigins
        while let source = waiting.popLast() {
            if source.name == self.name { return true }
            guard visited.insert(source.name).inserted, let stream = origin(source.name) else { continue }
            for next in stream.localOrigins where next.mayPass(into: source) { waiting.append(next) }
        }
        return false
    }

    /// What this stream copies from streams of the same account.
    private var localOrigins: [StreamSource] {
        ([self.mirror].compactMap { $0 } + self.sources).filter { $0.external == nil }
    }

    /// Whether `origin` may hold messages that are too large here.
    private func takesLess(than origin: StreamConfiguration) -> Bool {
        self.maxMessageSize > 0 && (origin.maxMessageSize <= 0 || origin.maxMessageSize > self.maxMessageSize)
    }
}

extension StreamSource {
    /// What two sources of one stream may not have in common: all but where they start.
    fileprivate var identity: StreamSource {
        var identity = self
        identity.startSequence = .zero
        identity.startTime = nil
        if var consumer = self.consumer {
            consumer.deliverSubject = ""
            identity.consumer = consumer
        }
        return identity
    }

    /// Whether there is no consumer, or one with name and subject and nothing that it would decide itself.
    fileprivate var hasValidConsumer: Bool {
        guard let consumer = self.consumer else { return true }
        return AssetName.isValid(consumer.name) && SubjectRelation.isValidLiteral(consumer.deliverSubject)
            && self.startSequence == .zero && self.startTime == nil
            && self.filterSubject.isEmpty && self.subjectTransforms.isEmpty
    }

    fileprivate var hasOverlappingFilters: Bool {
        let filters = self.subjectTransforms.map { $0.source.isEmpty ? ">" : $0.source }
        return SubjectRelation.overlappingPair(filters) != nil
    }

    /// Whether some message of this source could be taken over by `next`, which copies its target.
    fileprivate func mayPass(into next: StreamSource) -> Bool {
        self.filters.contains { own in
            next.filters.contains { SubjectRelation.filtersOverlap(own, $0) }
        }
    }
}
