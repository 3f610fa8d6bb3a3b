import Subjects
import Synchronization

/// Who wants which subjects of one account: the table that all event loops share.
///
/// Publishing looks into a ``RouteCache`` first, which is valid for one ``generation`` of this table; only a miss
/// takes the lock. Nothing but the table is touched while it is held.
final class Interest: Sendable {
    private struct Table {
        var trie: SubjectTrie
        var subscriptions: [Subscription?] = []
        var free: [UInt32] = []
        /// Client subscriptions that could see an acknowledgement; while there are none, routes of
        /// acknowledgements may be cached by consumer instead of by subject.
        var acknowledgementWatchers = 0
        var scratch: [UInt32] = []
        /// How often a loop had to ask.
        var matches: UInt64 = 0
    }

    private let table: Mutex<Table>
    private let generationCounter = Atomic<UInt64>(1)
    private static let acknowledgements = SubjectPattern("$JS.ACK.>")

    init(seed: UInt64) { self.table = Mutex(Table(trie: SubjectTrie(seed: seed))) }

    /// Changes whenever a subscription comes or goes.
    var generation: UInt64 { self.generationCounter.load(ordering: .acquiring) }

    /// Lets every remembered route be looked up anew.
    func invalidate() { self.generationCounter.wrappingAdd(1, ordering: .releasing) }

    /// The number of subscriptions, internal ones included.
    var count: Int { self.table.withLock { $0.subscriptions.count - $0.free.count } }

    /// What the table holds and did.
    var snapshot: InterestSnapshot {
        self.table.withLock { table in
            var snapshot = InterestSnapshot()
            snapshot.count = table.subscriptions.count - table.free.count
            // Each change moves the generation, which begins at one, by one.
            let changes = self.generation - 1
            let count = UInt64(snapshot.count)
            snapshot.inserts = changes < count ? count : (changes + count) / 2
            snapshot.removes = snapshot.inserts - count
            snapshot.matches = table.matches
            return snapshot
        }
    }

    /// Some of the subscriptions: those at the places from `start` on, and where to go on; nil after the last.
    func slice(from start: Int, limit: Int) -> (subscriptions: [Subscription], next: Int?) {
        self.table.withLock { table in
            let end = min(start + limit, table.subscriptions.count)
            guard start < end else { return ([], nil) }
            let next = end < table.subscriptions.count ? end : nil
            return (table.subscriptions[start..<end].compactMap(\.self), next)
        }
    }

    /// Adds a subscription.
    ///
    /// `pattern` must be valid for subscriptions. It goes on from where `predecessor` was, which is ended.
    func add(
        pattern: [UInt8],
        queue: [UInt8] = [],
        target: Target,
        delivery: DeliveryGuard? = nil,
        after predecessor: Subscription? = nil
    ) -> Subscription {
        let watches = Self.watchesAcknowledgements(pattern, target)
        let subscription = self.table.withLock { table in
            let key = table.free.popLast() ?? UInt32(table.subscriptions.count)
            let subscription = Subscription(
                key: key,
                pattern: pattern,
                queue: queue,
                target: target,
                delivery: delivery
            )
            predecessor?.handOver(to: subscription)
            if Int(key) == table.subscriptions.count {
                table.subscriptions.append(subscription)
            } else {
                table.subscriptions[Int(key)] = subscription
            }
            _ = unsafe table.trie.insert(pattern.span.bytes, value: key)
            if watches { table.acknowledgementWatchers += 1 }
            return subscription
        }
        self.generationCounter.wrappingAdd(1, ordering: .releasing)
        return subscription
    }

    /// Removes a subscription; a second call has no effect.
    func remove(_ subscription: Subscription) {
        let watches = Self.watchesAcknowledgements(subscription.pattern, subscription.target)
        let removed = self.table.withLock { table in
            guard table.subscriptions[Int(subscription.key)] === subscription else { return false }
            let pattern = subscription.pattern
            _ = unsafe table.trie.remove(pattern.span.bytes, value: subscription.key)
            table.subscriptions[Int(subscription.key)] = nil
            table.free.append(subscription.key)
            if watches { table.acknowledgementWatchers -= 1 }
            return true
        }
        if removed { self.generationCounter.wrappingAdd(1, ordering: .releasing) }
    }

    /// Whether any subscription matches `subject`.
    func hasMatch(_ subject: RawSpan) -> Bool { self.table.withLock { $0.trie.hasMatch(subject) } }

    /// What ``match(_:into:)`` says beside the subscriptions.
    struct Match {
        /// The generation they belong to.
        var generation: UInt64
        /// Whether the route of an acknowledgement depends on its consumer alone.
        var sharesAcknowledgements: Bool
        /// Whether subjects that differ in their last token alone have the same subscriptions.
        var isLastTokenFree: Bool
    }

    /// Appends the subscriptions that match `subject`.
    func match(_ subject: RawSpan, into matches: inout [Subscription]) -> Match {
        // Read first: a change in between makes the result newer than its label, never older.
        let generation = self.generation
        return self.table.withLock { table in
            table.matches += 1
            table.scratch.removeAll(keepingCapacity: true)
            table.trie.match(subject, into: &table.scratch)
            for key in table.scratch {
                if let subscription = table.subscriptions[Int(key)] { matches.append(subscription) }
            }
            return Match(
                generation: generation,
                sharesAcknowledgements: table.acknowledgementWatchers == 0,
                isLastTokenFree: table.trie.isLastTokenFree
            )
        }
    }

    private static func watchesAcknowledgements(_ pattern: [UInt8], _ target: Target) -> Bool {
        guard case .client = target, let mine = SubjectPattern(pattern), let acks = Self.acknowledgements
        else {
            return false
        }
        return mine.overlaps(acks)
    }
}
