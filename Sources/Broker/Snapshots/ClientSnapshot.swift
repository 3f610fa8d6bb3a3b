import NIOCore
public import StreamModel
import Synchronization
import WireProtocol

/// A client, or one that is gone, at one time.
public struct ClientSnapshot: Sendable {
    /// Messages, and their headers and payloads in bytes.
    public struct Traffic: Sendable, Equatable {
        /// The number of messages.
        public var messages = 0
        /// Their headers and payloads, in bytes.
        public var bytes = 0

        /// No traffic.
        public init() {}

        /// Adds what `other` counted.
        public static func += (one: inout Self, other: Self) {
            one.messages += other.messages
            one.bytes += other.bytes
        }
    }

    /// The client id.
    public var id: UInt64
    /// The account's name.
    public var account: String
    /// The peer's address; empty where there is none.
    public var host: String
    /// The peer's port; 0 where there is none.
    public var port: Int
    /// When it came.
    public var start: Timestamp
    /// When it last sent something or was sent something.
    public var lastActivity: Timestamp
    /// When it went, and why; nil while it is there.
    public var end: (time: Timestamp, reason: CloseReason)?
    /// The way there and back in nanoseconds; 0 if that is not known.
    public var roundTrip: Int64 = 0
    /// Bytes that wait at its socket.
    public var pendingBytes = 0
    /// What it published.
    public var received = Traffic()
    /// What it was sent.
    public var sent = Traffic()
    /// How often its reading was paused for others to catch up.
    public var stalls = 0
    /// The number of its subscriptions.
    public var subscriptionCount = 0
    /// The name it gave itself.
    public var name = ""
    /// The language of its library.
    public var language = ""
    /// The version of its library.
    public var version = ""
    /// As whom it authenticated, or said to be in vain; empty if nobody asked.
    public var user = ""
    /// Its subscriptions, where they were asked for.
    public var subscriptions: [SubscriptionSnapshot] = []

    /// A client of which nothing but its place is known.
    public init(id: UInt64, account: String, host: String, port: Int, start: Timestamp) {
        self.id = id
        self.account = account
        self.host = host
        self.port = port
        self.start = start
        self.lastActivity = start
    }
}

extension ClientSession {
    /// The client as it is now, but for its subscriptions and for what other loops sent it.
    func snapshot() -> ClientSnapshot {
        let activity = self.activity.value
        var client = ClientSnapshot(
            id: self.connection.id,
            account: self.view.account.name,
            host: self.host,
            port: activity.address?.port ?? 0,
            start: activity.start
        )
        let direct = Timestamp(nanoseconds: self.connection.lastDirectWrite.load(ordering: .relaxed))
        client.lastActivity = max(activity.last, direct)
        client.roundTrip = activity.roundTrip
        client.received.messages = activity.messagesIn
        client.received.bytes = activity.bytesIn
        client.stalls = activity.stalls
        client.subscriptionCount = self.subscriptions.count
        client.name = self.options.name
        client.language = self.options.lang
        client.version = self.options.version
        client.user = self.shownUser
        if let waiting = try? self.connection.channel.syncOptions?.getOption(.bufferedWritableBytes) {
            client.pendingBytes = waiting
        }
        return client
    }

    /// As whom the client is shown, or who it said to be before it was sent away: never a password or a token.
    var shownUser: String { self.login.user?.name ?? self.options.user }
}
