import Logging
import NIOCore
import Synchronization
import WireProtocol

/// Leaving in order: clients are told, get time to go elsewhere, and are then closed one by one (core.md §1.12).
extension Broker {
    /// Whether the server is about to stop, and accepts no clients.
    public var isLameDuck: Bool { self.lameDuckCell.load(ordering: .relaxed) }

    /// Tells the clients, waits for the grace period, and closes them over the rest of the lame duck duration.
    ///
    /// Called once nobody listens any more. Returns when all clients are gone, at once if there are none, and early if
    /// the task is cancelled; the caller then shuts the server down. Streams are served up to then.
    ///
    /// A second call returns at once.
    public func enterLameDuck() async {
        let entered = self.lameDuckCell.compareExchange(expected: false, desired: true, ordering: .relaxed)
        guard entered.exchanged else { return }
        self.logger.info("Entering lame duck mode, stop accepting new clients")
        if self.clientCount.load(ordering: .relaxed) == 0 { return }
        let info = self.makeLameDuckInfo()
        for shard in self.shards {
            shard.post(
                .call { shard in
                    for session in Array(shard.clients.values) { session.announceLameDuck(info) }
                }
            )
        }
        let grace = max(0, self.options.lameDuckGracePeriod)
        guard await Self.pause(grace) else { return }
        self.logger.info("Closing existing clients")
        await self.closeOneByOne(within: max(0, self.options.lameDuckDuration - grace))
    }

    /// Closes every client that there is, the last one after `duration` nanoseconds at the latest.
    private func closeOneByOne(within duration: Int64) async {
        var clients: [(shard: Shard, id: UInt64)] = []
        for shard in self.shards {
            let ids = try? await shard.loop.submit { Array(shard.clients.keys) }.get()
            clients += (ids ?? []).map { (shard, $0) }
        }
        clients.shuffle()
        // Not longer than needed: a second between two is enough for any.
        let interval = min(duration / Int64(max(1, clients.count)), 1_000_000_000)
        for (index, client) in clients.enumerated() {
            client.shard.post(.call { shard in shard.clients[client.id]?.leave() })
            // Not all at the same distance, so that they do not come back to the next server in step.
            if index == clients.count - 1 || interval == 0 { continue }
            guard await Self.pause(.random(in: interval / 2...interval)) else { return }
        }
        for shard in self.shards { _ = try? await shard.loop.submit {}.get() }
    }

    /// Waits; false if the task was cancelled.
    private static func pause(_ nanoseconds: Int64) async -> Bool {
        do {
            try await Task.sleep(for: .nanoseconds(nanoseconds))
            return true
        } catch {
            return false
        }
    }
}
