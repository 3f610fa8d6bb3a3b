import SegmentLog
import StreamStore
import Subjects

/// Compares an index with the log it was made from: each position, subject, posting, hole and counter.
///
/// The log's records come in, ascending, through ``visit(_:_:)``; then ``finish(holes:segments:)`` looks at the rest.
/// Memory does not grow with the number of messages or subjects, except for holes (512 bytes for each 4 096 sequences
/// with one) and lost messages.
struct IndexComparison {
    let index: IndexInspection
    let stored: StoredSequences
    let hash: SubjectHash
    /// What does not fit, as sentences; at most ``problemsMax``.
    private(set) var problems: [String] = []
    /// Problems found, those not listed included.
    private(set) var problemCount = 0
    /// Messages that the index says are stored and the log does not have.
    private(set) var lost = SequenceRanges()
    /// Where the first of them were.
    private(set) var lostPositions: [IndexPosition] = []
    /// Records that were appended after the index's checkpoint.
    private(set) var recordsBehind: UInt64 = 0
    /// The digest by the log.
    private(set) var digest = MessageDigest()

    private let checkpoint: StoreCheckpointRecord
    private let positions: IndexRows
    private var block: [IndexPosition] = []
    private var place = 0
    /// The time that the block says its first message has.
    private var blockTime: Int64 = 0
    private var messages: UInt64 = 0
    private var bytes: UInt64 = 0
    private var live: [UInt64: UInt64] = [:]
    private var lostIn: [UInt64: UInt64] = [:]
    private var lastTime: Int64?

    /// The most problems listed.
    static let problemsMax = 32
    /// The most lost messages that are told one by one.
    static let lostMax = 1_024

    init(_ index: IndexInspection) throws(StoreError) {
        self.index = index
        self.checkpoint = index.checkpoint
        self.stored = try index.storedSequences()
        self.positions = try index.rows(.positions)
        // Any seed will do: the sums never leave the process.
        self.hash = SubjectHash(seed: 0x7374_6f72_6520_746f)
    }

    private mutating func add(_ problem: String) {
        self.problemCount += 1
        if self.problems.count < Self.problemsMax { self.problems.append(problem) }
    }

    // MARK: Log

    /// Takes the next record of the log.
    mutating func visit(_ header: RecordHeader, _ body: RawSpan) throws(StoreError) {
        guard header.sequence <= self.checkpoint.last else {
            self.recordsBehind += 1
            return
        }
        self.lastTime = header.timestamp
        let isStored = self.stored.contains(header.sequence)
        while let position = try self.current(), position.sequence < header.sequence {
            self.didMiss(position)
            self.place += 1
        }
        guard let position = try self.current(), position.sequence == header.sequence else {
            if isStored { self.add("message \(header.sequence) is stored and has no row in positions") }
            return
        }
        if position.position != header.position {
            self.add(
                "message \(header.sequence) is said to be in segment \(position.position.segment) at byte "
                    + "\(position.position.offset), and is in \(header.position.segment) at \(header.position.offset)"
            )
        } else if self.place == 0, self.blockTime != header.timestamp {
            self.add("the row of positions of message \(header.sequence) has another time than the message")
        }
        self.place += 1
        guard isStored else { return }
        if header.flags.contains(.erased) {
            self.add("message \(header.sequence) is said to be stored and its bytes were overwritten")
            self.lost.append(header.sequence)
            self.lostIn[header.position.segment, default: 0] += 1
            return
        }
        let size = header.bodyLength + (header.headerLength > 0 ? 34 : 30)
        if UInt64(position.size) != UInt64(size) {
            self.add("message \(header.sequence) counts \(position.size) bytes and has \(size)")
        }
        self.messages += 1
        self.bytes += UInt64(size)
        self.live[header.position.segment, default: 0] += 1
        let hash = self.hash.hash(body, from: 0, to: header.subjectLength)
        self.digest.add(header.sequence, subject: hash)
    }

    /// The next position of the index that was not compared yet.
    private mutating func current() throws(StoreError) -> IndexPosition? {
        while self.place >= self.block.count {
            guard let row = try self.positions.next() else { return nil }
            if case .positions(_, let time, let positions) = row {
                self.block = positions
                self.blockTime = time
                self.place = 0
            } else {
                self.add("a row of database positions is damaged")
            }
        }
        return self.block[self.place]
    }

    /// The log has no record where the index says there is one.
    private mutating func didMiss(_ position: IndexPosition) {
        guard self.stored.contains(position.sequence) else { return }
        self.lost.append(position.sequence)
        self.lostIn[position.position.segment, default: 0] += 1
        if self.lostPositions.count < Self.lostMax { self.lostPositions.append(position) }
    }

