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
    /// The most subscriptions of all its clients together.
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
    func takeConnection() -> Bool { Self.take(self.connections, self.maxConnections) }

    /// Whether there are more clients than there may be now.
    var isOverConnections: Bool {
        self.connections.load(ordering: .relaxed) > self.maxConnections.load(ordering: .relaxed)
    }

    /// Counts one client less.
    func giveConnection() { self.connections.wrappingSubtract(1, ordering: .relaxed) }

    /// Counts one more subscription, unless there are too many.
    func takeSubscription() -> Bool { Self.take(self.subscriptions, self.maxSubscriptions) }

    /// Counts subscriptions that ended.
    func giveSubscriptions(_ count: Int) { self.subscriptions.wrappingSubtract(count, ordering: .relaxed) }

    private static func take(_ used: borrowing Atomic<Int>, _ limit: borrowing Atomic<Int>) -> Bool {
        if used.wrappingAdd(1, ordering: .relaxed).newValue <= limit.load(ordering: .relaxed) { return true }
        used.wrappingSubtract(1, ordering: .relaxed)
        return false
    }

    private static func limit(_ value: Int?) -> Int {
        guard let value, value >= 0 else { return .max }
        return value
    }
}
