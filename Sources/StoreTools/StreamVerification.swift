public import SegmentLog
public import StreamStore

/// What verification found in one stream: every checksum of its files, and the index against the log.
///
/// Reads everything and changes nothing.
public struct StreamVerification {
    /// The stream's number.
    public let id: UInt64
    /// Its name; nil if the catalogue does not tell.
    public let name: String?
    /// Its account; nil if the catalogue does not tell.
    public let account: String?
    /// Messages stored, by the index or, without one, by the log.
    public private(set) var messages: UInt64 = 0
    /// The first and the last sequence; nil if nothing was ever stored.
    public private(set) var sequences: ClosedRange<UInt64>?
    /// Records in the log, removed messages among them.
    public private(set) var records: UInt64 = 0
    /// What is in each segment.
    public private(set) var segments: [FileReport] = []
    /// What is in each journal file.
    public private(set) var journals: [FileReport] = []
    /// Length of the index in bytes; zero: there is none.
    public private(set) var indexBytes: UInt64 = 0
    /// What was found.
    public internal(set) var findings: [Finding] = []

    private let path: String
    private let stream: StreamUUID
    private var index: IndexInspection?
    private let keys: StorageKeys?
    private var state: StateInspection?
    private var highest: UInt64 = 0

    /// Reads the files of a stream.
    ///
    /// - Parameters:
    ///   - path: the stream's directory.
    ///   - stream: whose files they have to be; nil if the catalogue does not tell: then the files say it.
    /// - Throws: ``StoreError/foreign(path:reason:)`` if a file's format is newer than this program's, else what a
    ///   system call says. Damage is not an error.
    public init(
        _ id: UInt64,
        name: String?,
        account: String?,
        path: String,
        stream: StreamUUID?,
        encryption: StoreEncryption? = nil
    ) throws(StoreError) {
        self.id = id
        self.name = name
        self.account = account
        self.path = path
        self.keys = encryption?.keys
        let directory = try StoreError.reading { () throws(SegmentError) in try POSIXDirectory(path: path) }
        let log = try StoreError.readingDirectory("log", in: directory)
        let journal = try StoreError.readingDirectory("journal", in: directory)
        let own = try log.map { log throws(StoreError) in
            try StoreError.reading { () throws(SegmentError) in try MessageLog.identify(log) }
        }
        // Without a name and a header there is nothing to tell whose the files should be.
        self.stream = stream ?? own.flatMap { $0 } ?? StreamUUID(high: 0, low: 0)
        try self.readState()
        try self.openIndex()
        try self.verifyLog(log)
        try self.verifyJournal(journal)
        // An index is open once in a process: it is let go for whoever wants to repair it.
        self.index = nil
    }

    /// Whether nothing is damaged.
    public var isClean: Bool { !self.findings.contains { $0.severity == .damage } }

    private mutating func add(
        _ severity: Finding.Severity,
        _ place: String,
        _ text: String,
        _ remedy: Finding.Remedy = .none
    ) {
        self.findings.append(
            Finding(
                severity,
                stream: self.id,
                place: "streams/\(self.id)/\(place)",
                text: text,
                remedy: remedy
            )
        )
    }

    // MARK: State and index

    private mutating func readState() throws(StoreError) {
        switch try StateInspection.read(self.path) {
        case .absent: break
        case .damaged: self.add(.damage, StateInspection.name, "the state file does not verify", .state)
        case .state(let state) where state.checkpoint.stream != self.stream:
            self.add(.damage, StateInspection.name, "the state file is another stream's", .state)
        case .state(let state): self.state = state
        }
    }

    private mutating func openIndex() throws(StoreError) {
        switch try IndexInspection.open(inStream: self.path) {
        case .absent:
            self.add(.notice, "index", "there is no index; it is made from the log at the next start", .index)
        case .damaged(let reason):
            self.add(.damage, "index", "the index is damaged: \(reason)", .index)
        case .open(let index):
            self.indexBytes = index.bytes
            if index.checkpoint.stream != self.stream {
                self.add(.damage, "index", "the index is another stream's", .index)
            } else if !index.checkpoint.isComplete {
                let text = "the index is half made; it is made again at the next start"
                self.add(.notice, "index", text, .index)
            } else if let state = self.state?.checkpoint, Self.isOlder(index.checkpoint, than: state) {
                self.add(.damage, "index", "the index is older than the state file", .index)
            } else {
                self.index = index
                for table in index.unknownTables {
                    self.add(.notice, "index", "database \(table) is not known to this program")
                }
            }
        }
    }

    private static func isOlder(_ index: StoreCheckpointRecord, than state: StoreCheckpointRecord) -> Bool {
        if index.journal < state.journal || index.last < state.last { return true }
        guard let known = state.position else { return false }
        return index.position.map { $0 < known } ?? true
    }

    // MARK: Log

