internal import LMDB
internal import NIOCore
internal import SegmentLog
internal import StreamModel
internal import Subjects

/// A stream's messages in files: a log that is the truth, an index of it in LMDB, and the newest part of the index
/// in memory.
///
///     append ──► log (memory) ──commit──► segment files
///        └─────► tail ──freeze──► frozen ──checkpoint──► LMDB
///
/// See docs/index-format.md. Confined to one loop; commits and checkpoints are performed elsewhere.
///
/// **A full disk.** A commit that finds no room throws ``StoreError/noSpace(path:)`` and loses nothing: what it was
/// to write stays in memory, ``StoreState/frozen`` says so, and the next commit writes it. Until one succeeds the
/// owner takes no more messages; reads, removals and acknowledgements go on. Any other failed write freezes the
/// store for good: what the disk holds is known only after it has been read back, by opening the store again.
public final class FileStreamStore: StreamStore {
    let log: MessageLog
    let journal: Journal
    let directory: any StorageDirectory
    let indexPath: String
    /// What an acknowledgement means.
    public let durability: StoreDurability
    let policy: CheckpointPolicy
    let stream: StreamUUID
    let messageIDHash: SipHash
    let subjectHash: SubjectHash

    var reader: IndexReader
    /// What happened since the last freeze.
    var tail = IndexLayer()
    /// What a checkpoint is writing, or is about to.
    var frozen: IndexLayer?

    // The counters of `state`.
    var messages: UInt64 = 0
    /// Bytes of what is stored.
    public internal(set) var bytes: UInt64 = 0
    var first: UInt64 = 1
    var last: UInt64 = 0
    var lastTime: Int64?
    var subjectCount = 0
    var segments = SegmentTable()
    /// Long runs of skipped sequences, ascending; too long for bitmaps.
    var gaps: [ClosedRange<UInt64>] = []
    /// The time of message `first`, once it was asked for.
    var firstTimeCache: (sequence: UInt64, time: Int64)?

    var limitsInForce: StoreLimits
    /// Nanoseconds a message id is kept.
    var duplicateWindow: Int64
    /// What the last checkpoint said of the dedup databases.
    var dedupLength: Int64 = 0
    var dedupGenerations = [Int64](repeating: .min, count: CheckpointRecord.dedupSlots)
    var nextSubject: UInt64 = 1

    // Times to live.
    /// The frozen layer's timers that were not taken.
    var frozenTimers = TimerHeap()
    /// The last timer taken, in whatever layer it was: all before it were, too.
    var timersTaken: MessageTimer?
    var storedTimer = StoredTimer.unknown
    /// How far checkpoints have swept timers of messages that are gone.
    var timersSwept: MessageTimer?
    /// Messages below it that are left do not go by age.
    var agedBelow: UInt64 = 0
    /// The time of the oldest message that may age, once it was asked for.
    var agingTimeCache: (sequence: UInt64, time: Int64)?

    /// Recent answers of `next(from:matching:)`.
    var windows = MatchWindows()
    /// What was removed since it was last taken from there.
    public let removals = StoreRemovals()

    // Writing.
    var commit: FileCommit?
    var checkpoint: FileCheckpoint?
    /// A frozen layer that waits for what it holds to be durable, or to be written once more.
    var waiting: FileCheckpoint?
    /// The journal mark up to which somebody waits for a sync.
    var journalWanted: UInt64 = 0
    /// Messages to overwrite after the next checkpoint that begins.
    var erasures: [PendingErasure] = []
    /// Messages that the log was told to overwrite, until it has.
    var overwriting: [PendingErasure] = []
    /// Files to remove with the next commit or checkpoint.
    var fileRemovals: [FileRemoval] = []
    /// Message ids of messages that were or will be overwritten, for the state file.
    var erasedIDs: [DedupTable.Entry] = []
    /// Whether the next commit syncs whatever the durability is.
    var mustSync = false
    /// Time of the first write not synced; nil if everything is.
    var unsyncedSince: Int64?
    /// The newest time the store was told.
    var clock: Int64 = .min
    // Rewriting.
    /// Whether segments are kept compressed: those that are full, after a while.
    public var compresses: Bool {
        didSet { if self.compresses != oldValue { self.nextLook = .min } }
    }
    /// The rewriting under way.
    var rewrite: FileRewrite?
    /// Segments to rewrite, as of the last checkpoint that wrote the state file; the next one last.
    var sparse: [SparseSegment] = []
    /// Whether a checkpoint has to be made so that room can be given back.
    var wantsReclaim = false
    /// When to look for more.
    var nextLook: Int64 = .min
    /// What the store was like when it last looked and, in a quiet stream, found nothing.
    var vainLook: RewriteLook?
    /// When the index may be made smaller again.
    var nextCompaction: Int64 = .min
    /// Segments rewritten since the store was opened.
    public internal(set) var rewrites: UInt64 = 0

