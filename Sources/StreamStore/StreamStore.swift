public import NIOCore
public import StreamModel
public import Subjects

/// One stream's messages: appended, found, loaded, removed, and made durable.
///
/// A store is confined to one event loop and never blocks it on a disk write: what has to be done on the disk is
/// handed out as ``StoreWork``, performed on another thread, and given back.
///
///     firstSequence ≤ … ≤ durable ≤ lastSequence
///
/// Everything at or below ``durable`` may be shown to the world. Reads see appended messages that are not
/// durable yet; whoever answers from them holds the answer back until they are.
public protocol StreamStore: AnyObject {
    /// Counters and ends of what is stored.
    var state: StoreState { get }

    /// Bytes of what is stored, as ``state`` has them, but never read from the disk.
    var bytes: UInt64 { get }

    /// The limits under which old messages make room (`discard: old`). Setting them enforces them at once.
    var limits: StoreLimits { get set }

    /// What was removed since it was last taken from there.
    var removals: StoreRemovals { get }

    /// When ``expire(by:)`` may have something to do; nil while nothing is to go by itself.
    ///
    /// The message may have gone by other means; then nothing happens at that time.
    var nextExpiry: Timestamp? { get }

    /// Whether segments are kept compressed; never in memory.
    var compresses: Bool { get set }

    /// When ``nextWork(now:isLast:consumers:)`` may have something that it has not now; nil if nothing waits for a
    /// time.
    var workDeadline: Timestamp? { get }

    /// The last sequence that a crash can no longer take back. Equals `state.lastSequence` in memory.
    var durable: StreamSequence { get }

    /// What it means that something is durable.
    var durability: StoreDurability { get }

    /// Whether something (a message, a removal, a journal entry that asked for it) is not durable yet.
    var hasUncommitted: Bool { get }

    /// Stores a message after the last one, enforces ``limits``, and returns its sequence.
    ///
    /// - Parameters:
    ///   - headers: the raw header block, `NATS/1.0␍␊…␍␊␍␊`, or empty.
    ///   - messageID: the value of `Nats-Msg-Id` to remember for ``duplicate(of:since:)``, or empty.
    ///   - timestamp: raised to the last message's if it is earlier: times never go back in a stream.
    ///   - timeToLive: what `Nats-TTL` in `headers` says, when the message is to go by itself: it is read from there
    ///     when an index has to be made again.
    /// - Precondition: the record is not longer than ``StoreLimits/recordBytesMax``.
    func append(
        subject: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        messageID: RawSpan,
        timestamp: Timestamp,
        timeToLive: TimeToLive?
    ) -> StreamSequence

    /// The sequence stored under that message id, if `append` saw it at or after `time`.
    func duplicate(of messageID: RawSpan, since time: Timestamp) -> StreamSequence?

    /// Appends the message's subject, headers and payload, in this order, to `bytes`, checksum verified.
    func load(_ sequence: StreamSequence, into bytes: inout ByteBuffer) -> LoadResult

    /// The first stored sequence at or after `sequence`, stored at or after `time`, whose subject matches.
    func next(
        from sequence: StreamSequence,
        since time: Timestamp?,
        matching filter: SubjectFilter
    ) -> StreamSequence?

    /// The last stored sequence at or before `limit` whose subject matches.
    func last(matching filter: SubjectFilter, atOrBefore limit: StreamSequence) -> StreamSequence?

    /// How many stored messages at or after `sequence` match. Exact.
    func count(from sequence: StreamSequence, matching filter: SubjectFilter) -> UInt64

    /// Calls `body` with each matching subject, its count of messages and the newest of them, in no stated order.
    ///
    /// - Parameter limit: the newest that counts; subjects whose messages are all newer are left out. The count is of
    ///   all messages.
    func forEachSubject(
        matching filter: SubjectFilter,
        atOrBefore limit: StreamSequence?,
        _ body: (_ subject: RawSpan, _ count: UInt64, _ last: StreamSequence) -> Void
    )

    /// Sequences between first and last that are not stored, ascending; also those removed at the end.
    func deletedSequences() -> [StreamSequence]

