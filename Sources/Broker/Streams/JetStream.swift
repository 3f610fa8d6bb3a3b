import Logging
import NIOCore
import StreamEngine
import StreamModel
import StreamStore
import Synchronization

/// The streams of all accounts: their store on the disk, and what they share.
final class JetStream: @unchecked Sendable {
    // Unchecked: `room` is set before the server listens; the rest is constant, atomic or behind its lock.

    /// The server's storage.
    let storage: JetStreamStorage
    /// What happens when the disk is full.
    ///
    /// Set before the server listens, nil before that.
    private(set) var room: DiskRoom?
    /// Requests to the API of all accounts that were counted.
    let requests = Atomic<UInt64>(0)
    /// How many of them failed.
    let failures = Atomic<UInt64>(0)
    /// What all accounts use together.
    let usage: StorageUsage

    private unowned let broker: Broker
    private let isOpen = Atomic<Bool>(false)
    /// Streams that the catalogue lists, and whose account is not there or has no JetStream.
    private let leftAlone = Mutex<[CatalogStream]>([])

    init(storage: JetStreamStorage, broker: Broker) {
        self.storage = storage
        self.broker = broker
        self.usage = StorageUsage()
        self.usage.set(memory: broker.options.maxMemoryStore, storage: broker.options.maxFileStore)
    }

    /// The accounts that have streams, or may.
    var accounts: [JetStreamAccount] { self.broker.accounts.all.compactMap(\.jetStream) }

    /// Streams whose store could not be opened.
    var unavailable: [String] { self.accounts.flatMap(\.unavailable) }

    // MARK: Accounts

    /// Sets what `account` may use of JetStream: nothing if `limits` is nil.
    ///
    /// The default account has JetStream without limits as long as there are no others; then it has none, as elsewhere
    /// (core.md §3.6). The system account never has any. Blocks while streams are opened that were left alone, and while
    /// those of an account that has none any more are brought to rest.
    func configure(
        _ account: Account,
        _ limits: AccountOptions.JetStreamLimits?,
        _ options: ServerOptions
    ) {
        let own: JetStreamAccount
        if let known = account.jetStream {
            own = known
        } else {
            own = JetStreamAccount(account: account, server: self, broker: self.broker)
            account.jetStream = own
            _ = account.interest.add(pattern: Array("$JS.API.>".utf8), target: .api(own))
        }
        var allowed = account.isSystem ? nil : limits
        if account.name == Account.defaultName,
            options.accounts.allSatisfy({ $0.name == options.systemAccount })
        {
            allowed = limits ?? AccountOptions.JetStreamLimits()
        }
        let wasEnabled = own.isEnabled
        let isOpen = self.isOpen.load(ordering: .relaxed)
        if allowed != nil, !wasEnabled, isOpen {
            // Before requests are served: a stream must not be made that is there already.
            let listed = self.leftAlone.withLock { streams in
                let mine = streams.filter { $0.account == account.name }
                streams.removeAll { $0.account == account.name }
                return mine
            }
            if !listed.isEmpty { _ = own.restore(listed) }
            own.serve(true)
        }
        own.set(allowed)
        if allowed == nil, wasEnabled, isOpen { own.serve(false) }
    }

    // MARK: Life

    /// Opens the store and puts the streams of all accounts to work.
    ///
    /// Blocks; called before the server listens. A stream that cannot be opened is reported and left alone.
    func open() throws(StoreError) {
        let logger = self.broker.logger
        let start = self.broker.clock()
        let listed = try self.storage.open(randomBytes: (0..<16).map { _ in UInt8.random(in: 0...255) })
        self.openRoom()
        logger.info("Starting JetStream")
        logger.info("  Store Directory: \"\(self.broker.options.storeDirectory ?? "")\"")
        var messages: UInt64 = 0
        var streams = 0
        for account in self.accounts where account.isEnabled {
            messages += account.restore(listed.filter { $0.account == account.account.name })
            streams += account.entries.count
        }
        self.leaveAlone(listed)
        self.isOpen.store(true, ordering: .relaxed)
        let milliseconds = self.broker.clock().nanoseconds(since: start) / 1_000_000
        logger.info("  Restored \(messages) messages in \(streams) streams in \(milliseconds) ms")
    }

    private func leaveAlone(_ listed: [CatalogStream]) {
        let enabled = Set(self.accounts.filter(\.isEnabled).map(\.account.name))
        let left = listed.filter { !enabled.contains($0.account) }
        for stream in left {
            let reason =
                self.broker.account(named: stream.account) == nil
                ? "no such account" : "JetStream is not enabled for it"
            self.broker.logger.warning(
                "Stream '\(stream.name)' of account '\(stream.account)' is left alone: \(reason)"
            )
        }
        self.leftAlone.withLock { $0 = left }
    }

    /// Sets room aside for the day the disk is full.
    private func openRoom() {
        guard let reserve = self.storage.reserve else { return }
        let room = DiskRoom(reserve: reserve, disk: self.broker.disk, logger: self.broker.logger)
        room.open(loop: self.broker.shards[0].loop)
        self.room = room
    }

    /// Tells waiting requests, writes everything, and closes the store.
    func close() async {
        for shard in self.broker.shards {
            _ = try? await shard.loop
                .submit {
                    for hosted in shard.streams.all {
                        hosted.stream.terminateWaiting(.serverShutdown)
                        shard.touch(hosted)
                    }
                    shard.settle()
                }
                .get()
        }
        // Clients get a moment to read the last answers before their sockets close.
        try? await Task.sleep(for: .milliseconds(50))
        for shard in self.broker.shards { _ = try? await shard.loop.submit { shard.closeClients() }.get() }
        var isBusy = true
        while isBusy {
            self.broker.disk.drain()
            isBusy = false
            for shard in self.broker.shards {
                let busy = try? await shard.loop.submit { shard.hasWorkOnDisk }.get()
                if busy == true { isBusy = true }
            }
        }
        for shard in self.broker.shards {
            _ = try? await shard.loop
                .submit {
                    for hosted in shard.streams.all { hosted.close(logger: self.broker.logger) }
                    // The files are let go with the stores, so that another server may open them.
                    shard.streams = SlotTable()
                }
                .get()
        }
        self.storage.close()
    }
}
