import NIOCore
import StreamEngine
import StreamModel
import StreamStore
import Subjects
import Synchronization

/// The streams of one account, and the API by which they are managed.
///
/// Confined to the loop of its *home*, the first shard: which streams exist is decided there, one change at a time.
/// What concerns a single stream happens on that stream's shard.
final class JetStreamAccount: @unchecked Sendable {
    // Unchecked: touched on the home loop only, but for the constants and the counters, which are atomic.

    /// What the account knows of one of its streams.
    struct Entry {
        /// Where it lives.
        let handle: StreamHandle
        /// Its number in the catalogue.
        let catalogID: UInt64
        /// When it was created.
        let created: Timestamp
        /// Its configuration, normalised.
        var configuration: StreamConfiguration
    }

    /// The account.
    let account: Account
    /// What all accounts share.
    unowned let server: JetStream
    /// The server.
    unowned let broker: Broker

    var entries: StreamTable
    /// Streams whose store could not be opened.
    var unavailable: [String] {
        get { self.unavailableCell.withLock { $0 } }
        set { self.unavailableCell.withLock { $0 = newValue } }
    }
    /// Bytes of the account's streams, and the most there may be.
    let usage = StorageUsage()
    let requests = Atomic<UInt64>(0)
    let failures = Atomic<UInt64>(0)
    private let unavailableCell = Mutex<[String]>([])
    private let limitsCell = Mutex<AccountLimits?>(nil)
    private var isChanging = false
    private var waitingChanges: [() -> Void] = []

    /// What streams may ask for in this version.
    static let supportedFeatures: Set<StreamFeature> = [.workQueueRetention, .asyncPersistence, .compression]

    init(account: Account, server: JetStream, broker: Broker) {
        self.account = account
        self.server = server
        self.broker = broker
        self.entries = StreamTable(seed: broker.hashSeed)
    }

    /// Whether the account has JetStream; without, its requests are answered with an error.
    var isEnabled: Bool { self.limitsCell.withLock { $0 != nil } }

    /// What the account may use; without JetStream, no limits.
    var limits: AccountLimits { self.limitsCell.withLock { $0 ?? AccountLimits() } }

    /// Sets what the account may use; nil for no JetStream at all.
    func set(_ options: AccountOptions.JetStreamLimits?) {
        let limits = options.map { AccountLimits($0) }
        self.limitsCell.withLock { $0 = limits }
        self.usage.set(memory: options?.maxMemory, storage: options?.maxStorage)
    }

    /// What the server and the account allow of each stream and consumer.
    var configurationLimits: ConfigurationLimits {
        ConfigurationLimits(server: self.broker.current.streamLimits, account: self.limits)
    }

    /// Whether requests with fields that nobody knows are refused.
    var isStrict: Bool { self.broker.options.strictRequests }

    var storage: JetStreamStorage { self.server.storage }
    var home: Shard { self.broker.shards[0] }
    var leader: String { self.broker.options.serverName ?? self.broker.serverID }

    // MARK: - Requests

    /// Takes a request, on any loop.
    func receive(_ request: JetStreamRequest) {
        self.home.post(.call { shard in self.handle(request, on: shard) })
    }

    private func handle(_ request: JetStreamRequest, on shard: Shard) {
        guard let endpoint = request.endpoint else { return }
        self.requests.wrappingAdd(1, ordering: .relaxed)
        self.server.requests.wrappingAdd(1, ordering: .relaxed)
        if !request.isLevelSatisfied { return self.refuse(request, endpoint, .requiredAPILevel, on: shard) }
        guard self.isEnabled else { return self.refuseAll(request, endpoint, on: shard) }
        do throws(APIError) {
            try self.perform(endpoint, request, on: shard)
        } catch {
            self.refuse(request, endpoint, error, on: shard)
        }
    }

