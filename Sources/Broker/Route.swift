import Subjects

/// Where messages of one subject go, resolved for one event loop.
///
/// The entries point at objects of that loop only (``OutboundStage``), so that counting references never
/// makes two cores fight over a cache line.
final class Route {
    /// One client subscription.
    struct Entry {
        /// Kept alive by `subscriptions`.
        unowned(unsafe) let subscription: Subscription
        /// Kept alive by the connection, which the subscription keeps alive.
        unowned(unsafe) let stage: OutboundStage
        let sid: [UInt8]
        let connectionID: UInt64
    }

    /// The members of one queue group.
    struct Group {
        let name: [UInt8]
        var members: [Entry]
    }

    private(set) var subscriptions: [Subscription] = []
    private(set) var plain: [Entry] = []
    private(set) var groups: [Group] = []
    private(set) var services: [Target] = []

    /// Whether nobody is interested.
    var isEmpty: Bool { self.plain.isEmpty && self.groups.isEmpty && self.services.isEmpty }

    /// Resolves `subscriptions` for the event loop of `shard`.
    func resolve(_ subscriptions: [Subscription], shard: Int) {
        self.subscriptions.removeAll(keepingCapacity: true)
        self.plain.removeAll(keepingCapacity: true)
        self.groups.removeAll(keepingCapacity: true)
        self.services.removeAll(keepingCapacity: true)
        self.subscriptions.append(contentsOf: subscriptions)
        for subscription in subscriptions {
            guard case .client(let connection, let sid) = subscription.target else {
                self.services.append(subscription.target)
                continue
            }
            let entry = Entry(
                subscription: subscription,
                stage: connection.stages[shard],
                sid: sid,
                connectionID: connection.id
            )
            if subscription.queue.isEmpty {
                self.plain.append(entry)
            } else if let index = self.groups.firstIndex(where: { $0.name == subscription.queue }) {
                self.groups[index].members.append(entry)
            } else {
                self.groups.append(Group(name: subscription.queue, members: [entry]))
            }
        }
    }

    /// Drops the general API handler where only a specific one may answer (streams.md §1.1).
    func keepSpecificServicesOnly() {
        self.services.removeAll { if case .api = $0 { true } else { false } }
    }
}
