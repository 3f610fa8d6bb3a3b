public import SegmentLog

/// What an index or a state file says of its store as a whole, for tools; see docs/index-format.md.
public struct StoreCheckpointRecord: Sendable, Equatable {
    /// Whose it is.
    public var stream: StreamUUID
    /// Where the log goes on after the last message that it covers; nil: at its start.
    public var position: LogPosition?
    /// The first journal file whose entries it does not cover.
    public var journal: UInt64
    /// Whether this is all there was; false on the way of a rebuild.
    public var isComplete: Bool
    /// Messages stored.
    public var messages: UInt64
    /// Their bytes (streams.md §8.4).
    public var bytes: UInt64
    /// The first stored sequence, or the one after the last.
    public var first: UInt64
    /// The highest sequence ever assigned.
    public var last: UInt64
    /// Time of the last message ever stored.
    public var lastTime: Int64?
    /// Distinct subjects.
    public var subjects: UInt64
    /// The limits in force.
    public var limits: StoreLimits
    /// The next number of a subject's postings.
    public var nextSubject: UInt64
    /// Nanoseconds of message ids in one generation; zero: none are kept.
    public var dedupLength: Int64
    /// Which generation each database of message ids holds; the lowest number: none.
    public var dedupGenerations: [Int64]
    /// Long runs of sequences that were skipped.
    public var gaps: [ClosedRange<UInt64>]

    init(_ record: CheckpointRecord) {
        self.stream = record.stream
        self.position = record.position
        self.journal = record.journal
        self.isComplete = record.isComplete
        self.messages = record.messages
        self.bytes = record.bytes
        self.first = record.first
        self.last = record.last
        self.lastTime = record.lastTime
        self.subjects = record.subjects
        self.limits = record.limits
        self.nextSubject = record.nextSubject
        self.dedupLength = record.dedupLength
        self.dedupGenerations = record.dedupGenerations
        self.gaps = record.gaps
    }

    /// The generation of a message id stored at `time`; nil if none are kept.
    public func generation(of time: Int64) -> Int64? {
        self.dedupLength > 0 ? DedupGeneration.of(time, length: self.dedupLength) : nil
    }
}