    private func perform(
        _ endpoint: JetStreamEndpoint,
        _ request: JetStreamRequest,
        on shard: Shard
    ) throws(APIError) {
        switch endpoint {
        case .accountInfo: self.answerAccountInfo(request)
        case .streamNames: try self.answerNames(request, on: shard)
        case .streamList: try self.answerList(request)
        case .streamCreate, .streamUpdate, .streamDelete: try self.enqueueChange(endpoint, request)
        case .refused(_, let error): throw error
        case .streamPurge: try self.purgeStream(endpoint, request)
        case .streamInfo, .messageGet, .messageDelete: try self.performOnStream(endpoint, request)
        case .consumerCreate(let subject): try self.createConsumer(subject, endpoint, request)
        case .consumerInfo, .consumerNames, .consumerList, .consumerDelete, .consumerPause:
            try self.performOnConsumers(endpoint, request)
        }
    }

    /// Answers with an error.
    func refuse(
        _ request: JetStreamRequest,
        _ endpoint: JetStreamEndpoint,
        _ error: APIError,
        on shard: Shard
    ) {
        self.noteFailure()
        self.respond(request, endpoint.responseType.failure(error), on: shard)
    }

    /// Counts a request that failed.
    func noteFailure() {
        self.failures.wrappingAdd(1, ordering: .relaxed)
        self.server.failures.wrappingAdd(1, ordering: .relaxed)
    }

    /// Answers that the account has no JetStream; in the system account not in the endpoint's own form
    /// (streams.md §1.6).
    private func refuseAll(_ request: JetStreamRequest, _ endpoint: JetStreamEndpoint, on shard: Shard) {
        guard self.account.isSystem, endpoint != .accountInfo else {
            return self.refuse(request, endpoint, .notEnabledForAccount, on: shard)
        }
        self.noteFailure()
        self.respond(request, APIResponseType.system.failure(.notEnabledForAccount), on: shard)
    }

    /// Sends an answer that depends on no stream's unsynced state.
    func respond(_ request: JetStreamRequest, _ payload: [UInt8], on shard: Shard) {
        if request.reply.isEmpty { return }
        let reply = request.reply
        unsafe shard.publish(
            in: shard.view(of: self.account),
            route: reply.span.bytes,
            subject: reply.span.bytes,
            reply: RawSpan(),
            headers: RawSpan(),
            payload: payload.span.bytes,
            sizeText: RawSpan(),
            origin: nil
        )
    }

    // MARK: - One change at a time

    private func enqueueChange(_ endpoint: JetStreamEndpoint, _ request: JetStreamRequest) throws(APIError) {
        guard self.waitingChanges.count < self.broker.options.requestQueueLimit else {
            throw .insufficientResources
        }
        self.waitingChanges.append { self.change(endpoint, request) }
        self.startNextChange()
    }

    private func startNextChange() {
        while !self.isChanging, !self.waitingChanges.isEmpty {
            let change = self.waitingChanges.removeFirst()
            self.isChanging = true
            change()
        }
    }

    /// Removes all streams, one after the other, behind the changes that wait already.
    ///
    /// Called on the home loop. Nobody is told when that is done.
    func removeStreams() {
        for entry in self.entries.values {
            let name = entry.handle.name
            self.waitingChanges.append { self.change(.streamDelete(name), JetStreamRequest()) }
        }
        self.startNextChange()
    }

    /// Lets the next change begin.
    func endChange() {
        self.isChanging = false
        self.startNextChange()
    }

    private func change(_ endpoint: JetStreamEndpoint, _ request: JetStreamRequest) {
        do throws(APIError) {
            switch endpoint {
            case .streamCreate(let name): try self.createStream(name, endpoint, request)
            case .streamUpdate(let name): try self.updateStream(name, endpoint, request)
            case .streamDelete(let name): try self.deleteStream(name, endpoint, request)
            default: self.endChange()
            }
        } catch {
            self.refuse(request, endpoint, error, on: self.home)
            self.endChange()
        }
    }

