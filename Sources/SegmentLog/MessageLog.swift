/// One stream's messages: an append-only log in segment files.
///
/// The owner appends into memory, hands out what has to be written (``takeWrite(forSync:)``), has it
/// performed on another thread and takes it back (``finish(_:)``). Reads see everything appended. Sequences
/// and times come from outside; here they only have to ascend.
///
/// Confined to its owner's thread. Between ``init(directory:stream:options:)`` and the end of
/// ``recover(from:quarantine:visit:)`` nothing else may be called.
public final class MessageLog {
    /// The directory of the segments.
    public let directory: any StorageDirectory
    /// Whose log it is.
    public let stream: StreamUUID
    /// How files are used.
    public let options: LogOptions
    /// The sequence of the last message ever appended; zero if there never was one.
    ///
    /// After recovery it is at least one below the newest segment's number, also when nothing is left in it.
    public internal(set) var lastSequence: UInt64 {
        get { self.newestSequence }
        set { self.newestSequence = newValue }
    }
    /// The time of the last message; nil if none is left that could be read.
    public internal(set) var lastTimestamp: Int64? {
        get { self.newestTimestamp }
        set { self.newestTimestamp = newValue }
    }
    // Not public, so that the compiler sees all accesses and checks none of them when the program runs.
    private var newestSequence: UInt64 = 0
    private var newestTimestamp: Int64?

    let writer: SegmentWriter
    let windows = ReadWindows()
    /// Ascending by number; the last one is appended to unless it is sealed.
    var segments: [LogSegment] = []
    /// The one of `segments` that `segment(_:)` found last.
    var recentSegment: LogSegment?
    /// Those of `segments` that have a file open for reading.
    var openSegments: [LogSegment] = []
    /// Counts uses of segments, for `LogSegment.lastUse`.
    var uses: UInt64 = 0
    /// The rewriting under way.
    var rewrite: SegmentRewrite?
    var isRecovered = false
    /// Whether the segment appended to is encrypted otherwise than new ones are: the next record begins one.
    var isOutdated = false
    /// Whether a read gives erased records to its closure too, without their bytes.
    var visitsErased = false

    /// The most segments open for reading.
    static let openFilesMax = 8
    /// The longest subject, header block and payload together, in bytes.
    public static let bodyBytesMax = RecordFormat.bodyBytesMax
    /// The longest subject, in bytes.
    public static let subjectBytesMax = RecordFormat.subjectBytesMax

    /// Makes the log of the segments in `directory`.
    ///
    /// Reads and changes nothing yet.
    public init(directory: any StorageDirectory, stream: StreamUUID, options: LogOptions = LogOptions()) {
        self.directory = directory
        self.stream = stream
        self.options = options
        self.writer = SegmentWriter(
            kind: .segment,
            directory: directory,
            stream: stream,
            allocationBytesMax: options.preallocates ? options.segmentBytes : 0,
            keys: options.keys
        )
    }

    /// How far the log is appended, written and synced: sequences.
    public var marks: SegmentMarks { self.writer.marks }

    /// Why nothing is written any more; nil while all is well.
    ///
    /// Appends still go to memory then, and reads still work; neither is ever called written.
    public var frozen: SegmentError? { self.writer.frozen }

    /// The position after the last record, for a checkpoint; nil in a log without segments.
    ///
    /// The next record is there, or at the beginning of the segment after.
    public var end: LogPosition? {
        self.segments.last.map { LogPosition(segment: $0.number, offset: UInt32($0.recordsEnd)) }
    }

    /// Bytes in memory that the kernel does not have yet.
    ///
    /// The owner bounds them by taking no more messages.
    public var unwrittenBytes: Int { self.writer.unwrittenBytes }

    /// Whether something waits to be handed out by ``takeWrite(forSync:)``.
    public var hasUnwritten: Bool { self.writer.hasUnwritten }

    /// The bytes that a message adds to the log, framing included.
    public static func recordBytes(subject: Int, headers: Int, payload: Int) -> Int {
        RecordFormat.size(body: subject + headers + payload)
    }

    /// The segments, oldest first.
    public var summaries: [SegmentSummary] {
        self.segments.indices.map { index in
            let segment = self.segments[index]
            let bound = index + 1 < self.segments.count ? self.segments[index + 1].number : nil
            return SegmentSummary(
                firstSequence: segment.number,
                lastSequence: segment.lastSequence ?? bound.map { $0 - 1 } ?? self.lastSequence,
                bytes: UInt64(segment.packedBytes ?? segment.end),
                isSealed: segment.isSealed,
                messages: segment.count,
                firstTime: segment.firstTime,
                lastTime: segment.lastTime
            )
        }
    }

    /// Hands out everything not handed out yet, to be performed on another thread; nil if there is nothing,
    /// if one is under way, or if the log is frozen.
    ///
    /// - Parameter forSync: whether to hand out a write also when all that is left to do is a sync.
    public func takeWrite(forSync: Bool = false) -> LogWrite? { self.writer.takeWrite(forSync: forSync) }

    /// Takes back a performed write and moves ``marks``.
    ///
    /// - Throws: What performing it threw. If that is ``SegmentError/isNoSpace`` and ``frozen`` is nil,
    ///   nothing is lost and the next ``takeWrite(forSync:)`` hands the same write out again; else the log is
    ///   frozen.
    public func finish(_ write: LogWrite) throws(SegmentError) {
        let erased = write.erasures
        try self.writer.finish(write)
        for erasure in erased { self.reopen(erasure.position.segment) }
    }

    /// Forgets what was read of a segment whose file was changed or replaced.
    func reopen(_ number: UInt64) {
        self.windows.forget(number)
        guard let segment = self.segment(number) else { return }
        segment.file = nil
        self.openSegments.removeAll { $0 === segment }
    }

    /// Gives back what an idle log can do without: open files and memory.
    ///
    /// Everything is reopened when needed.
    public func release() {
        self.windows.removeAll()
        for segment in self.openSegments { segment.file = nil }
        self.openSegments.removeAll()
        self.writer.releaseFile()
    }
}
