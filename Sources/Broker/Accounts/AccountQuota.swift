import Synchronization

/// What the clients of an account use together, and may use (core.md §3.6); `.max` stands for no limit.
///
/// A reload changes the limits; what is used already stays.
final class AccountQuota: Sendable {
    /// Clients connected now.
    let connections = Atomic<Int>(0)
    /// Subscriptions of its clients now.
    let subscriptions = Atomic<Int>(0)
    /// The most clients.
    let maxConnections = Atomic<Int>(.max)
    /// The most subscriptions of one of its clients.
    let maxSubscriptions = Atomic<Int>(.max)
    /// The largest payload with its headers, in bytes.
    let maxPayload = Atomic<Int>(.max)

    /// Sets the limits; what is negative or nil limits nothing.
    func set(_ options: AccountOptions?) {
        self.maxConnections.store(Self.limit(options?.maxConnections), ordering: .relaxed)
        self.maxSubscriptions.store(Self.limit(options?.maxSubscriptions), ordering: .relaxed)
        self.maxPayload.store(Self.limit(options?.maxPayload), ordering: .relaxed)
    }

    /// Counts one more client, unless there are too many.
    func takeConnection() -> Bool {
        let most = self.maxConnections.load(ordering: .relaxed)
        if self.connections.wrappingAdd(1, ordering: .relaxed).newValue <= most { return true }
        self.giveConnection()
        return false
    }

    /// Whether there are more clients than there may be now.
    var isOverConnections: Bool {
        self.connections.load(ordering: .relaxed) > self.maxConnections.load(ordering: .relaxed)
    }

    /// Counts one client less.
    func giveConnection() { self.connections.wrappingSubtract(1, ordering: .relaxed) }

    /// Counts one more subscription.
    func takeSubscription() { self.subscriptions.wrappingAdd(1, ordering: .relaxed) }

    /// Counts subscriptions that ended.
    func giveSubscriptions(_ count: Int) { self.subscriptions.wrappingSubtract(count, ordering: .relaxed) }

    private static func limit(_ value: Int?) -> Int {
        guard let value, value >= 0 else { return .max }
        return value
    }
}