    // MARK: - The account as a whole

    private func answerAccountInfo(_ request: JetStreamRequest) {
        // The request itself is not counted yet (streams.md §1.6).
        let requests = self.requests.load(ordering: .relaxed) - 1
        let failures = self.failures.load(ordering: .relaxed)
        let account = self.account
        self.gather { shard in
            var usage = Usage()
            for hosted in shard.streams.all where hosted.view.account === account { usage.add(hosted.stream) }
            return [usage]
        } then: { usages in
            var info = AccountInfo()
            for usage in usages {
                info.memory += usage.memory
                info.storage += usage.storage
                info.consumers += usage.consumers
            }
            info.streams = self.entries.count
            for entry in self.entries.values where entry.configuration.maxBytes > 0 {
                switch entry.configuration.storage {
                case .file: info.reservedStorage += UInt64(entry.configuration.maxBytes)
                case .memory: info.reservedMemory += UInt64(entry.configuration.maxBytes)
                }
            }
            info.limits = self.limits
            info.requests = requests
            info.failedRequests = failures
            self.respond(request, APIResponse.accountInfo(info).encoded(), on: self.home)
        }
    }

    private struct Usage: Sendable {
        var memory: UInt64 = 0
        var storage: UInt64 = 0
        var consumers = 0

        mutating func add(_ stream: StreamEngine.Stream) {
            switch stream.configuration.storage {
            case .file: self.storage += stream.store.state.bytes
            case .memory: self.memory += stream.store.state.bytes
            }
            self.consumers += stream.consumerCount
        }
    }

    private func answerNames(_ request: JetStreamRequest, on shard: Shard) throws(APIError) {
        let list = try unsafe StreamListRequest(request.payload.span.bytes, strict: self.isStrict)
        let names = self.entries.values.filter { list.matches($0.configuration) }.map(\.handle.name).sorted()
        let page = Page(total: names.count, offset: list.offset, limit: Page.namesMax)
        self.respond(request, APIResponse.streamNames(Array(names[page.range]), page).encoded(), on: shard)
    }

    private func answerList(_ request: JetStreamRequest) throws(APIError) {
        let list = try unsafe StreamListRequest(request.payload.span.bytes, strict: self.isStrict)
        let names = self.entries.values.filter { list.matches($0.configuration) }.map(\.handle.name).sorted()
        let page = Page(total: names.count, offset: list.offset, limit: Page.infosMax)
        let wanted = Set(names[page.range])
        let account = self.account
        self.gather { shard in
            var infos: [StreamInfo] = []
            let now = shard.now
            for hosted in shard.streams.all {
                if hosted.view.account === account, wanted.contains(hosted.handle.name) {
                    infos.append(hosted.stream.info(state: hosted.stream.state().state, leader: "", now: now))
                }
            }
            return infos
        } then: { infos in
            let sorted = infos.sorted { $0.configuration.name < $1.configuration.name }
            self.respond(request, APIResponse.streamList(sorted, page).encoded(), on: self.home)
        }
    }

    /// Asks every shard, and continues at home with what all of them said.
    private func gather<Value: Sendable>(
        _ ask: @escaping @Sendable (Shard) -> [Value],
        then: @escaping @Sendable ([Value]) -> Void
    ) {
        let gathering = Gathering<Value>(left: self.broker.shards.count)
        let home = self.home
        for shard in self.broker.shards {
            shard.post(
                .call { shard in
                    let values = ask(shard)
                    home.post(
                        .call { _ in
                            gathering.values += values
                            gathering.left -= 1
                            if gathering.left == 0 { then(gathering.values) }
                        }
                    )
                }
            )
        }
    }

    private final class Gathering<Value>: @unchecked Sendable {
        // Unchecked: touched on the home loop only, once it is made.
        var values: [Value] = []
        var left: Int

        init(left: Int) { self.left = left }
    }
}
