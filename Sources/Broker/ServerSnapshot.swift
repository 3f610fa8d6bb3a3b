import NIOCore
import StreamEngine
public import StreamModel
import StreamStore
import Synchronization

/// What the server is, has counted and holds at one time, for whoever watches it.
///
/// Each loop is asked in turn, so that the parts are of slightly different times.
public struct ServerSnapshot: Sendable {
    /// The server's id.
    public let serverID: String
    /// The server's name; its id if none was given.
    public let serverName: String
    /// What it was told at its start.
    public let options: ServerOptions
    /// The port that clients connect to; 0 before the server listens.
    public let port: Int
    /// When the server was made.
    public let start: Timestamp
    /// When the snapshot was taken.
    public let now: Timestamp
    /// Clients connected now.
    public let connections: Int
    /// Clients that ever connected, those turned away included.
    public let totalConnections: UInt64
    /// Subscriptions, internal ones included.
    public let subscriptions: Int
    /// Accounts that may have streams.
    public let jetStreamAccounts: Int
    /// Streams and what they hold; nil when JetStream is off.
    public fileprivate(set) var streams: StreamTotals?

    /// Messages that clients published.
    public fileprivate(set) var messagesIn = 0
    /// Their headers and payloads, in bytes.
    public fileprivate(set) var bytesIn = 0
    /// Copies handed to clients.
    public fileprivate(set) var messagesOut = 0
    /// Their headers and payloads, in bytes.
    public fileprivate(set) var bytesOut = 0
    /// Clients cut off because they did not read.
    public fileprivate(set) var slowConsumers = 0
    /// Clients cut off because they did not answer PINGs.
    public fileprivate(set) var staleConnections = 0
    /// How often the reading of a client was paused because somebody it published to was behind.
    public fileprivate(set) var stalls = 0

    /// The sums over all streams.
    public struct StreamTotals: Sendable {
        /// The number of streams.
        public fileprivate(set) var count = 0
        /// The number of consumers.
        public fileprivate(set) var consumers = 0
        /// Messages stored now.
        public fileprivate(set) var messages: UInt64 = 0
        /// Bytes of memory streams.
        public fileprivate(set) var memory: UInt64 = 0
        /// Bytes of file streams.
        public fileprivate(set) var storage: UInt64 = 0
        /// The `max_bytes` of all memory streams that have one.
        public fileprivate(set) var reservedMemory: UInt64 = 0
        /// The `max_bytes` of all file streams that have one.
        public fileprivate(set) var reservedStorage: UInt64 = 0
        /// Requests to the API that were counted.
        public fileprivate(set) var requests: UInt64 = 0
        /// How many of them failed.
        public fileprivate(set) var failedRequests: UInt64 = 0
        /// A stream that takes no writes, if there is one.
        public fileprivate(set) var frozen: FrozenStream?
        /// Streams that take no writes.
        public fileprivate(set) var frozenCount = 0
        /// Whether the disk is full, so that no messages are taken.
        public fileprivate(set) var isDiskFull = false
        /// Streams whose store could not be opened; nobody is served from them.
        public fileprivate(set) var unavailable: [String] = []
        /// Streams in which damaged records were met, at the start or since.
        public fileprivate(set) var damagedStreams = 0
        /// Damaged records met, at the start or since.
        public fileprivate(set) var damagedRecords: UInt64 = 0
        /// Streams whose index was made again from their log at the start.
        public fileprivate(set) var rebuiltIndexes = 0
        /// The indexes whose files are open.
        public fileprivate(set) var index = IndexTotals()

        /// No streams at all.
        public init() {}
    }

    /// A stream whose store takes no writes.
    public struct FrozenStream: Sendable {
        /// The stream's name.
        public let name: String
        /// Why its store takes no writes.
        public let reason: String

        /// Makes the value.
        public init(name: String, reason: String) {
            self.name = name
            self.reason = reason
        }
    }

    fileprivate mutating func add(_ counters: Counters) {
        self.messagesIn += counters.messagesIn
        self.bytesIn += counters.bytesIn
        self.messagesOut += counters.messagesOut
        self.bytesOut += counters.bytesOut
        self.slowConsumers += counters.slowConsumers
        self.staleConnections += counters.staleConnections
        self.stalls += counters.stalls
    }
}

