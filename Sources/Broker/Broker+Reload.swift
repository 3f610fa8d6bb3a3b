import Dispatch
import Logging
import NIOCore
import Synchronization

/// Taking over another configuration while clients are connected (core.md §4.6).
extension Broker {
    /// Takes over what may change while the server runs; the rest of `options` is what it was.
    ///
    /// The caller has compared them. Clients see the effects before this returns: those whose user is gone or belongs
    /// to another account are closed, those whose credentials are wrong now are told so, subscriptions that are not
    /// allowed any more end, and of clients beyond a limit some are closed.
    public func apply(_ options: ServerOptions) async {
        // Streams of accounts that have JetStream now are opened, which blocks: not on a thread of others.
        await withCheckedContinuation { done in
            DispatchQueue(label: "weir.reload")
                .async {
                    self.makeAccounts(options)
                    done.resume()
                }
        }
        let authenticator = Authenticator(options, accounts: self.accounts)
        self.authentication.withLock { $0 = authenticator }
        let interval = options.pingInterval
        let hasNewInterval = self.current.pingInterval != interval
        self.reloaded.withLock { $0 = options }
        self.maxPayload.store(options.maxPayload, ordering: .relaxed)
        // Whoever made the logger may have changed its level.
        self.isTracing.store(self.logger.logLevel <= .trace, ordering: .relaxed)
        self.renewInfo(port: self.listeningPort.load(ordering: .relaxed))
        let surplus = max(0, self.clientCount.load(ordering: .relaxed) - options.maxConnections)
        self.surplusClients.store(surplus, ordering: .relaxed)
        for shard in self.shards {
            try? await shard.loop
                .submit {
                    shard.dropsInsteadOfStalling = options.noFastProducerStall
                    for session in Array(shard.clients.values) {
                        session.readTracing()
                        if hasNewInterval { session.watchLiveness(first: interval, interval: interval) }
                        session.reconsider(authenticator)
                    }
                    shard.settle()
                }
                .get()
        }
    }

    /// What the server was told last: at its start, or by ``apply(_:)``.
    ///
    /// For what may change, and not for every message: the value is copied.
    public var current: ServerOptions { self.reloaded.withLock { $0 } }

    /// Whether the client that asks is one too many; it is closed then.
    func closesSurplus() -> Bool {
        if self.surplusClients.load(ordering: .relaxed) <= 0 { return false }
        return self.surplusClients.wrappingSubtract(1, ordering: .relaxed).oldValue > 0
    }
}
