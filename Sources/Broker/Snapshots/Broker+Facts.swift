public import StreamModel
import Synchronization

/// Short facts for whoever watches the server.
extension Broker {
    /// Work that waits between threads.
    public struct Queue: Sendable {
        /// What waits.
        public let name: String
        /// How many pieces of it.
        public let pending: Int
    }

    /// What an account's JetStream did and may use.
    public struct JetStreamUsage: Sendable {
        /// Bytes of streams in memory.
        public var memory = 0
        /// Bytes of streams in files.
        public var storage = 0
        /// Bytes that streams in memory may have; the largest number stands for no limit.
        public var memoryLimit = UInt64.max
        /// Bytes that streams in files may have; the largest number stands for no limit.
        public var storageLimit = UInt64.max
        /// Requests to the API that were counted.
        public var requests: UInt64 = 0
        /// How many of them failed.
        public var failedRequests: UInt64 = 0
    }

    /// The time, by the server's clock.
    public var now: Timestamp { self.clock() }

    /// What the server was told at its start.
    public var settings: ServerOptions { self.options }

    /// The server's name; its id if none was given.
    public var serverName: String { self.options.serverName ?? self.serverID }

    /// Names of the accounts that may have streams.
    public var jetStreamAccountNames: [String] {
        self.watchedAccounts.filter { self.hasJetStream($0) }.map(\.name)
    }

    /// What the account of that name did with JetStream, and may use of it.
    public func jetStreamUsage(of account: String) -> JetStreamUsage {
        var usage = JetStreamUsage()
        guard let jetStream = self.account(named: account)?.jetStream else { return usage }
        let limits = jetStream.limits
        if limits.maxMemory >= 0 { usage.memoryLimit = UInt64(limits.maxMemory) }
        if limits.maxStorage >= 0 { usage.storageLimit = UInt64(limits.maxStorage) }
        usage.memory = jetStream.usage.bytes(.memory)
        usage.storage = jetStream.usage.bytes(.file)
        usage.requests = jetStream.requests.load(ordering: .relaxed)
        usage.failedRequests = jetStream.failures.load(ordering: .relaxed)
        return usage
    }

    /// The subject mappings of the account of that name.
    public func mappings(of account: String) -> [MappingOptions] {
        if account == Account.defaultName { return self.options.mappings }
        return self.options.accounts.first { $0.name == account }?.mappings ?? []
    }

    /// Work that waits for the event loops.
    public var queues: [Queue] {
        self.shards.map { Queue(name: "Loop \($0.index) letters", pending: $0.waitingLetters) }
    }
}
