public import StreamModel
public import Subjects

/// What a consumer's configuration says, translated once into the form that each message needs.
///
/// Values are normalised and checked (consumers.md §1.3) before they come here. Times are nanoseconds.
public struct ConsumerPolicy: Sendable, Hashable {
    /// Where a new consumer starts (consumers.md §2.2).
    public enum Start: Sendable, Hashable {
        /// At the first stored message.
        case all
        /// At the last matching message.
        case last
        /// With the last message of each matching subject.
        case lastPerSubject
        /// After what is stored.
        case new
        /// At that sequence, also if it lies in the future.
        case sequence(StreamSequence)
        /// At the first message stored at or after that time.
        case time(Timestamp)
    }

    /// What settles a delivered message.
    public enum Acknowledgement: Sendable, Hashable {
        /// Its delivery.
        case none
        /// Its own acknowledgement or that of a later one.
        case all
        /// Its own acknowledgement.
        case explicit
        /// A flow-control reply at or after it; push only.
        case flowControl
    }

    /// How pull requests of several clients share a consumer (consumers.md §3.7).
    public enum Priority: Sendable, Hashable {
        /// In turn.
        case none
        /// Some only while there is enough to do.
        case overflow
        /// One client at a time.
        case pinnedClient
        /// The most important first.
        case prioritized
    }

    /// Whether clients pull; otherwise messages are pushed.
    public var isPull = true
    /// Which messages are delivered.
    public var filter = SubjectFilter.all
    /// Where it started.
    public var start = Start.all
    /// What settles a delivered message.
    public var acknowledgement = Acknowledgement.explicit
    /// How long a message may stay unacknowledged.
    public var ackWait: Int64 = 30_000_000_000
    /// How long after its first, second, … delivery, the last value repeating; empty: always ``ackWait``.
    public var backoff: [Int64] = []
    /// The most deliveries of one message; nil: no limit.
    public var maxDeliver: UInt32?
    /// The most unacknowledged messages before new ones wait; nil: no limit.
    public var maxAckPending: Int?
    /// The most waiting pull requests.
    public var maxWaiting = 512
    /// The largest batch that may be asked for; nil: any.
    public var maxBatch: Int64?
    /// The longest lifetime that may be asked for; nil: any.
    public var maxExpires: Int64?
    /// The largest byte budget that may be asked for; nil: any.
    public var maxBytes: Int64?
    /// Whether payloads are replaced by their size.
    public var headersOnly = false
    /// Whether stored messages are delivered at the pace at which they came.
    public var replaysOriginalPace = false
    /// Percentage of acknowledgements that are reported.
    public var sampleFrequency = 0
    /// How long nobody may use it before it is deleted; nil: for ever.
    public var inactiveThreshold: Int64?
    /// Until when nothing is delivered.
    public var pauseUntil: Timestamp?
    /// How pull requests of several clients share it.
    public var priority = Priority.none
    /// The priority groups that a request may name.
    public var priorityGroups: [[UInt8]] = []
    /// Whether its progress is written to the journal.
    public var isPersistent = true

    /// Makes the policy of a durable pull consumer with explicit acknowledgement and without limits.
    public init() {}

    /// Whether delivered messages await an acknowledgement.
    @inlinable
    public var awaitsAcknowledgement: Bool { self.acknowledgement != .none }

    /// Whether the subjects of its acknowledgements are listened to (consumers.md §3.2).
    @inlinable
    public var servesAcknowledgements: Bool {
        self.acknowledgement == .explicit || self.acknowledgement == .all
    }

    /// When a message is due again that was delivered for the `deliveries`th time at `now`.
    func deadline(after deliveries: UInt32, at now: Int64) -> Int64 {
        if self.acknowledgement == .flowControl { return .max }
        let wait: Int64
        if self.backoff.isEmpty {
            wait = self.ackWait
        } else {
            wait = self.backoff[min(Int(max(1, deliveries)) - 1, self.backoff.count - 1)]
        }
        return Timestamp(rawValue: now).advanced(byNanoseconds: wait).rawValue
    }
}
