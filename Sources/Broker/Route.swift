import Subjects
import Synchronization

/// Where messages of one subject go, resolved for one event loop.
///
/// The entries point at objects of that loop only (``OutboundStage``), so that counting references never
/// makes two cores fight over a cache line.
final class Route {
    /// One client subscription.
    ///
    /// Nothing in it is counted: a copy costs nothing, and delivering touches no reference count.
    @safe
    struct Entry {
        /// Kept alive by `subscriptions`.
        let subscription: Unmanaged<Subscription>
        /// Kept alive by the connection, which the subscription keeps alive.
        let stage: Unmanaged<OutboundStage>
        let sid: SubscriptionID
        let connectionID: UInt64

        /// Whether the client is still there.
        var isOpen: Bool {
            unsafe self.stage._withUnsafeGuaranteedRef { stage in
                unsafe stage.connection._withUnsafeGuaranteedRef { $0.isOpen.load(ordering: .relaxed) }
            }
        }

        /// How many more messages the subscription takes.
        var remaining: Int { unsafe self.subscription._withUnsafeGuaranteedRef { $0.remaining } }
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
    /// The one entry of `plain`, where there is nothing else; the case of every inbox.
    private(set) var only: Entry?

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
            let entry = unsafe Entry(
                subscription: .passUnretained(subscription),
                stage: .passUnretained(connection.stages[shard]),
                sid: SubscriptionID(sid),
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
        let isAlone = self.plain.count == 1 && self.groups.isEmpty && self.services.isEmpty
        self.only = isAlone ? self.plain[0] : nil
    }

    /// Drops the general API handler where only a specific one may answer (streams.md §1.1).
    func keepSpecificServicesOnly() {
        self.services.removeAll { if case .api = $0 { true } else { false } }
    }
}
