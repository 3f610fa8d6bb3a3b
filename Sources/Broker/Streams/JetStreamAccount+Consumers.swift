import StreamEngine
import StreamModel
import StreamStore
import Subjects
import Synchronization

/// Creating, changing and deleting consumers, and what is asked of them. All of it happens on the stream's shard.
extension JetStreamAccount {
    /// The longest name of a consumer, in bytes (consumers.md §0).
    private static let nameBytesMax = 255

    // MARK: - Create and update

    func createConsumer(
        _ subject: ConsumerCreateSubject,
        _ endpoint: JetStreamEndpoint,
        _ request: JetStreamRequest
    ) throws(APIError) {
        let parsed = try unsafe ConsumerCreateRequest(request.payload.span.bytes, strict: self.isStrict)
        let wanted = try parsed.checked(for: subject)
        try self.onStream(subject.stream, endpoint, request) { hosted, shard in
            hosted.enqueueChange(on: shard) { hosted, shard in
                do throws(APIError) {
                    try self.createConsumer(wanted, endpoint, request, of: hosted, on: shard)
                } catch {
                    self.refuse(request, endpoint, error, from: hosted, on: shard)
                    hosted.endChange(on: shard)
                }
            }
        }
    }

    private func createConsumer(
        _ wanted: ConsumerCreateRequest,
        _ endpoint: JetStreamEndpoint,
        _ request: JetStreamRequest,
        of hosted: HostedStream,
        on shard: Shard
    ) throws(APIError) {
        let stream = hosted.stream
        var configuration = try wanted.configuration.normalised(
            stream: stream.configuration,
            limits: self.configurationLimits,
            pedantic: wanted.pedantic
        )
        if configuration.isPush {
            throw .consumerCreate("push consumers are not supported by this version of the server")
        }
        if configuration.priorityPolicy != .none {
            throw .consumerCreate("priority groups are not supported by this version of the server")
        }
        var name = configuration.name.isEmpty ? configuration.durableName : configuration.name
        if !name.isEmpty, let existing = stream.consumer(named: name) {
            switch wanted.action {
            case .create:
                guard
                    configuration.keepingPause(of: existing.configuration)
                        .isEquivalent(to: existing.configuration)
                else { throw .consumerAlreadyExists }
                self.answerCreated(existing, request, of: hosted, on: shard)
                hosted.endChange(on: shard)
            case .createOrUpdate, .update:
                if stream.configuration.retention == .workQueue {
                    let others = stream.consumerConfigurations.filter {
                        $0.name != existing.configuration.name
                    }
                    if configuration.sharesMessages(with: others) { throw .consumerWorkQueueNotUnique }
                }
                configuration = try configuration.updated(from: existing.configuration)
                self.saveConsumer(configuration, existing, endpoint, request, of: hosted, on: shard)
            }
            return
        }
        if wanted.action == .update { throw .consumerDoesNotExist }
        for most in [stream.configuration.maxConsumers, self.limits.maxConsumers] where most > 0 {
            if stream.consumerCount >= most { throw .maximumConsumersLimit }
        }
        if stream.configuration.retention == .workQueue {
            try configuration.checkWorkQueue(others: stream.consumerConfigurations)
        }
        if name.utf8.count > Self.nameBytesMax { throw .consumerNameTooLong(Self.nameBytesMax) }
        if name.isEmpty { name = hosted.makeConsumerName() }
        let created = shard.now
        let consumerName = name
        let settled = configuration
        guard hosted.catalogID != 0, !configuration.memoryStorage else {
            self.addConsumer(
                consumerName,
                settled,
                hosted.makeConsumerID(),
                created,
                request,
                of: hosted,
                on: shard
            )
            return
        }
        let record = ConsumerRecord(created: created, configuration: settled)
        let slot = hosted.handle.address.slot
        self.storage.createConsumer(record, named: name, of: hosted.catalogID, on: self.broker.disk) {
            result in
            shard.post(
                .call { shard in
                    guard let hosted = shard.streams[slot] else { return }
                    switch result {
                    case .success(let id):
                        self.addConsumer(consumerName, settled, id, created, request, of: hosted, on: shard)
                    case .failure(let failure):
                        let error = APIError.consumerStoreFailed(
                            "error creating store for consumer: \(failure)"
                        )
                        self.answer(request, endpoint.responseType.failure(error), from: hosted, on: shard)
                        hosted.endChange(on: shard)
                    }
                }
            )
        }
    }

