public import StreamModel
public import StreamStore
public import Subjects

/// What the API asks of a stream beside publishing.
extension Stream {
    /// The stream's state as INFO shows it.
    ///
    /// - Parameters:
    ///   - subjects: counts of the subjects that match, one page; nil leaves them out.
    ///   - offset: the first subject of the page, in ascending order.
    ///   - listsDeleted: whether the sequences of holes are listed.
    public func state(
        subjects: SubjectFilter? = nil,
        offset: Int = 0,
        listsDeleted: Bool = false
    ) -> (state: StreamState, page: Page) {
        let stored = self.store.state
        var state = StreamState()
        state.messages = stored.messages
        state.bytes = stored.bytes
        state.firstSequence = stored.firstSequence
        state.firstTime = stored.firstTime
        state.lastSequence = stored.lastSequence
        state.lastTime = stored.lastTime
        state.subjectCount = UInt64(stored.subjects)
        state.deletedCount = stored.deleted
        state.consumerCount = self.consumers.count
        if listsDeleted { state.deleted = self.store.deletedSequences() }
        guard let subjects else { return (state, .none) }
        var counts: [SubjectCount] = []
        self.store.forEachSubject(matching: subjects) { subject, count in
            counts.append(
                SubjectCount(subject: String(decoding: subject.array(), as: UTF8.self), messages: count)
            )
        }
        if counts.isEmpty { return (state, .none) }
        counts.sort { $0.subject < $1.subject }
        let page = Page(total: counts.count, offset: offset, limit: Page.subjectsMax)
        state.subjects = Array(counts[page.range])
        return (state, page)
    }

    /// What INFO says of the stream.
    public func info(state: StreamState, leader: String, now: Timestamp) -> StreamInfo {
        var configuration = self.configuration
        configuration.metadata[ServerIdentity.durabilityKey] = self.store.durability.name
        return StreamInfo(
            configuration: configuration,
            created: self.created,
            state: state,
            leader: leader,
            time: now
        )
    }

    /// Replaces the configuration; lower limits are enforced at once.
    public func update(_ configuration: StreamConfiguration, now: Timestamp) {
        self.configuration = configuration
        self.store.limits = StoreLimits(configuration)
        self.store.compresses = configuration.compression != .none
        _ = self.store.expire(by: now)
        self.passOnRemovals()
    }

    /// Removes one message (streams.md §2.9).
    public func delete(_ request: MessageDeleteRequest) throws(APIError) {
        if self.configuration.sealed { throw .streamSealed }
        if self.configuration.denyDelete { throw .streamMessageDeleteFailed("message delete not permitted") }
        guard self.store.remove(request.sequence, erase: !request.noErase) else {
            throw .sequenceNotFound(request.sequence.rawValue)
        }
        self.passOnRemovals()
    }
}

extension StoreLimits {
    /// The limits of a stream's configuration under which its messages go by themselves.
    public init(_ configuration: StreamConfiguration) {
        func limit(_ value: Int64) -> UInt64? { value > 0 ? UInt64(value) : nil }
        let discardsOld = configuration.discard == .old
        self.init(
            messages: discardsOld ? limit(configuration.maxMessages) : nil,
            bytes: discardsOld ? limit(configuration.maxBytes) : nil,
            // Also where new ones are refused: then it only counts when an update lowers it.
            messagesPerSubject: limit(configuration.maxMessagesPerSubject),
            age: configuration.maxAge > .zero ? configuration.maxAge.rawValue : nil
        )
    }
}