    // MARK: Index

    /// All records have been seen: compares what is left.
    mutating func finish() throws(StoreError) {
        while let position = try self.current() {
            if position.sequence > self.checkpoint.last {
                self.add("a row of positions names message \(position.sequence), which is after the last one")
            }
            self.didMiss(position)
            self.place += 1
        }
        try self.compareSubjects()
        try self.compareSegments()
        try self.compareMessageIDs()
        self.compareCounters()
        for table in [IndexTable.deleted, .timers, .consumers] {
            let rows = try self.index.rows(table)
            while let row = try rows.next() {
                if case .damaged = row { self.add("a row of database \(table.rawValue) is damaged") }
            }
        }
    }

    private mutating func compareCounters() {
        let found = self.messages + self.lost.count
        self.compare("messages", self.checkpoint.messages, found)
        self.compare("messages that are no holes", self.stored.count, self.checkpoint.messages)
        if self.lost.count == 0 { self.compare("bytes", self.checkpoint.bytes, self.bytes) }
        if self.checkpoint.messages > 0, !self.stored.contains(self.checkpoint.first) {
            self.add("message \(self.checkpoint.first) is said to be the first, and is not stored")
        }
        if let time = self.lastTime, self.checkpoint.lastTime.map({ $0 < time }) ?? true {
            self.add("the time of the last message is earlier than a message's")
        }
    }

    private mutating func compare(_ what: String, _ said: UInt64, _ found: UInt64) {
        if said != found { self.add("the count of \(what) is \(said) and should be \(found)") }
    }

    private mutating func compareSegments() throws(StoreError) {
        let rows = try self.index.rows(.segments)
        while let row = try rows.next() {
            guard case .segment(let number, let live, _) = row else {
                self.add("a row of database segments is damaged")
                continue
            }
            let found = (self.live.removeValue(forKey: number) ?? 0) + (self.lostIn[number] ?? 0)
            if live != found {
                self.add("segment \(number) is said to hold \(live) stored messages and holds \(found)")
            }
        }
        for number in self.live.keys.sorted() { self.add("segment \(number) has no row in segments") }
    }

    private mutating func compareMessageIDs() throws(StoreError) {
        for (slot, table) in IndexTable.messageIDs.enumerated() {
            let generation = self.checkpoint.dedupGenerations[slot]
            let rows = try self.index.rows(table)
            while let row = try rows.next() {
                guard case .messageID(_, let sequence, let time) = row else {
                    self.add("a row of database \(table.rawValue) is damaged")
                    continue
                }
                if sequence > self.checkpoint.last || self.checkpoint.generation(of: time) != generation {
                    self.add(
                        "database \(table.rawValue) has an id that does not belong there (message \(sequence))"
                    )
                }
            }
        }
    }

    // MARK: Subjects

    private mutating func compareSubjects() throws(StoreError) {
        var walk = try SubjectWalk(self.index)
        var found = MessageDigest()
        var count: UInt64 = 0
        while let entry = try walk.next() {
            guard case .subject(let subject, let sequences) = entry else {
                self.add("a row of database subjects is damaged")
                continue
            }
            count += 1
            let hash = unsafe self.hash.hash(subject.text.span.bytes)
            var present: UInt64 = 0
            var last: UInt64 = 0
            var first: UInt64?
            for sequence in sequences where self.stored.contains(sequence) {
                present += 1
                last = sequence
                if first == nil { first = sequence }
                if self.lost.count > 0, self.lost.contains(sequence) { continue }
                found.add(sequence, subject: hash)
            }
            if present != subject.count {
                self.add("subject \(subject.name) counts \(subject.count) messages and has \(present)")
            } else if last != subject.last || (first ?? 0) < subject.first {
                self.add("subject \(subject.name) has its first or last message wrong")
            }
        }
        for problem in walk.problems { self.add(problem) }
        self.compare("subjects", self.checkpoint.subjects, count)
        let rows = try self.index.count(.postings)
        if rows != walk.rows { self.add("\(rows - walk.rows) rows of postings belong to no subject") }
        let buckets = found.difference(from: self.digest)
        if !buckets.isEmpty {
            self.add("\(buckets.count) groups of subjects list other messages than the log has of them")
            self.differing = Set(buckets)
        }
    }

    /// Buckets of subjects whose messages the index and the log do not agree on.
    private(set) var differing: Set<Int> = []
}

extension IndexSubject {
    /// The subject as text, with what cannot be printed replaced.
    var name: String { PrintableText.of(self.text) }
}
