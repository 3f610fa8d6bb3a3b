import Logging
import NIOCore
import StreamEngine
import StreamModel
import StreamStore
import Subjects
import Synchronization

/// Creating, changing and deleting streams, and what is asked of one.
extension JetStreamAccount {
    // MARK: - Create

    func createStream(
        _ name: String,
        _ endpoint: JetStreamEndpoint,
        _ request: JetStreamRequest
    ) throws(APIError) {
        let body = try unsafe StreamConfigurationRequest(request.payload.span.bytes, strict: self.isStrict)
        try body.configuration.checkCreate(subjectName: name)
        try self.checkLimits(body.configuration)
        let configuration = try body.configuration.normalised(
            limits: self.configurationLimits,
            pedantic: body.pedantic,
            origin: { self.entries[$0]?.configuration }
        )
        if let existing = self.entries[name] {
            guard configuration.isEquivalent(to: existing.configuration) else { throw .streamNameExist }
            self.answerCreated(existing.handle, request)
            return self.endChange()
        }
        if self.unavailable.contains(name) {
            // Its files are there, and wait for a person: the name is taken.
            throw .streamCreate("stream '\(name)' could not be opened when the server started")
        }
        try self.checkOverlap(configuration)
        try configuration.checkFeatures(supported: Self.supportedFeatures)
        let created = self.home.now
        let record = StreamRecord(created: created, configuration: configuration)
        let target = self.broker.shards[self.storage.nextShard(of: self.broker.shards.count)]
        self.storage.createStream(record, of: self.account.name, now: created, on: self.broker.disk) {
            result in
            switch result {
            case .failure(let failure):
                self.home.post(
                    .call { home in
                        self.broker.logger.error("Cannot create stream '\(name)': \(failure)")
                        self.refuse(
                            request,
                            endpoint,
                            .streamCreate("error creating store for stream: \(failure)"),
                            on: home
                        )
                        self.endChange()
                    }
                )
            case .success(let opened):
                target.post(
                    .call { shard in
                        let hosted = self.host(opened, record, now: created, on: shard)
                        // It was asked for while the account had JetStream, and has none by now.
                        if !self.isEnabled { hosted.fallSilent(on: shard) }
                        let entry = Entry(
                            handle: hosted.handle,
                            catalogID: opened.catalogID,
                            created: created,
                            configuration: configuration
                        )
                        // The home knows the stream before the client does.
                        self.home.post(
                            .call { _ in
                                self.entries[name] = entry
                                self.endChange()
                            }
                        )
                        self.respondCreated(hosted, request, on: shard)
                    }
                )
            }
        }
    }

    private func answerCreated(_ handle: StreamHandle, _ request: JetStreamRequest) {
        self.broker.shards[handle.address.shard]
            .post(
                .call { shard in
                    guard let hosted = shard.streams[handle.address.slot] else { return }
                    self.respondCreated(hosted, request, on: shard)
                }
            )
    }

    private func respondCreated(_ hosted: HostedStream, _ request: JetStreamRequest, on shard: Shard) {
        let info = hosted.stream.info(state: hosted.stream.state().state, leader: "", now: shard.now)
        self.answer(request, APIResponse.streamCreate(info).encoded(), from: hosted, on: shard)
    }

    /// Puts an open store to work as a stream of `shard`.
    func host(_ opened: OpenedStream, _ record: StreamRecord, now: Timestamp, on shard: Shard) -> HostedStream
    {
        let name = record.configuration.name
        let view = shard.view(of: self.account)
        let stream = StreamEngine.Stream(
            name: name,
            configuration: record.configuration,
            created: record.created,
            store: opened.store,
            now: now
        )
        let hosted = shard.host(stream, named: name, catalogID: opened.catalogID, in: view)
        hosted.listen(to: record.configuration)
        return hosted
    }

    private func checkOverlap(_ configuration: StreamConfiguration) throws(APIError) {
        if self.entries.hasOverlap(with: configuration) { throw .streamSubjectOverlap }
    }

    // MARK: - Update

    func updateStream(
        _ name: String,
        _ endpoint: JetStreamEndpoint,
        _ request: JetStreamRequest
    ) throws(APIError) {
        let body = try unsafe StreamConfigurationRequest(request.payload.span.bytes, strict: self.isStrict)
        let wanted: StreamConfiguration
        do throws(APIError) {
            wanted = try body.configuration.normalised(
                limits: self.configurationLimits,
                pedantic: body.pedantic,
                origin: { self.entries[$0]?.configuration }
            )
        } catch {
            // The want of a cluster is held only against a stream that there is.
            if error == .streamReplicasNotSupported, self.entries[name] == nil { throw .streamNotFound }
            throw error
        }
        if wanted.name != name { throw .streamMismatch }
        guard let entry = self.entries[name] else { throw .streamNotFound }
        let configuration = try wanted.updated(from: entry.configuration)
        try self.checkLimits(configuration)
        try self.checkOverlap(configuration)
        try configuration.checkFeatures(supported: Self.supportedFeatures)
        let handle = entry.handle
        self.broker.shards[handle.address.shard]
            .post(
                .call { shard in
                    guard let hosted = shard.streams[handle.address.slot] else {
                        return self.home.post(.call { _ in self.endChange() })
                    }
                    if let error = Self.violation(of: configuration.consumerLimits, by: hosted.stream) {
                        self.refuse(request, endpoint, error, on: shard)
                        return self.home.post(.call { _ in self.endChange() })
                    }
                    self.saveUpdate(configuration, entry, endpoint, request)
                }
            )
    }

