/// What a consumer is asked to be; consumers.md §2.1.
///
/// A value as it came from a client says nothing about its being sound:
/// ``normalised(stream:limits:pedantic:)`` returns the form that is stored, or why there is none.
public struct ConsumerConfiguration: Hashable, Sendable {
    /// The name under which the consumer outlives its clients; empty for an ephemeral one.
    public var durableName = ""
    /// The name; empty for one that the server makes up.
    public var name = ""
    /// A description, at most 4096 bytes.
    public var description = ""
    /// Where to begin.
    public var deliverPolicy = DeliverPolicy.all
    /// The sequence to begin at; zero for none.
    public var startSequence = StreamSequence.zero
    /// The time to begin at.
    public var startTime: Timestamp?
    /// Which messages are acknowledged.
    public var ackPolicy = AckPolicy.none
    /// After how long a message without acknowledgement is delivered again.
    public var ackWait = Nanoseconds.zero
    /// How often a message is delivered at most; −1 for any number.
    public var maxDeliver = 0
    /// How long to wait for an acknowledgement at each delivery; the last one repeats.
    public var backoff: [Nanoseconds] = []
    /// Which subjects; empty for all, or for those of ``filterSubjects``.
    public var filterSubject = ""
    /// Which subjects, if several.
    public var filterSubjects: [String] = []
    /// How fast to send what was stored before.
    public var replayPolicy = ReplayPolicy.instant
    /// How fast to push, in bits per second; zero for no limit.
    public var rateLimit: UInt64 = 0
    /// How many percent of the acknowledgements are reported, as sent: `30` or `30%`; empty for none.
    public var sampleFrequency = ""
    /// How many pull requests may wait.
    public var maxWaiting = 0
    /// How many messages may be unacknowledged before delivery stops; −1 for any number.
    public var maxAckPending = 0
    /// Whether pushes are held back until the client answers flow control requests.
    public var flowControl = false
    /// Whether payloads are left out.
    public var headersOnly = false
    /// How many messages one pull request may ask for; zero for no limit.
    public var maxBatch = 0
    /// How long one pull request may live; zero for no limit.
    public var maxExpires = Nanoseconds.zero
    /// How many bytes one pull request may ask for; zero for no limit.
    public var maxBytes = 0
    /// Where to push to; empty for a pull consumer.
    public var deliverSubject = ""
    /// The queue group at ``deliverSubject``; empty for none.
    public var deliverGroup = ""
    /// How often to send a heartbeat when nothing else is pushed; zero for never.
    public var idleHeartbeat = Nanoseconds.zero
    /// After how long without clients the consumer is deleted; zero for never.
    public var inactiveThreshold = Nanoseconds.zero
    /// How many servers of a cluster keep a copy; zero for as many as the stream's.
    public var replicas = 0
    /// Whether the state is only in memory.
    public var memoryStorage = false
    /// Whether the consumer is internal: hidden from lists.
    public var direct = false
    /// Whether the consumer feeds a mirror or a source.
    public var sourcing = false
    /// Words of the user, and the server's own under `_nats.`; consumers.md §2.4.
    public var metadata: [String: String] = [:]
    /// Until when nothing is delivered.
    public var pauseUntil: Timestamp?
    /// The groups of clients; only the first counts.
    public var priorityGroups: [String] = []
    /// Who of the clients is served.
    public var priorityPolicy = PriorityPolicy.none
    /// How long a client stays pinned without asking.
    public var priorityTimeout = Nanoseconds.zero

    /// Makes a configuration in which everything has the value that an absent field has.
    public init() {}

    /// Whether the server delivers without being asked.
    public var isPush: Bool { !self.deliverSubject.isEmpty }

    /// Whether the consumer outlives its clients.
    public var isDurable: Bool { !self.durableName.isEmpty }

    /// All filters; empty for every subject.
    public var filters: [String] {
        self.filterSubject.isEmpty ? self.filterSubjects : [self.filterSubject]
    }

    /// How many percent of the acknowledgements are reported, 0 to 100.
    public var samplePercent: Int {
        let digits =
            self.sampleFrequency.last == "%" ? self.sampleFrequency.dropLast() : self.sampleFrequency[...]
        return min(max(Int(digits) ?? 0, 0), 100)
    }

    /// The lowest API level whose servers understand the configuration; consumers.md §2.4.
    public var requiredAPILevel: Int {
        if self.ackPolicy == .flowControl { return 4 }
        let hasPriority =
            self.priorityPolicy != .none || !self.priorityGroups.isEmpty
            || self.priorityTimeout != .zero
        return self.pauseUntil != nil || hasPriority ? 1 : 0
    }

    /// Whether both ask for the same, whatever the server's own metadata says.
    public func isEquivalent(to other: ConsumerConfiguration) -> Bool {
        self.withoutServerMetadata == other.withoutServerMetadata
    }

    private var withoutServerMetadata: ConsumerConfiguration {
        var configuration = self
        for key in ServerIdentity.ownKeys {
            configuration.metadata[key] = nil
        }
        return configuration
    }
}