    private mutating func verifyLog(_ log: (any StorageDirectory)?) throws(StoreError) {
        guard let log else {
            if self.index != nil || self.state != nil { self.add(.damage, "log", "the log is missing") }
            return
        }
        if try self.isLocked(log) { return try self.verifyChecksums(log) }
        var comparison = try self.index.map { index throws(StoreError) in try IndexComparison(index) }
        var presence = self.index == nil ? self.state.map { StatePresence($0) } : nil
        var failure: StoreError?
        var highest: UInt64 = 0
        var stored: UInt64 = 0
        do throws(SegmentError) {
            self.segments = try MessageLog.verify(log, stream: self.stream, keys: self.keys) { header, body in
                highest = header.sequence
                if !header.flags.contains(.erased) { stored += 1 }
                presence?.visit(header)
                if failure != nil { return }
                do throws(StoreError) { try comparison?.visit(header, body) } catch { failure = error }
            }
        } catch {
            guard case .foreignStream(let path) = error else {
                return try StoreError.reading { () throws(SegmentError) in throw error }
            }
            let file = path.split(separator: "/").last ?? "log"
            self.add(.damage, "log/\(file)", "the segment is another stream's; nothing was compared with it")
            return
        }
        self.records = self.segments.reduce(0) { $0 + $1.records }
        self.highest = highest
        self.messages = stored
        if highest > 0 { self.sequences = 1...highest }
        if failure == nil, comparison != nil {
            do throws(StoreError) { try comparison?.finish() } catch { failure = error }
        }
        self.reportSegments(comparison)
        if let failure {
            return self.add(.damage, "index", "the index could not be read: \(failure)", .index)
        }
        if let comparison { try self.report(comparison, log) }
        if let presence, presence.missing > 0 {
            let text = "\(presence.missing) messages that the state file lists are not in the log"
            self.add(.damage, "log", text, .index)
        }
    }

    /// Whether a segment is encrypted and no key decrypts it.
    private func isLocked(_ log: any StorageDirectory) throws(StoreError) -> Bool {
        do throws(SegmentError) {
            try StorageKeys.check(self.keys, log, stream: self.stream)
            return false
        } catch {
            if case .locked = error { return true }
            throw StoreError.reading(error)
        }
    }

    /// Verifies a log that no key decrypts as far as that goes: what its records say is not compared with the index.
    private mutating func verifyChecksums(_ log: any StorageDirectory) throws(StoreError) {
        var highest: UInt64 = 0
        self.segments = try StoreError.reading { () throws(SegmentError) in
            try MessageLog.verify(log, stream: self.stream) { header, _ in highest = header.sequence }
        }
        self.records = self.segments.reduce(0) { $0 + $1.records }
        self.messages = self.index?.checkpoint.messages ?? self.records
        self.highest = self.segments.reduce(highest) { max($0, $1.isSealed ? $1.lastSequence : 0) }
        let last = max(self.highest, self.index?.checkpoint.last ?? 0)
        let first = max(self.index?.checkpoint.first ?? 1, 1)
        if first <= last { self.sequences = first...last }
        self.reportSegments(nil)
        let reason = self.keys == nil ? "there is no key" : "the key is another one"
        self.add(
            .notice,
            "log",
            "it is encrypted, and \(reason): checksums were verified, and nothing was compared with the index"
        )
    }

    private mutating func reportSegments(_ comparison: IndexComparison?) {
        let lost = comparison?.lostPositions ?? []
        for report in self.segments {
            let name = "log/\(SegmentNames.segment(report.number))"
            if report.isHeaderDamaged {
                self.add(.damage, name, "the header does not verify", .segment(report.number))
            }
            for hole in report.holes {
                let here = lost.filter {
                    $0.position.segment == hole.position.segment && $0.position.offset >= hole.position.offset
                        && Int($0.position.offset) < Int(hole.position.offset) + max(hole.bytes, 1)
                }
                self.add(
                    .damage,
                    "\(name) at byte \(hole.position.offset)",
                    Self.describe(hole, here, isCompared: comparison != nil),
                    .segment(report.number)
                )
            }
            if report.holeCount > report.holes.count {
                self.add(.damage, name, "\(report.holeCount - report.holes.count) more damaged places")
            }
            if report.tailBytes > 0 { self.reportTail(report, name, lost) }
        }
    }

    private static func describe(_ hole: LogHole, _ lost: [IndexPosition], isCompared: Bool) -> String {
        let what = hole.bytes > 0 ? "\(hole.bytes) bytes do not verify" : "the segment ends too early"
        if !lost.isEmpty {
            let names = lost.prefix(4).map { String($0.sequence) }.joined(separator: ", ")
            let more = lost.count > 4 ? " and \(lost.count - 4) more" : ""
            return "\(what); \(lost.count == 1 ? "message" : "messages") \(names)\(more) cannot be read"
        }
        if isCompared { return "\(what); no stored message is in them" }
        return what + (hole.sequences.map { "; sequence \($0.text) may have been there" } ?? "")
    }

    /// Bytes after the last good record: an unfinished write, unless the index knows of messages there.
    private mutating func reportTail(_ report: FileReport, _ name: String, _ lost: [IndexPosition]) {
        let here = lost.filter { $0.position.segment == report.number && $0.sequence > self.highest }
        if here.isEmpty {
            let text =
                "\(report.tailBytes) bytes of an unfinished write end the log; the next start sets them aside"
            self.add(.notice, name, text)
        } else {
            let text =
                "the last \(report.tailBytes) bytes do not verify; \(here.count) stored messages cannot be read"
            self.add(.damage, name, text, .index)
        }
    }

