internal import SegmentLog

/// What a store is at one moment, apart from its messages: the value of `checkpoint` in database `meta`, and the
/// start of a state file.
///
///     | version | stream UUID (16) | complete | log position | journal file | messages | bytes
///     | first | last | last time (8) | subjects | limits | next subject id | dedup length (8) | dedup generations (4 × 8) | count of gaps | first, last - first … | check (8) |
///
/// Numbers are varints unless a length in bytes is given; optional ones have a byte 0 or 1 before them. A position
/// is optional: file and offset. `check` is the first half of the SipHash of all before it.
struct CheckpointRecord: Equatable {
    /// The format this program writes, and the newest it reads.
    static let version: UInt64 = 1
    /// Groups of message ids that are dropped whole.
    static let dedupSlots = 4
    private static let hash = SipHash(0x5765_6972_2073_746f, 0x7265_2073_7461_7465)

    /// Whose it is.
    var stream: StreamUUID
    /// Where the log goes on after the last message that is in the index; nil: at its start.
    var position: LogPosition?
    /// The first journal file whose entries are not in the index.
    var journal: UInt64 = 1
    /// Whether this is all there was: not written on the way of a rebuild.
    var isComplete = true
    /// Messages stored.
    var messages: UInt64 = 0
    /// Their bytes (streams.md §8.4).
    var bytes: UInt64 = 0
    /// The first stored sequence, or the one after the last.
    var first: UInt64 = 1
    /// The highest sequence ever assigned.
    var last: UInt64 = 0
    /// Time of the last message ever stored.
    var lastTime: Int64?
    /// Distinct subjects.
    var subjects: UInt64 = 0
    /// The limits in force.
    var limits = StoreLimits()
    /// The next subject id to give.
    var nextSubject: UInt64 = 1
    /// Nanoseconds of message ids in one generation; zero: none are kept.
    var dedupLength: Int64 = 0
    /// Which generation each of the dedup databases holds.
    var dedupGenerations = [Int64](repeating: .min, count: CheckpointRecord.dedupSlots)
    /// Long runs of sequences that were skipped.
    var gaps: [ClosedRange<UInt64>] = []

    init(stream: StreamUUID) { self.stream = stream }

    /// The record as bytes.
    func encode() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendVarint(Self.version)
        bytes.append(contentsOf: self.stream.bytes)
        bytes.append(self.isComplete ? 1 : 0)
        bytes.appendPosition(self.position)
        bytes.appendVarint(self.journal)
        bytes.appendVarint(self.messages)
        bytes.appendVarint(self.bytes)
        bytes.appendVarint(self.first)
        bytes.appendVarint(self.last)
        bytes.append(self.lastTime == nil ? 0 : 1)
        if let lastTime { bytes.appendWord(UInt64(bitPattern: lastTime)) }
        bytes.appendVarint(self.subjects)
        self.limits.encode(into: &bytes)
        bytes.appendVarint(self.nextSubject)
        bytes.appendWord(UInt64(bitPattern: self.dedupLength))
        for generation in self.dedupGenerations { bytes.appendWord(UInt64(bitPattern: generation)) }
        bytes.appendVarint(UInt64(self.gaps.count))
        for gap in self.gaps {
            bytes.appendVarint(gap.lowerBound)
            bytes.appendVarint(gap.upperBound - gap.lowerBound)
        }
        bytes.appendWord(Self.check(unsafe bytes.span.bytes))
        return bytes
    }

    /// Reads the record; nil if it is damaged or of another version.
    init?(_ bytes: RawSpan) {
        var reader = FieldReader()
        self.init(bytes, &reader)
        guard reader.offset == bytes.byteCount else { return nil }
    }

    /// Reads the record where `reader` stands.
    init?(_ bytes: RawSpan, _ reader: inout FieldReader) {
        let start = reader.offset
        guard reader.varint(bytes) == Self.version else { return nil }
        let uuid = reader.range(bytes, count: 16)
        guard !reader.failed, let stream = StreamUUID(bytes: bytes.extracting(uuid)) else { return nil }
        self.stream = stream
        self.isComplete = reader.byte(bytes) == 1
        self.position = reader.position(bytes)
        self.journal = reader.varint(bytes)
        self.messages = reader.varint(bytes)
        self.bytes = reader.varint(bytes)
        self.first = reader.varint(bytes)
        self.last = reader.varint(bytes)
        if reader.byte(bytes) == 1 { self.lastTime = Int64(bitPattern: reader.word(bytes)) }
        self.subjects = reader.varint(bytes)
        self.limits = StoreLimits(bytes, &reader)
        self.nextSubject = reader.varint(bytes)
        self.dedupLength = Int64(bitPattern: reader.word(bytes))
        for index in 0..<Self.dedupSlots {
            self.dedupGenerations[index] = Int64(bitPattern: reader.word(bytes))
        }
        let gaps = reader.varint(bytes)
        var least: UInt64 = 0
        for _ in 0..<gaps {
            let lower = reader.varint(bytes)
            let (upper, overflow) = lower.addingReportingOverflow(reader.varint(bytes))
            if reader.failed || overflow || lower < least || upper == .max { return nil }
            self.gaps.append(lower...upper)
            least = upper + 1
        }
        let end = reader.offset
        let check = reader.word(bytes)
        if reader.failed || check != Self.check(bytes.extracting(start..<end)) { return nil }
        guard self.isPlausible else { return nil }
    }

    /// Whether the numbers do not contradict each other.
    private var isPlausible: Bool {
        if self.last == .max || self.first == 0 || self.first > self.last + 1 { return false }
        return self.messages <= self.last + 1 - self.first && self.dedupLength >= 0
            && self.nextSubject <= SubjectRow.idMax
    }

    private static func check(_ bytes: RawSpan) -> UInt64 { self.hash.hash(bytes).low }
}

extension StoreLimits {
    /// Adds the limits to `bytes`.
    func encode(into bytes: inout [UInt8]) {
        bytes.appendOptional(self.messages)
        bytes.appendOptional(self.bytes)
        bytes.appendOptional(self.messagesPerSubject)
    }

    /// Reads limits; `reader` fails if they are not there.
    init(_ bytes: RawSpan, _ reader: inout FieldReader) {
        self.init(
            messages: reader.optional(bytes),
            bytes: reader.optional(bytes),
            messagesPerSubject: reader.optional(bytes)
        )
    }
}

extension [UInt8] {
    /// Adds 0 for nil, else 1, file and offset.
    fileprivate mutating func appendPosition(_ position: LogPosition?) {
        self.append(position == nil ? 0 : 1)
        guard let position else { return }
        self.appendVarint(position.segment)
        self.appendVarint(UInt64(position.offset))
    }
}

extension FieldReader {
    /// The position that `appendPosition` wrote; zero in a damaged one, which the check finds.
    fileprivate mutating func position(_ bytes: RawSpan) -> LogPosition? {
        if self.byte(bytes) == 0 { return nil }
        let segment = self.varint(bytes)
        return LogPosition(segment: segment, offset: UInt32(exactly: self.varint(bytes)) ?? 0)
    }
}