extension ServerSnapshot.StreamTotals {
    fileprivate mutating func add(_ other: Self) {
        self.count += other.count
        self.consumers += other.consumers
        self.messages += other.messages
        self.memory += other.memory
        self.storage += other.storage
        self.reservedMemory += other.reservedMemory
        self.reservedStorage += other.reservedStorage
        self.frozen = self.frozen ?? other.frozen
        self.frozenCount += other.frozenCount
        self.damagedStreams += other.damagedStreams
        self.damagedRecords += other.damagedRecords
        self.rebuiltIndexes += other.rebuiltIndexes
        self.index.add(other.index)
    }

    fileprivate mutating func add(_ hosted: HostedStream) {
        let state = hosted.stream.store.state
        let configuration = hosted.stream.configuration
        let reserved = UInt64(max(0, configuration.maxBytes))
        self.count += 1
        self.consumers += hosted.stream.consumerCount
        self.messages += state.messages
        switch configuration.storage {
        case .file:
            self.storage += state.bytes
            self.reservedStorage += reserved
        case .memory:
            self.memory += state.bytes
            self.reservedMemory += reserved
        }
        if let reason = state.frozen {
            self.frozen = self.frozen ?? ServerSnapshot.FrozenStream(name: hosted.handle.name, reason: reason)
            self.frozenCount += 1
        }
        if let use = hosted.indexUse {
            self.index.add(
                IndexTotals(
                    open: 1,
                    pages: use.pages,
                    pagesMax: use.pagesMax,
                    readers: use.readers,
                    oldestReaderAge: use.oldestReaderAge
                )
            )
        }
        guard let health = hosted.health else { return }
        let damaged = health.damagedReads + health.recovery.damagedRecords
        self.damagedRecords += damaged
        if damaged > 0 { self.damagedStreams += 1 }
        if health.recovery.rebuiltIndex { self.rebuiltIndexes += 1 }
    }
}

extension Broker {
    /// Takes a snapshot: asks one loop after the other, and each for a few streams at a time.
    ///
    /// A loop that has ended is left out. To be called between the start and the end of the server.
    public func snapshot() async -> ServerSnapshot {
        var snapshot = ServerSnapshot(
            serverID: self.serverID,
            serverName: self.options.serverName ?? self.serverID,
            options: self.current,
            port: self.listeningPort.load(ordering: .relaxed),
            start: self.started,
            now: self.clock(),
            connections: self.clientCount.load(ordering: .relaxed),
            totalConnections: self.clientIDs.load(ordering: .relaxed),
            subscriptions: self.interest().count,
            jetStreamAccounts: self.jetStreamAccountNames.count
        )
        var totals = ServerSnapshot.StreamTotals()
        for shard in self.shards {
            let walk = ShardWalk(shard)
            guard let counters = try? await shard.loop.submit({ walk.begin() }).get() else { continue }
            snapshot.add(counters)
            while let part = try? await shard.loop.submit({ walk.next() }).get() { totals.add(part) }
        }
        if let jetStream = self.jetStream {
            totals.isDiskFull = jetStream.room?.isFull ?? false
            totals.unavailable = jetStream.unavailable.sorted()
            totals.requests = jetStream.requests.load(ordering: .relaxed)
            totals.failedRequests = jetStream.failures.load(ordering: .relaxed)
            snapshot.streams = totals
        }
        return snapshot
    }
}

/// Adds up the streams of one shard in slices, between which the loop has other work.
private final class ShardWalk: @unchecked Sendable {
    // Unchecked: touched on the shard's loop only, once it is made.

    private let shard: Shard
    /// Slots, not streams: a stream that is deleted meanwhile must not be asked for its store.
    private var left: ArraySlice<Slot> = []

    /// Streams that are asked in one go; one may have to read the time of its first message from its log.
    private static let sliceMax = 64

    init(_ shard: Shard) { self.shard = shard }

    /// Notes which streams there are, and returns what the loop has counted.
    func begin() -> Counters {
        self.left = self.shard.streams.all.filter { !$0.isSilent }.map(\.handle.address.slot)[...]
        return self.shard.counters
    }

    /// The sums over the next few streams; nil after the last.
    func next() -> ServerSnapshot.StreamTotals? {
        guard !self.left.isEmpty else { return nil }
        var totals = ServerSnapshot.StreamTotals()
        for slot in self.left.prefix(Self.sliceMax) {
            if let hosted = self.shard.streams[slot] { totals.add(hosted) }
        }
        self.left = self.left.dropFirst(Self.sliceMax)
        return totals
    }
}
