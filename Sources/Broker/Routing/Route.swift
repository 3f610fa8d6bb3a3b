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
        /// Whether its subscription says of each message whether it is delivered.
        let isGuarded: Bool

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

    /// Everything a route leads to.
    struct Fan {
        fileprivate(set) var subscriptions: [Subscription] = []
        fileprivate(set) var plain: [Entry] = []
        fileprivate(set) var groups: [Group] = []
        fileprivate(set) var services: [Target] = []
        /// The one entry of `plain`, where there is nothing else; the case of every inbox.
        fileprivate(set) var only: Entry?
        /// Whether nobody is interested.
        fileprivate(set) var isEmpty = true
    }

    /// What messages look at, one after another; see ``LoopCell`` for why it is in one.
    let fan = LoopCell(Fan())
    /// The generation of the interest for which it holds; nil: it is resolved anew for each message.
    let generation: UInt64?

    /// A route of one generation of the interest, or of one message.
    init(generation: UInt64?) { self.generation = generation }

    /// Whether it stays as it is while the interest does.
    var isLasting: Bool { self.generation != nil }

    /// Resolves `subscriptions` for the event loop of `shard`.
    func resolve(_ subscriptions: [Subscription], shard: Int) {
        self.resolve(subscriptions, shard: shard, into: &self.fan.value)
    }

    private func resolve(_ subscriptions: [Subscription], shard: Int, into fan: inout Fan) {
        fan.subscriptions.removeAll(keepingCapacity: true)
        fan.plain.removeAll(keepingCapacity: true)
        fan.groups.removeAll(keepingCapacity: true)
        fan.services.removeAll(keepingCapacity: true)
        fan.subscriptions.append(contentsOf: subscriptions)
        for subscription in subscriptions {
            guard case .client(let connection, let sid) = subscription.target else {
                fan.services.append(subscription.target)
                continue
            }
            let entry = unsafe Entry(
                subscription: .passUnretained(subscription),
                stage: .passUnretained(connection.stages[shard]),
                sid: SubscriptionID(sid),
                connectionID: connection.id,
                isGuarded: subscription.delivery != nil
            )
            if subscription.queue.isEmpty {
                fan.plain.append(entry)
            } else if let index = fan.groups.firstIndex(where: { $0.name == subscription.queue }) {
                fan.groups[index].members.append(entry)
            } else {
                fan.groups.append(Group(name: subscription.queue, members: [entry]))
            }
        }
        let others = !fan.groups.isEmpty || !fan.services.isEmpty
        fan.only = fan.plain.count == 1 && !others ? fan.plain[0] : nil
        fan.isEmpty = fan.plain.isEmpty && !others
    }

    /// Drops the general API handler where only a specific one may answer (streams.md §1.1).
    func keepSpecificServicesOnly() {
        self.fan.value.services.removeAll { if case .api = $0 { true } else { false } }
        let fan = self.fan.value
        self.fan.value.isEmpty = fan.plain.isEmpty && fan.groups.isEmpty && fan.services.isEmpty
    }
}
