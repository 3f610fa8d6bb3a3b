/// Which clients are asked for, in which order, and how much of each (core.md §5.1, `/connz`).
public struct ClientQuery: Sendable {
    /// Whether clients are there.
    public enum State: Sendable {
        /// Those that are there.
        case open
        /// Those that are gone.
        case closed
        /// Both.
        case all
    }

    /// What clients are ordered by.
    public enum Order: String, Sendable, CaseIterable {
        case id = "cid"
        case start
        case subscriptions = "subs"
        case pending
        case messagesTo = "msgs_to"
        case messagesFrom = "msgs_from"
        case bytesTo = "bytes_to"
        case bytesFrom = "bytes_from"
        case lastActivity = "last"
        case idle
        case uptime
        case end = "stop"
        case reason
        case roundTrip = "rtt"
    }

    /// Whether clients are there.
    public var state = State.open
    /// What they are ordered by.
    public var order = Order.id
    /// The one client asked for; nil: all.
    public var id: UInt64?
    /// The account whose clients are asked for; nil: all.
    public var account: String?
    /// The user whose connections are asked for; nil: all.
    public var user: String?
    /// A subject or pattern that one of a client's subscriptions must match; nil: any.
    public var filterSubject: String?
    /// Whether subscriptions are wanted.
    public var wantsSubscriptions = false
    /// How many are left out at the start.
    public var offset = 0
    /// How many are wanted at the most.
    public var limit = 1024

    /// All clients that are there, the first page of them.
    public init() {}
}

/// What a ``ClientQuery`` found.
public struct ClientPage: Sendable {
    /// Whether the account asked for exists.
    public var isAccountKnown = true
    /// The number of clients in the state asked for, in the account asked for.
    public var total = 0
    /// Those of the page, in the order asked for.
    public var clients: [ClientSnapshot] = []
}
