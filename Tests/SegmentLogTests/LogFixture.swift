import SegmentLog
import TestSupport

/// A message as the tests know it.
struct Message: Equatable, CustomStringConvertible {
    var sequence: UInt64
    var timestamp: Int64
    var subject: [UInt8]
    var headers: [UInt8]
    var payload: [UInt8]

    var description: String { "#\(self.sequence) (\(self.payload.count) bytes)" }

    /// A message whose parts follow from its sequence.
    init(_ sequence: UInt64, payloadLength: Int) {
        var bytes = SeededGenerator(seed: sequence)
        self.sequence = sequence
        self.timestamp = Int64(bitPattern: sequence) &* 1_000
        self.subject = Array("orders.\(sequence % 7)".utf8)
        self.headers = sequence % 3 == 0 ? Array("NATS/1.0\r\nA: \(sequence)\r\n\r\n".utf8) : []
        self.payload = bytes.bytes(payloadLength)
    }

    init(_ header: RecordHeader, _ body: RawSpan) {
        let bytes = body.withUnsafeBytes { Array($0) }
        self.sequence = header.sequence
        self.timestamp = header.timestamp
        self.subject = Array(bytes.prefix(header.subjectLength))
        self.headers = Array(bytes.dropFirst(header.subjectLength).prefix(header.headerLength))
        self.payload = Array(bytes.dropFirst(header.subjectLength + header.headerLength))
    }

    /// Bytes of its record.
    var recordBytes: Int {
        MessageLog.recordBytes(
            subject: self.subject.count,
            headers: self.headers.count,
            payload: self.payload.count
        )
    }
}

/// A stream's directories on some disk, and how tests open them.
struct LogFixture {
    static let stream = StreamUUID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)

    let log: any StorageDirectory
    let journal: any StorageDirectory
    let quarantine: any StorageDirectory
    /// What encrypts log and journal, if their options say nothing else.
    var keys: StorageKeys?

    init(_ root: any StorageDirectory, keys: StorageKeys? = nil) throws {
        self.keys = keys
        self.log = try root.ensureDirectory("log")
        self.journal = try root.ensureDirectory("journal")
        self.quarantine = try root.ensureDirectory("quarantine")
    }

    /// What opening a log gave.
    struct Opened {
        var log: MessageLog
        var report: RecoveryReport
        /// Records found, erased ones not.
        var messages: [Message]
        /// Sequences of the erased ones.
        var erased: [UInt64]
    }

    func open(
        _ options: LogOptions = LogOptions(segmentBytes: 1_024),
        from position: LogPosition? = nil,
        after sequence: UInt64 = 0
    ) throws -> Opened {
        var options = options
        options.keys = options.keys ?? self.keys
        let log = MessageLog(directory: self.log, stream: LogFixture.stream, options: options)
        var messages: [Message] = []
        var erased: [UInt64] = []
        let report = try log.recover(from: position, after: sequence, quarantine: self.quarantine) {
            if $0.flags.contains(.erased) {
                erased.append($0.sequence)
            } else {
                messages.append(Message($0, $1))
            }
        }
        return Opened(log: log, report: report, messages: messages, erased: erased)
    }

    /// What opening a journal gave.
    struct OpenedJournal {
        var journal: Journal
        var report: RecoveryReport
        var entries: [Entry]
    }

    func openJournal(
        from number: UInt64 = 1,
        _ options: LogOptions = LogOptions(segmentBytes: 1 << 20)
    ) throws -> OpenedJournal {
        var options = options
        options.keys = options.keys ?? self.keys
        let journal = Journal(directory: self.journal, stream: LogFixture.stream, options: options)
        var entries: [Entry] = []
        let report = try journal.recover(from: number, quarantine: self.quarantine) {
            entries.append(Entry($0, $1))
        }
        return OpenedJournal(journal: journal, report: report, entries: entries)
    }
}

/// A journal entry as the tests know it.
struct Entry: Equatable {
    var kind: UInt8
    var after: UInt64
    var bytes: [UInt8]

    /// An entry whose parts follow from `number`.
    init(_ number: UInt64, length: Int) {
        var chance = SeededGenerator(seed: number &* 77)
        self.kind = UInt8(number % 5 + 1)
        self.after = number / 2
        self.bytes = chance.bytes(length)
    }

    init(_ entry: JournalEntry, _ bytes: RawSpan) {
        self.kind = entry.kind
        self.after = entry.after
        self.bytes = bytes.withUnsafeBytes { Array($0) }
    }
}

extension MessageLog {
    @discardableResult
    func append(_ message: Message) -> LogPosition {
        self.append(
            sequence: message.sequence,
            timestamp: message.timestamp,
            subject: message.subject.span.bytes,
            headers: message.headers.span.bytes,
            payload: message.payload.span.bytes
        )
    }

    /// Writes what has been appended, on this thread.
    func write(sync: Bool = true) throws {
        guard let write = self.takeWrite(forSync: sync) else { return }
        try? write.perform(sync: sync)
        try self.finish(write)
    }

    /// The message at `position`; nil if there is none that can be read.
    func message(at position: LogPosition) -> (Message?, ReadResult) {
        var message: Message?
        let result = self.withRecord(at: position) { message = Message($0, $1) }
        return (message, result)
    }

    /// Everything readable from `start` on, by going forward.
    func readAll(from start: LogPosition? = nil) -> [Message] {
        var messages: [Message] = []
        guard var position = start ?? self.start else { return [] }
        while true {
            switch self.withRecord(at: position, { messages.append(Message($0, $1)) }) {
            case .record(let next), .erased(let next): position = next
            case .damaged(_, let next):
                guard let next else { return messages }
                position = next
            case .end, .absent, .failed: return messages
            }
        }
    }
}

extension Journal {
    func append(_ entry: Entry) {
        self.append(kind: entry.kind, after: entry.after, bytes: entry.bytes.span.bytes)
    }

    /// Writes what has been appended, on this thread.
    func write(sync: Bool = true) throws {
        guard let write = self.takeWrite(forSync: sync) else { return }
        try? write.perform(sync: sync)
        try self.finish(write)
    }
}