    /// Refuses limits that existing consumers exceed (streams.md §2.2).
    private static func violation(of limits: ConsumerLimits, by stream: StreamEngine.Stream) -> APIError? {
        var violators: [String] = []
        for name in stream.consumerNames {
            guard let configuration = stream.consumer(named: name)?.configuration else { continue }
            let exceedsAge =
                limits.inactiveThreshold > .zero && configuration.inactiveThreshold > limits.inactiveThreshold
            let exceedsPending =
                limits.maxAckPending > 0 && configuration.maxAckPending > limits.maxAckPending
            if exceedsAge || exceedsPending { violators.append(name) }
        }
        if violators.isEmpty { return nil }
        return .streamUpdate("change to limits violates consumers: \(violators.joined(separator: ", "))")
    }

    private func saveUpdate(
        _ configuration: StreamConfiguration,
        _ entry: Entry,
        _ endpoint: JetStreamEndpoint,
        _ request: JetStreamRequest
    ) {
        let name = configuration.name
        let record = StreamRecord(created: entry.created, configuration: configuration)
        let target = self.broker.shards[entry.handle.address.shard]
        self.storage.saveStream(record, id: entry.catalogID, of: self.account.name, on: self.broker.disk) {
            failure in
            target.post(
                .call { shard in
                    if let failure {
                        self.refuse(request, endpoint, .streamUpdate("\(failure)"), on: shard)
                        return self.home.post(.call { _ in self.endChange() })
                    }
                    self.home.post(
                        .call { _ in
                            self.entries[name]?.configuration = configuration
                            self.endChange()
                        }
                    )
                    guard let hosted = shard.streams[entry.handle.address.slot] else { return }
                    let now = shard.now
                    hosted.stream.update(configuration, now: now)
                    hosted.listen(to: configuration)
                    let info = hosted.stream.info(state: hosted.stream.state().state, leader: "", now: now)
                    self.answer(request, APIResponse.streamUpdate(info).encoded(), from: hosted, on: shard)
                }
            )
        }
    }

    // MARK: - Delete

    func deleteStream(
        _ name: String,
        _ endpoint: JetStreamEndpoint,
        _ request: JetStreamRequest
    ) throws(APIError) {
        try unsafe RequestBody.checkEmpty(request.payload.span.bytes)
        guard let entry = self.entries.remove(name) else { throw .streamNotFound }
        let target = self.broker.shards[entry.handle.address.shard]
        target.post(
            .call { shard in
                // From here on nothing comes in; what is under way to the disk ends before the files go.
                let store = shard.unhost(entry.handle.address.slot)
                self.storage.deleteStream(
                    id: entry.catalogID,
                    name: name,
                    of: self.account.name,
                    store: store,
                    on: self.broker.disk
                ) { failure in
                    self.home.post(
                        .call { home in
                            if let failure {
                                self.refuse(request, endpoint, .streamDelete("\(failure)"), on: home)
                            } else {
                                self.respond(request, APIResponse.streamDelete.encoded(), on: home)
                            }
                            self.endChange()
                        }
                    )
                }
            }
        )
    }

    // MARK: - What is asked of one stream

    /// Runs `body` on the loop of the stream of that name, unless it is gone by then: that is answered.
    ///
    /// - Throws: An error to answer with, if there is no such stream.
    func onStream(
        _ name: String,
        _ endpoint: JetStreamEndpoint,
        _ request: JetStreamRequest,
        _ body: @escaping @Sendable (HostedStream, Shard) -> Void
    ) throws(APIError) {
        guard let entry = self.entries[name] else { throw .streamNotFound }
        let handle = entry.handle
        self.broker.shards[handle.address.shard]
            .post(
                .call { shard in
                    guard let hosted = shard.streams[handle.address.slot] else {
                        return self.refuse(request, endpoint, .streamNotFound, on: shard)
                    }
                    body(hosted, shard)
                }
            )
    }

    func performOnStream(_ endpoint: JetStreamEndpoint, _ request: JetStreamRequest) throws(APIError) {
        // Bodies are checked before the stream is looked for (streams.md §2).
        let task = try StreamTask(endpoint, request, strict: self.isStrict)
        guard let name = endpoint.stream else { throw .streamNotFound }
        try self.onStream(name, endpoint, request) { hosted, shard in
            do throws(APIError) {
                let response = try task.perform(on: hosted.stream, leader: self.leader, now: shard.now)
                self.answer(request, response.encoded(), from: hosted, on: shard)
            } catch {
                self.refuse(request, endpoint, error, from: hosted, on: shard)
            }
        }
    }

