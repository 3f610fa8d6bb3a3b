/// What a stream is asked to be; streams.md §3.2.
///
/// A value as it came from a client says nothing about its being sound:
/// ``normalised(limits:pedantic:origin:)`` returns the form that is stored, or why there is none.
public struct StreamConfiguration: Hashable, Sendable {
    /// The name: 1 to 255 bytes, no blank, `.`, `*`, `>`, `/` or `\`.
    public var name: String
    /// A description, at most 4096 bytes.
    public var description = ""
    /// The subjects that are captured.
    public var subjects: [String]
    /// When messages are let go.
    public var retention = RetentionPolicy.limits
    /// How many consumers there may be; −1 for any number.
    public var maxConsumers: Int = 0
    /// How many messages are kept; −1 for any number.
    public var maxMessages: Int64 = 0
    /// How many bytes are kept, counted by streams.md §8.4; −1 for any number.
    public var maxBytes: Int64 = 0
    /// How long messages are kept; zero for ever.
    public var maxAge = Nanoseconds.zero
    /// How many messages of one subject are kept; −1 for any number.
    public var maxMessagesPerSubject: Int64 = 0
    /// How large a message, headers and payload, may be in bytes; −1 for any size.
    public var maxMessageSize: Int32 = 0
    /// What a full stream does.
    public var discard = DiscardPolicy.old
    /// Where messages are kept.
    public var storage = StorageType.file
    /// How many servers of a cluster keep a copy.
    public var replicas: Int = 0
    /// Whether publishers get no answer.
    public var noAck = false
    /// How long message ids are remembered; zero for not at all.
    public var duplicateWindow = Nanoseconds.zero
    /// On which servers to live.
    public var placement: Placement?
    /// The stream that this one copies exactly.
    public var mirror: StreamSource?
    /// The streams whose messages are appended to this one.
    public var sources: [StreamSource] = []
    /// How files are compressed.
    public var compression = StreamCompression.none
    /// The sequence of the first message of a new stream; zero for the usual 1.
    public var firstSequence = StreamSequence.zero
    /// How subjects are renamed before storing.
    public var subjectTransform: SubjectTransform?
    /// Where copies of stored messages are published.
    public var republish: Republish?
    /// Whether direct gets are answered.
    public var allowDirect = false
    /// Whether direct gets for the mirrored stream are answered.
    public var mirrorDirect = false
    /// Whether `discard: new` holds for each subject.
    public var discardNewPerSubject = false
    /// Whether nothing may change any more.
    public var sealed = false
    /// Whether single messages cannot be deleted by request.
    public var denyDelete = false
    /// Whether the stream cannot be purged.
    public var denyPurge = false
    /// Whether the header `Nats-Rollup` is obeyed.
    public var allowRollup = false
    /// Defaults and caps for consumers.
    public var consumerLimits = ConsumerLimits()
    /// Whether the header `Nats-TTL` is obeyed.
    public var allowMessageTTL = false
    /// How long a marker stays for a subject that aged out; zero for no marker.
    public var subjectDeleteMarkerTTL = Nanoseconds.zero
    /// Whether messages are increments of counters.
    public var allowMessageCounter = false
    /// Whether atomic batches are taken.
    public var allowAtomicPublish = false
    /// Whether message schedules are run.
    public var allowMessageSchedules = false
    /// When messages are acknowledged.
    public var persistMode = PersistMode.default
    /// Whether fast batches are taken.
    public var allowBatchedPublish = false
    /// Words of the user, and the server's own under `_nats.`; streams.md §3.13.
    public var metadata: [String: String] = [:]

    /// Makes a configuration in which everything else has the value that an absent field has.
    public init(name: String = "", subjects: [String] = []) {
        self.name = name
        self.subjects = subjects
    }

    /// Whether the stream copies other streams, as a mirror or from sources.
    public var isCopy: Bool { self.mirror != nil || !self.sources.isEmpty }

    /// The names of streams of the same account that are copied.
    public var origins: [String] {
        ([self.mirror].compactMap { $0 } + self.sources).filter { $0.external == nil }.map(\.name)
    }

    /// Whether some subject could be captured by this stream and by one that captures `subjects`.
    public func overlaps(subjects: [String]) -> Bool {
        self.subjects.contains { own in subjects.contains { SubjectRelation.overlap(own, $0) } }
    }
}