    /// Why writes are refused for good.
    var refusal: String?
    /// Why the last commit could not be written; cleared by one that can.
    var fullDisk: String?
    /// Why the last checkpoint could not be written; cleared by one that can.
    var checkpointProblem: String?
    var checkpointRetry: Int64 = .min
    /// Bytes of log and journal written since the state file; removals and progress since make it due.
    var stateBytes = 0
    var stateDue = false
    var stateLength = 0
    /// Whether the index has to be completed by a checkpoint soon.
    var isIndexIncomplete = false
    /// Whether changes come from the journal and not from the owner.
    var isReplaying = false
    var scratch: [UInt8] = []
    /// What opening the store found.
    public internal(set) var recovery = StoreReport()
    /// Records that did not verify when they were read.
    public internal(set) var damagedReads: UInt64 = 0

    init(
        log: MessageLog,
        journal: Journal,
        directory: any StorageDirectory,
        indexPath: String,
        reader: IndexReader,
        options: FileStoreOptions,
        stream: StreamUUID
    ) {
        self.log = log
        self.journal = journal
        self.directory = directory
        self.indexPath = indexPath
        self.reader = reader
        self.durability = options.durability
        self.policy = options.checkpoint
        self.compresses = options.compresses
        self.stream = stream
        self.limitsInForce = StoreLimits()
        self.duplicateWindow = options.duplicateWindow
        self.messageIDHash = SipHash(stream.high, stream.low)
        self.subjectHash = SubjectHash(seed: stream.high ^ stream.low.byteSwapped)
    }

    /// Counters and ends of what is stored.
    public var state: StoreState {
        var state = StoreState()
        state.messages = self.messages
        state.bytes = self.bytes
        state.lastSequence = StreamSequence(self.last)
        state.firstSequence = StreamSequence(self.messages == 0 && self.last == 0 ? 0 : self.first)
        state.lastTime = self.lastTime.map { Timestamp(rawValue: $0) }
        state.firstTime = self.firstTime.map { Timestamp(rawValue: $0) }
        state.subjects = self.subjectCount
        state.frozen = self.frozenReason
        return state
    }

    /// Why writes are refused; nil while they are not.
    var frozenReason: String? {
        if let refusal = self.refusal { return refusal }
        if let failure = self.reader.failure {
            return "the index is damaged (\(failure)); reopening rebuilds it"
        }
        if let full = self.fullDisk { return full }
        // Memory stays bounded: without checkpoints the tail would grow.
        if let problem = self.checkpointProblem, self.tail.memoryBytes > 4 * self.policy.bytes {
            return problem
        }
        return nil
    }

    private var firstTime: Int64? {
        if self.messages == 0 { return nil }
        if let cache = self.firstTimeCache, cache.sequence == self.first { return cache.time }
        guard let time = self.time(of: self.first) else { return nil }
        self.firstTimeCache = (self.first, time)
        return time
    }

    /// The limits under which old messages make room.
    ///
    /// Setting them enforces them at once.
    public var limits: StoreLimits {
        get { self.limitsInForce }
        set {
            if newValue.withoutAge != self.limitsInForce.withoutAge {
                self.write(.limits(newValue))
                self.apply(newValue)
            }
            self.limitsInForce.age = newValue.age
        }
    }

    /// Calls for a sync of all that is written: the next commit does it.
    public func requestSync() { if self.log.marks.synced < self.log.marks.appended { self.mustSync = true } }

    /// Notes the newest time the owner knows.
    @inline(__always)
    func tell(_ time: Int64) { if time > self.clock { self.clock = time } }
}
