public import StreamModel

/// How a stream's files are used.
public struct FileStoreOptions: Sendable {
    /// The sixteen bytes that tell this stream's files from every other's: random, never used again.
    public var streamID: [UInt8]
    /// What an acknowledgement waits for; not `memory`.
    public var durability: StoreDurability
    /// The length of a segment in bytes.
    public var segmentBytes: Int
    /// Limits under which old messages make room.
    public var limits: StoreLimits
    /// How long a message id is remembered, in nanoseconds; zero: never.
    public var duplicateWindow: Int64
    /// The sequence of the first message of a new store; zero stands for 1.
    public var firstSequence: StreamSequence
    /// The directory for what could not be understood; it is made if missing.
    ///
    /// Its parent exists.
    public var quarantine: String
    /// Address space reserved for the index, in bytes; it doubles when it is full.
    public var indexMapBytes: Int
    /// When a checkpoint is wanted.
    public var checkpoint: CheckpointPolicy
    /// Whether full segments are compressed.
    public var compresses: Bool
    /// How files are encrypted; nil: new ones are not, and those that are cannot be opened.
    public var encryption: StoreEncryption?

    /// Makes options.
    ///
    /// - Precondition: `streamID` has sixteen bytes.
    public init(
        streamID: [UInt8],
        quarantine: String,
        durability: StoreDurability = .sync,
        segmentBytes: Int = 64 << 20,
        limits: StoreLimits = StoreLimits(),
        duplicateWindow: Int64 = 0,
        firstSequence: StreamSequence = .zero,
        indexMapBytes: Int = 4 << 30,
        checkpoint: CheckpointPolicy = CheckpointPolicy(),
        compresses: Bool = false,
        encryption: StoreEncryption? = nil
    ) {
        precondition(streamID.count == 16, "a stream id has sixteen bytes")
        precondition(durability != .memory, "a store in files is more durable than memory")
        self.streamID = streamID
        self.durability = durability
        self.segmentBytes = segmentBytes
        self.limits = limits
        self.duplicateWindow = duplicateWindow
        self.firstSequence = firstSequence
        self.quarantine = quarantine
        self.indexMapBytes = indexMapBytes
        self.checkpoint = checkpoint
        self.compresses = compresses
        self.encryption = encryption
    }
}

/// When enough has gathered in memory for a checkpoint: whichever is reached first.
public struct CheckpointPolicy: Sendable, Equatable {
    /// So many messages.
    public var messages: Int
    /// So many bytes of memory and journal.
    public var bytes: Int
    /// So many nanoseconds between the first and the newest message, if there are ``busyMessages`` at least.
    public var age: Int64
    /// What ``age`` is for: fewer messages are replayed faster than a checkpoint is written.
    public var busyMessages: Int
    /// So many nanoseconds between the first and the newest message, however few.
    public var idleAge: Int64

    /// Makes the policy.
    public init(
        messages: Int = 100_000,
        bytes: Int = 64 << 20,
        age: Int64 = 2_000_000_000,
        busyMessages: Int = 4_096,
        idleAge: Int64 = 60_000_000_000
    ) {
        self.messages = messages
        self.bytes = bytes
        self.age = age
        self.busyMessages = busyMessages
        self.idleAge = idleAge
    }
}

/// A store just opened, and what was found.
public struct OpenedStore {
    /// The store.
    public var store: FileStreamStore
    /// What recovery found.
    public var report: StoreReport
    /// How far each consumer was.
    public var consumers: [ConsumerID: RecoveredConsumer]
}

/// What opening a store found.
public struct StoreReport: Sendable, Equatable {
    /// Messages read past the checkpoint.
    public var replayedMessages: UInt64 = 0
    /// Journal entries applied.
    public var replayedEntries: UInt64 = 0
    /// Damaged places in log and journal that were passed over.
    public var damagedRecords: UInt64 = 0
    /// Sequences that were stored and can no longer be read.
    public var lostSequences: UInt64 = 0
    /// Segments with stored messages whose file is missing.
    public var missingSegments = 0
    /// What was moved or copied to quarantine: names in that directory.
    public var quarantined: [String] = []
    /// Whether the index was missing or not usable and was made again from the log.
    public var rebuiltIndex = false
    /// Bytes of unfinished writes that were cut off the end, kept in quarantine.
    public var cutBytes = 0
    /// What an operator should know, in sentences.
    public var notices: [String] = []
}