    private func addConsumer(
        _ name: String,
        _ configuration: ConsumerConfiguration,
        _ id: ConsumerID,
        _ created: Timestamp,
        _ request: JetStreamRequest,
        of hosted: HostedStream,
        on shard: Shard
    ) {
        defer { hosted.endChange(on: shard) }
        guard
            let slot = hosted.stream.addConsumer(
                name: name,
                configuration: configuration,
                id: id,
                now: created
            ),
            let entry = hosted.stream.consumer(named: name)
        else {
            let error = APIError.consumerCreate("invalid filter subject")
            return self.answer(
                request,
                APIResponseType.consumerCreate.failure(error),
                from: hosted,
                on: shard
            )
        }
        hosted.listen(to: name, at: slot)
        self.answerCreated(entry, request, of: hosted, on: shard)
    }

    private func answerCreated(
        _ entry: StreamConsumer,
        _ request: JetStreamRequest,
        of hosted: HostedStream,
        on shard: Shard
    ) {
        let info = hosted.info(of: entry, on: shard)
        self.answer(request, APIResponse.consumerCreate(info).encoded(), from: hosted, on: shard)
    }

    private func saveConsumer(
        _ configuration: ConsumerConfiguration,
        _ entry: StreamConsumer,
        _ endpoint: JetStreamEndpoint,
        _ request: JetStreamRequest,
        of hosted: HostedStream,
        on shard: Shard
    ) {
        let slot = hosted.handle.address.slot
        let name = entry.name
        let finish: @Sendable (StoreError?) -> Void = { failure in
            shard.post(
                .call { shard in
                    guard let hosted = shard.streams[slot] else { return }
                    defer { hosted.endChange(on: shard) }
                    if let failure {
                        let error = APIError.consumerStoreFailed("\(failure)")
                        return self.answer(
                            request,
                            endpoint.responseType.failure(error),
                            from: hosted,
                            on: shard
                        )
                    }
                    hosted.stream.updateConsumer(named: name, to: configuration, now: shard.now)
                    guard let entry = hosted.stream.consumer(named: name) else { return }
                    if endpoint.responseType == .consumerPause {
                        self.answerPaused(configuration, request, of: hosted, on: shard)
                    } else {
                        self.answerCreated(entry, request, of: hosted, on: shard)
                    }
                }
            )
        }
        guard hosted.catalogID != 0, !configuration.memoryStorage else { return finish(nil) }
        self.storage.saveConsumer(
            ConsumerRecord(created: entry.created, configuration: configuration),
            named: name,
            of: hosted.catalogID,
            on: self.broker.disk,
            then: finish
        )
    }

    // MARK: - Delete

    /// Deletes a consumer that nobody used for too long.
    func deleteExpiredConsumer(_ name: String, of hosted: HostedStream, on shard: Shard) {
        hosted.enqueueChange(on: shard) { hosted, shard in
            self.removeConsumer(name, of: hosted, on: shard) { _, _ in }
        }
    }

    private func removeConsumer(
        _ name: String,
        of hosted: HostedStream,
        on shard: Shard,
        then: @escaping @Sendable (HostedStream, StoreError?) -> Void
    ) {
        guard let entry = hosted.stream.consumer(named: name) else {
            return hosted.endChange(on: shard)
        }
        let slot = hosted.handle.address.slot
        let finish: @Sendable (StoreError?) -> Void = { failure in
            shard.post(
                .call { shard in
                    guard let hosted = shard.streams[slot] else { return }
                    if failure == nil {
                        hosted.stopListening(to: name)
                        hosted.stream.removeConsumer(named: name)
                    }
                    then(hosted, failure)
                    shard.touch(hosted)
                    hosted.endChange(on: shard)
                }
            )
        }
        guard hosted.catalogID != 0, !entry.configuration.memoryStorage else { return finish(nil) }
        self.storage.deleteConsumer(named: name, of: hosted.catalogID, on: self.broker.disk, then: finish)
    }