    /// Purges a stream, while others are served.
    func purgeStream(_ endpoint: JetStreamEndpoint, _ request: JetStreamRequest) throws(APIError) {
        let payload = request.payload
        let purge = try unsafe StreamPurgeRequest(payload.span.bytes, strict: self.isStrict)
        guard let name = endpoint.stream else { throw .streamNotFound }
        try self.onStream(name, endpoint, request) { hosted, shard in
            do throws(APIError) {
                let begun = try hosted.stream.beginPurge(purge)
                let run = PurgeRun(purge: begun, request: request, endpoint: endpoint, handle: hosted.handle)
                self.goOn(run, on: shard)
            } catch {
                self.refuse(request, endpoint, error, from: hosted, on: shard)
            }
        }
    }

    /// Does one slice of a purge, leaves the loop to others for at least as long as it took, and goes on.
    ///
    /// The longer they take, the longer the next slice is: so the purge gets half of the loop, and not more.
    private func goOn(_ run: PurgeRun, on shard: Shard) {
        guard let hosted = shard.streams[run.handle.address.slot] else {
            return self.refuse(run.request, run.endpoint, .streamNotFound, on: shard)
        }
        var run = run
        let start = NIODeadline.now()
        if let ended = run.ended {
            let next = min(max(start - ended, PurgeRun.sliceMin), PurgeRun.sliceMax)
            run.purge.pace(took: run.took.nanoseconds, next: next.nanoseconds)
        }
        guard hosted.stream.goOn(&run.purge) else {
            let response = APIResponse.streamPurge(run.purge.purged).encoded()
            return self.answer(run.request, response, from: hosted, on: shard)
        }
        shard.touch(hosted)
        let end = NIODeadline.now()
        run.ended = end
        run.took = end - start
        let rest = run
        shard.loop.scheduleTask(in: rest.took) {
            self.goOn(rest, on: shard)
            shard.settle()
        }
    }

    /// Counts a request that failed, and answers it as ``answer(_:_:from:on:)`` does.
    func refuse(
        _ request: JetStreamRequest,
        _ endpoint: JetStreamEndpoint,
        _ error: APIError,
        from hosted: HostedStream,
        on shard: Shard
    ) {
        self.noteFailure()
        self.answer(request, endpoint.responseType.failure(error), from: hosted, on: shard)
    }

    /// Sends an answer once the state of the stream that it tells of is durable.
    func answer(_ request: JetStreamRequest, _ payload: [UInt8], from hosted: HostedStream, on shard: Shard) {
        if !request.reply.isEmpty {
            let reply = request.reply
            unsafe hosted.stream.answer(to: reply.span.bytes, payload: payload.span.bytes)
        }
        shard.touch(hosted)
    }
}

/// A purge on its way, and what has to be known to go on with it.
private struct PurgeRun: Sendable {
    var purge: StreamPurge
    let request: JetStreamRequest
    let endpoint: JetStreamEndpoint
    let handle: StreamHandle
    /// When the last slice ended, and how long it took; nil before the first.
    var ended: NIODeadline?
    var took = TimeAmount.nanoseconds(0)

    /// What a slice is to take at the least and at the most, where its length allows that.
    static let sliceMin = TimeAmount.milliseconds(1)
    static let sliceMax = TimeAmount.milliseconds(4)

    init(
        purge: StreamPurge,
        request: JetStreamRequest,
        endpoint: JetStreamEndpoint,
        handle: StreamHandle
    ) {
        self.purge = purge
        self.request = request
        self.endpoint = endpoint
        self.handle = handle
    }
}

/// A parsed request of one stream.
private enum StreamTask: Sendable {
    case info(StreamInfoRequest)
    case get(MessageGetRequest)
    case delete(MessageDeleteRequest)

    init(_ endpoint: JetStreamEndpoint, _ request: JetStreamRequest, strict: Bool) throws(APIError) {
        let payload = request.payload
        switch endpoint {
        case .messageGet: self = .get(try unsafe MessageGetRequest(payload.span.bytes, strict: strict))
        case .messageDelete:
            self = .delete(try unsafe MessageDeleteRequest(payload.span.bytes, strict: strict))
        default: self = .info(try unsafe StreamInfoRequest(payload.span.bytes, strict: strict))
        }
    }

    func perform(on stream: StreamEngine.Stream, leader: String, now: Timestamp) throws(APIError)
        -> APIResponse
    {
        switch self {
        case .info(let request):
            var filter: SubjectFilter?
            if !request.subjectsFilter.isEmpty {
                filter = SubjectPattern(request.subjectsFilter).map { SubjectFilter([$0]) }
            }
            let (state, page) = stream.state(
                subjects: filter,
                offset: request.offset,
                listsDeleted: request.deletedDetails
            )
            return .streamInfo(stream.info(state: state, leader: leader, now: now), page)
        case .get(let request): return .messageGet(try stream.message(for: request))
        case .delete(let request):
            try stream.delete(request)
            return .messageDelete
        }
    }
}
