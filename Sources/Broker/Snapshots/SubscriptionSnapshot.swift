/// A subscription at one time.
public struct SubscriptionSnapshot: Sendable {
    /// The account's name.
    public var account: String
    /// The pattern as subscribed.
    public var subject: String
    /// The queue group; empty for a plain subscription.
    public var queue: String
    /// The id the client gave it; the server's own have a number.
    public var id: String
    /// Messages handed to it.
    public var delivered: UInt64
    /// Deliveries after which it ends; nil for never.
    public var limit: UInt64?
    /// The client's id; 0 for the server's own.
    public var clientID: UInt64

    init(_ subscription: Subscription, account: String) {
        self.account = account
        self.subject = String(decoding: subscription.pattern, as: UTF8.self)
        self.queue = String(decoding: subscription.queue, as: UTF8.self)
        self.delivered = subscription.delivered
        self.limit = subscription.limit
        if case .client(let connection, let sid) = subscription.target {
            self.id = String(decoding: sid, as: UTF8.self)
            self.clientID = connection.id
        } else {
            self.id = String(subscription.key)
            self.clientID = 0
        }
    }
}