    // MARK: - What is asked of consumers

    func performOnConsumers(_ endpoint: JetStreamEndpoint, _ request: JetStreamRequest) throws(APIError) {
        let payload = request.payload
        switch endpoint {
        case .consumerInfo(let stream, let consumer):
            try unsafe RequestBody.checkEmpty(payload.span.bytes)
            try self.onStream(stream, endpoint, request) { hosted, shard in
                guard let entry = hosted.stream.consumer(named: consumer) else {
                    return self.refuse(request, endpoint, .consumerNotFound, on: shard)
                }
                let info = hosted.info(of: entry, on: shard)
                self.answer(request, APIResponse.consumerInfo(info).encoded(), from: hosted, on: shard)
            }
        case .consumerNames(let stream):
            let list = try unsafe ConsumerListRequest(payload.span.bytes, strict: self.isStrict)
            try self.onStream(stream, endpoint, request) { hosted, shard in
                let names = hosted.stream.consumerNames
                let page = Page(total: names.count, offset: list.offset, limit: Page.namesMax)
                let response = APIResponse.consumerNames(Array(names[page.range]), page)
                self.answer(request, response.encoded(), from: hosted, on: shard)
            }
        case .consumerList(let stream):
            let list = try unsafe ConsumerListRequest(payload.span.bytes, strict: self.isStrict)
            try self.onStream(stream, endpoint, request) { hosted, shard in
                let names = hosted.stream.consumerNames
                let page = Page(total: names.count, offset: list.offset, limit: Page.infosMax)
                let infos = names[page.range]
                    .compactMap { name in
                        hosted.stream.consumer(named: name).map { hosted.info(of: $0, on: shard) }
                    }
                let response = APIResponse.consumerList(infos, page)
                self.answer(request, response.encoded(), from: hosted, on: shard)
            }
        case .consumerDelete(let stream, let consumer):
            try unsafe RequestBody.checkEmpty(payload.span.bytes)
            try self.onStream(stream, endpoint, request) { hosted, shard in
                hosted.enqueueChange(on: shard) { hosted, shard in
                    guard hosted.stream.consumer(named: consumer) != nil else {
                        self.refuse(request, endpoint, .consumerNotFound, on: shard)
                        return hosted.endChange(on: shard)
                    }
                    self.removeConsumer(consumer, of: hosted, on: shard) { hosted, failure in
                        let response =
                            failure.map { endpoint.responseType.failure(.consumerStoreFailed("\($0)")) }
                            ?? APIResponse.consumerDelete.encoded()
                        self.answer(request, response, from: hosted, on: shard)
                    }
                }
            }
        case .consumerPause(let stream, let consumer):
            let pause = try unsafe ConsumerPauseRequest(payload.span.bytes, strict: self.isStrict)
            try self.onStream(stream, endpoint, request) { hosted, shard in
                hosted.enqueueChange(on: shard) { hosted, shard in
                    guard let entry = hosted.stream.consumer(named: consumer) else {
                        self.refuse(request, endpoint, .consumerNotFound, on: shard)
                        return hosted.endChange(on: shard)
                    }
                    let configuration = entry.configuration.paused(until: pause.pauseUntil)
                    self.saveConsumer(configuration, entry, endpoint, request, of: hosted, on: shard)
                }
            }
        default: break
        }
    }

    private func answerPaused(
        _ configuration: ConsumerConfiguration,
        _ request: JetStreamRequest,
        of hosted: HostedStream,
        on shard: Shard
    ) {
        let remaining = configuration.pauseUntil.map { max(0, $0.nanoseconds(since: shard.now)) } ?? 0
        let response = APIResponse.consumerPause(
            until: configuration.pauseUntil,
            remaining: Nanoseconds(remaining)
        )
        self.answer(request, response.encoded(), from: hosted, on: shard)
    }
}