    /// Removes one message; `erase` overwrites its bytes. False if it is not stored.
    func remove(_ sequence: StreamSequence, erase: Bool) -> Bool

    /// Removes matching messages below `sequence` (nil: all of them) but the newest `keep`; returns how many.
    ///
    /// With no filter, no `keep` and a `sequence` beyond the last, the stream moves forward: the next message
    /// gets `sequence` (streams.md §2.7).
    func purge(matching filter: SubjectFilter, below sequence: StreamSequence?, keep: UInt64) -> UInt64

    /// Removes messages that are older than ``StoreLimits/age`` or whose time to live has ended at `now`, a bounded
    /// number of them: while ``nextExpiry`` is not after `now` there are more. Returns how many.
    ///
    /// Those whose time to live is ``TimeToLive/never`` stay, however old they are.
    func expire(by now: Timestamp) -> UInt64

    /// Writes a consumer's progress to the journal: bytes that only the consumer understands.
    ///
    /// - Parameter durable: whether ``hasUncommitted`` shall be true until the entry is synced. Entries without
    ///   it are written with the next commit and synced no later than the next one that asks for it.
    func journal(_ entry: RawSpan, consumer: ConsumerID, durable: Bool)

    /// What is to be done on another thread now, or nil: nothing, or it is under way already.
    ///
    /// Asked again until it is nil. One commit, one checkpoint and one rewriting may be under way at the same time.
    ///
    /// - Parameters:
    ///   - isLast: whether the store is about to be closed: then everything is due that is left, and rewriting ends.
    ///   - consumers: each consumer's whole progress as of now, asked for only if it is needed. What was journaled
    ///     for others is forgotten.
    func nextWork(now: Timestamp, isLast: Bool, consumers: () -> [ConsumerSnapshot]) -> StoreWork?

    /// Takes back what was performed, on the loop. A commit moves ``durable``.
    ///
    /// - Throws: ``StoreError`` if it failed. After a failed commit the store refuses writes (``StoreState/frozen``);
    ///   after anything else nothing is lost, and it is tried again.
    func finish(_ work: StoreWork) throws(StoreError)

    /// Closes what is not needed while nothing happens; it is opened again when it is.
    ///
    /// - Returns: False while something is under way or unwritten, and not all is closed.
    func rest() -> Bool
}

/// What a consumer is called in files: a number never reused in its store.
public struct ConsumerID: RawRepresentable, Hashable, Sendable {
    /// The number.
    public let rawValue: UInt64

    /// Makes the id with that number.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// A consumer's whole progress at one moment, in the consumer's own encoding.
public struct ConsumerSnapshot: Sendable {
    /// Whose it is.
    public var consumer: ConsumerID
    /// The encoding.
    public var bytes: [UInt8]

    /// Makes the snapshot.
    public init(consumer: ConsumerID, bytes: [UInt8]) {
        self.consumer = consumer
        self.bytes = bytes
    }
}

/// What recovery found of a consumer: its last snapshot and the journal entries after it, in order.
public struct RecoveredConsumer: Sendable {
    /// The last checkpointed snapshot; nil if there was none.
    public var snapshot: [UInt8]?
    /// The entries journaled after it.
    public var entries: [[UInt8]]

    /// Makes the value.
    public init(snapshot: [UInt8]?, entries: [[UInt8]]) {
        self.snapshot = snapshot
        self.entries = entries
    }
}

/// Counters and ends of a store, all read in constant time.
public struct StoreState: Sendable, Equatable {
    /// Messages stored now.
    public var messages: UInt64 = 0
    /// Their bytes by the formula of the storage type (streams.md §8.4), not by our record size.
    public var bytes: UInt64 = 0
    /// The first stored sequence; `lastSequence.next` when nothing is stored; zero in a store never used.
    public var firstSequence: StreamSequence = .zero
    /// Time of the first stored message; nil when nothing is stored.
    public var firstTime: Timestamp? = nil
    /// The highest sequence ever assigned, also if that message is gone.
    public var lastSequence: StreamSequence = .zero
    /// Time of the last message ever stored; nil if there never was one.
    public var lastTime: Timestamp? = nil
    /// Distinct subjects stored.
    public var subjects: Int = 0
    /// Whether writes are refused because one failed; the text says why.
    public var frozen: String? = nil