    private mutating func report(_ comparison: IndexComparison, _ log: any StorageDirectory)
        throws(StoreError)
    {
        let checkpoint = comparison.index.checkpoint
        // What happened after the checkpoint is told by the journal; here it is enough to count appends.
        self.messages = checkpoint.messages + comparison.recordsBehind
        let last = max(checkpoint.last, self.highest)
        self.sequences = last > 0 && checkpoint.first <= last ? checkpoint.first...last : nil
        for problem in comparison.problems { self.add(.damage, "index", problem, .index) }
        if comparison.problemCount > comparison.problems.count {
            let more = comparison.problemCount - comparison.problems.count
            self.add(.damage, "index", "\(more) more contradictions", .index)
        }
        let disagreement = try SubjectDisagreement(
            comparison,
            log: log,
            stream: self.stream,
            keys: self.keys
        )
        for problem in disagreement.problems { self.add(.damage, "index", problem, .index) }
        self.reportLost(comparison)
    }

    /// Stored messages that no damaged place of the log accounts for.
    private mutating func reportLost(_ comparison: IndexComparison) {
        let files = Set(self.segments.map(\.number))
        let missing = comparison.lostPositions.filter { !files.contains($0.position.segment) }
        for number in Set(missing.map(\.position.segment)).sorted() {
            let count = missing.count { $0.position.segment == number }
            let name = "log/\(SegmentNames.segment(number))"
            self.add(.damage, name, "the segment is missing; \(count) stored messages were in it", .index)
        }
        let isExplained = self.findings.contains { $0.place.contains("/log") && $0.severity == .damage }
        if comparison.lost.count > 0, !isExplained {
            let ranges = comparison.lost.ranges.prefix(4).map(\.text).joined(separator: ", ")
            let text =
                "\(comparison.lost.count) messages are said to be stored and are not in the log: \(ranges)"
            self.add(.damage, "index", text, .index)
        }
    }

    // MARK: Journal

    private mutating func verifyJournal(_ journal: (any StorageDirectory)?) throws(StoreError) {
        guard let journal else { return }
        var unknown = 0
        do throws(SegmentError) {
            self.journals = try Journal.verify(journal, stream: self.stream, keys: self.keys) {
                entry,
                bytes in
                if !entry.isLocked, JournalText.describe(kind: entry.kind, bytes) == nil { unknown += 1 }
            }
        } catch {
            guard case .foreignStream(let path) = error else {
                return try StoreError.reading { () throws(SegmentError) in throw error }
            }
            let file = path.split(separator: "/").last ?? "journal"
            return self.add(.damage, "journal/\(file)", "the journal file is another stream's")
        }
        for report in self.journals {
            let name = "journal/\(SegmentNames.journal(report.number))"
            if report.isHeaderDamaged {
                self.add(.damage, name, "the header does not verify", .journal(report.number))
            }
            for hole in report.holes {
                let text = "\(hole.bytes) bytes do not verify"
                self.add(.damage, "\(name) at byte \(hole.position.offset)", text, .journal(report.number))
            }
            if report.tailBytes > 0 {
                let text = "\(report.tailBytes) bytes of an unfinished write end the journal"
                self.add(.notice, name, text + "; the next start sets them aside")
            }
        }
        if unknown > 0 {
            self.add(.notice, "journal", "\(unknown) entries are of a form that this program does not know")
        }
        self.reportMissingJournals()
    }

    private mutating func reportMissingJournals() {
        let numbers = self.journals.map(\.number)
        let base = self.index?.checkpoint.journal ?? self.state?.checkpoint.journal ?? 1
        guard let newest = numbers.last, newest >= base else { return }
        let present = Set(numbers)
        var missing: [UInt64] = []
        var number = base
        while number < newest, missing.count < 16 {
            if !present.contains(number) { missing.append(number) }
            number += 1
        }
        for number in missing {
            let name = "journal/\(SegmentNames.journal(number))"
            self.add(.damage, name, "the journal file is missing", .index)
        }
    }
}

/// Compares the messages a state file lists with the log, when there is no index to do it with.
struct StatePresence {
    private let state: StateInspection
    private var present: UInt64 = 0

    init(_ state: StateInspection) { self.state = state }

    mutating func visit(_ header: RecordHeader) {
        guard !header.flags.contains(.erased), self.state.stored.contains(header.sequence) else { return }
        self.present += 1
    }

    /// Messages that are listed and not in the log.
    var missing: UInt64 {
        let listed = self.state.checkpoint.messages
        return listed > self.present ? listed - self.present : 0
    }
}

extension StoreError {
    /// The directory `name`; nil if there is none.
    static func readingDirectory(
        _ name: String,
        in directory: any StorageDirectory
    ) throws(StoreError) -> (any StorageDirectory)? {
        try self.reading { () throws(SegmentError) in
            do throws(SegmentError) {
                return try directory.openDirectory(name)
            } catch {
                if error.isAbsent { return nil }
                throw error
            }
        }
    }
}
