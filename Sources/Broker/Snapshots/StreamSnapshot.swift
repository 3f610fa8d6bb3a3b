import NIOCore
import StreamEngine
public import StreamModel
import StreamStore

/// A stream at one time.
public struct StreamSnapshot: Sendable {
    /// A consumer at one time.
    public struct Consumer: Sendable {
        /// What INFO says of it.
        public var info: ConsumerInfo
        /// How long ago the oldest message was stored that it has not settled, in nanoseconds; nil where that was not
        /// asked for, 0 if it has settled all.
        public var lag: Int64?
    }

    /// The account's name.
    public var account: String
    /// What INFO says of it.
    public var info: StreamInfo
    /// Its consumers by name, ascending; empty where they were not asked for.
    public var consumers: [Consumer] = []
    /// Damaged records met, at the start or since.
    public var damagedRecords: UInt64
    /// Why it takes no writes; nil if it does.
    public var frozen: String?
}

/// Which streams are asked for, and how much of each.
public struct StreamQuery: Sendable {
    /// The account whose streams are asked for; nil: all.
    public var account: String?
    /// Whether consumers are wanted.
    public var wantsConsumers = false
    /// Whether it is wanted how far behind in time consumers are: that may read a message of each.
    public var wantsLag = false
    /// The most streams and consumers together; what is beyond is left out.
    public var limit = Int.max

    /// All streams without their consumers.
    public init() {}
}

extension Broker {
    /// Finds streams, by account and name.
    ///
    /// Each loop is asked for a few streams and consumers at a time. To be called between the start and the end of the
    /// server.
    public func streams(_ query: StreamQuery) async -> [StreamSnapshot] {
        var found: [StreamSnapshot] = []
        var left = query.limit
        for shard in self.shards {
            let walk = StreamWalk(shard, query)
            guard (try? await shard.loop.submit({ walk.begin() }).get()) != nil else { continue }
            while left > 0, let part = try? await shard.loop.submit({ walk.next() }).get() {
                for stream in part {
                    left -= 1 + stream.consumers.count
                    // A stream with many consumers comes in several parts.
                    if let last = found.indices.last, found[last].account == stream.account,
                        found[last].info.configuration.name == stream.info.configuration.name
                    {
                        found[last].consumers += stream.consumers
                    } else {
                        found.append(stream)
                    }
                }
            }
        }
        return found.sorted {
            ($0.account, $0.info.configuration.name) < ($1.account, $1.info.configuration.name)
        }
    }
}

/// Describes the streams of one shard in slices, between which the loop has other work.
private final class StreamWalk: @unchecked Sendable {
    // Unchecked: touched on the shard's loop only, once it is made.

    private let shard: Shard
    private let query: StreamQuery
    /// Slots, not streams: one that is deleted meanwhile must not be asked for its store.
    private var left: ArraySlice<Slot> = []
    /// Consumers of the first stream of `left` that are still to be described.
    private var names: ArraySlice<String>?

    /// Streams and consumers that are described in one go.
    private static let sliceMax = 64

    init(_ shard: Shard, _ query: StreamQuery) {
        self.shard = shard
        self.query = query
    }

    /// Notes which streams there are.
    func begin() {
        self.left =
            self.shard.streams.all
            .filter {
                !$0.isSilent && (self.query.account == nil || self.query.account == $0.view.account.name)
            }
            .sorted { $0.handle.name < $1.handle.name }
            .map(\.handle.address.slot)[...]
    }

    /// The next few; nil after the last.
    func next() -> [StreamSnapshot]? {
        guard !self.left.isEmpty else { return nil }
        let now = self.shard.now
        var found: [StreamSnapshot] = []
        var budget = Self.sliceMax
        while budget > 0, let slot = self.left.first {
            guard let hosted = self.shard.streams[slot] else {
                self.left.removeFirst()
                self.names = nil
                continue
            }
            var snapshot = hosted.snapshot(leader: self.leader, now: now)
            budget -= 1
            if self.query.wantsConsumers {
                let names = self.names ?? hosted.stream.consumerNames[...]
                for name in names.prefix(budget) {
                    guard let entry = hosted.stream.consumer(named: name) else { continue }
                    let info = hosted.info(of: entry, on: self.shard)
                    let lag = self.query.wantsLag ? hosted.lag(of: entry, info, now: now) : nil
                    snapshot.consumers.append(.init(info: info, lag: lag))
                }
                self.names = names.dropFirst(budget)
                budget -= min(budget, names.count)
            }
            found.append(snapshot)
            if self.names?.isEmpty ?? true {
                self.left.removeFirst()
                self.names = nil
            }
        }
        return found
    }

    private var leader: String { self.shard.broker.options.serverName ?? self.shard.broker.serverID }
}

extension HostedStream {
    fileprivate func snapshot(leader: String, now: Timestamp) -> StreamSnapshot {
        let health = self.health
        return StreamSnapshot(
            account: self.view.account.name,
            info: self.stream.info(state: self.stream.state().state, leader: leader, now: now),
            damagedRecords: health.map { $0.damagedReads + $0.recovery.damagedRecords } ?? 0,
            frozen: self.stream.store.state.frozen
        )
    }

    /// How long ago the oldest message was stored that the consumer has not settled, in nanoseconds.
    fileprivate func lag(of entry: StreamConsumer, _ info: ConsumerInfo, now: Timestamp) -> Int64 {
        if info.pendingCount == 0, info.ackPendingCount == 0 { return 0 }
        let settled = info.ackPendingCount > 0 ? info.ackFloor.stream : info.delivered.stream
        let store = self.stream.store
        guard let sequence = store.next(from: settled.next, matching: entry.consumer.policy.filter),
            let time = self.stream.storedTime(of: sequence)
        else { return 0 }
        return max(0, now.nanoseconds(since: time))
    }
}