    /// Makes the state of a store never used.
    public init() {}

    /// Holes between first and last: deleted, expired from the middle, or skipped.
    public var deleted: UInt64 {
        self.lastSequence.rawValue >= self.firstSequence.rawValue && self.firstSequence != .zero
            ? self.lastSequence.rawValue - self.firstSequence.rawValue + 1 - self.messages : 0
    }
}

/// Limits under which a store drops messages.
public struct StoreLimits: Sendable, Equatable {
    /// The most messages; nil: no limit.
    public var messages: UInt64?
    /// The most bytes (streams.md §8.4); nil: no limit.
    public var bytes: UInt64?
    /// The most messages of one subject; nil: no limit.
    public var messagesPerSubject: UInt64?
    /// The nanoseconds after which ``StreamStore/expire(by:)`` removes a message; nil: no limit.
    ///
    /// Not in the files: what it did is journaled, and who opens a store says what it is.
    public var age: Int64?

    /// Whether there is none that an append has to keep.
    var isNone: Bool { self.messages == nil && self.bytes == nil && self.messagesPerSubject == nil }

    /// The longest record a file store takes: subject, headers, payload and framing.
    public static let recordBytesMax = 32 << 20

    /// Makes limits; nil means none.
    public init(
        messages: UInt64? = nil,
        bytes: UInt64? = nil,
        messagesPerSubject: UInt64? = nil,
        age: Int64? = nil
    ) {
        self.messages = messages
        self.bytes = bytes
        self.messagesPerSubject = messagesPerSubject
        self.age = age
    }

    /// The same without an age: what is in files.
    var withoutAge: StoreLimits {
        var limits = self
        limits.age = nil
        return limits
    }
}

/// A message just loaded: where its parts are in the buffer it was appended to.
public struct StoredMessage: Sendable {
    /// Its position in the stream.
    public var sequence: StreamSequence
    /// When it was stored.
    public var timestamp: Timestamp
    /// Index of the subject's first byte in the buffer; headers and payload follow.
    public var start: Int
    /// Bytes of subject.
    public var subjectLength: Int
    /// Bytes of header block, 0 without one.
    public var headerLength: Int
    /// Bytes of payload.
    public var payloadLength: Int

    /// Makes the value.
    public init(
        sequence: StreamSequence,
        timestamp: Timestamp,
        start: Int,
        subjectLength: Int,
        headerLength: Int,
        payloadLength: Int
    ) {
        self.sequence = sequence
        self.timestamp = timestamp
        self.start = start
        self.subjectLength = subjectLength
        self.headerLength = headerLength
        self.payloadLength = payloadLength
    }

    /// Where the subject is.
    @inlinable public var subject: Range<Int> { self.start..<self.start + self.subjectLength }
    /// Where the header block is.
    @inlinable public var headers: Range<Int> {
        let lower = self.start + self.subjectLength
        return lower..<lower + self.headerLength
    }
    /// Where the payload is.
    @inlinable public var payload: Range<Int> {
        let lower = self.start + self.subjectLength + self.headerLength
        return lower..<lower + self.payloadLength
    }
}

/// What a load found.
public enum LoadResult: Sendable {
    /// The message, appended to the buffer.
    case message(StoredMessage)
    /// Nothing is stored under that sequence.
    case absent
    /// A record is there and does not verify; it has been reported and is never served.
    case damaged
}

/// Why a store failed.
public enum StoreError: Error, Sendable {
    /// A system call failed: its name, the file or directory, and the kernel's `errno`.
    case system(call: String, path: String, errno: CInt)
    /// LMDB failed: its function, and its code under LMDB's own name.
    case index(call: String, code: String)
    /// The directory belongs to another stream, or its format is newer than this program's.
    case foreign(path: String, reason: String)
    /// It is encrypted, and there is no key, or none that decrypts it. Nothing was changed.
    case locked(path: String, hasKey: Bool)
    /// The disk is full. Heals by itself when there is room.
    case noSpace(path: String)
    /// Another server has the store in that directory open.
    case inUse(path: String)
}
