/// What verification found in one file of a log or a journal.
public struct FileReport: Sendable, Equatable {
    /// The number that the file is named by.
    public var number: UInt64
    /// Its length in bytes.
    public var bytes: UInt64
    /// Whether its header is damaged.
    public var isHeaderDamaged: Bool
    /// Messages or entries that verify.
    public var records: UInt64
    /// How many of them are encrypted and could not be decrypted, for want of the key: their bytes are as they were
    /// written.
    public var lockedRecords: UInt64
    /// The highest sequence up to its end; zero in a journal.
    public var lastSequence: UInt64
    /// Whether it ends in a footer.
    public var isSealed: Bool
    /// Its damage, oldest first; at most 1 024 holes.
    public var holes: [LogHole]
    /// How many holes there are.
    public var holeCount: Int
    /// Bytes after the last good record of the newest file that are not zero: an unfinished write, or damage.
    public var tailBytes: Int
}

extension MessageLog {
    /// Reads every segment in `directory` and says what is in it; changes nothing.
    ///
    /// Needs no key: what is encrypted is verified as it is, and shown without its bytes, with
    /// ``RecordHeader/isLocked``; the records of encrypted packed blocks are counted and not shown.
    ///
    /// - Parameters:
    ///   - keys: what decrypts what is encrypted.
    ///   - visit: called for each record that verifies.
    public static func verify(
        _ directory: any StorageDirectory,
        stream: StreamUUID,
        keys: StorageKeys? = nil,
        visit: (RecordHeader, RawSpan) -> Void = { _, _ in }
    ) throws(SegmentError) -> [FileReport] {
        try FileReport.make(.segment, directory, stream, keys) { frame, body in
            if case .record(let header) = frame { visit(header, body) }
        }
    }

    /// Whose segments are in `directory`, by the newest header that verifies; nil if none does.
    public static func identify(_ directory: any StorageDirectory) throws(SegmentError) -> StreamUUID? {
        for number in try FileKind.segment.numbers(in: directory).reversed() {
            let file = try directory.openFile(FileKind.segment.name(number), for: .reading)
            let block = ByteBlock(capacity: FileHeader.bytes)
            let count = try block.fill(0..<FileHeader.bytes, from: file, at: 0)
            let found = block.withBytes(0..<count) { FileHeader.identify($0, .segment) }
            if let found { return found }
        }
        return nil
    }
}

extension Journal {
    /// Reads every journal file in `directory` and says what is in it; changes nothing.
    ///
    /// - Parameters:
    ///   - keys: what decrypts what is encrypted; without, entries are shown without their bytes.
    ///   - visit: called for each entry that verifies.
    public static func verify(
        _ directory: any StorageDirectory,
        stream: StreamUUID,
        keys: StorageKeys? = nil,
        visit: (JournalEntry, RawSpan) -> Void = { _, _ in }
    ) throws(SegmentError) -> [FileReport] {
        try FileReport.make(.journal, directory, stream, keys) { frame, body in
            if case .entry(let entry) = frame { visit(entry, body) }
        }
    }
}

extension FileReport {
    fileprivate static func make(
        _ kind: FileKind,
        _ directory: any StorageDirectory,
        _ stream: StreamUUID,
        _ keys: StorageKeys?,
        visit: (Frame, RawSpan) -> Void
    ) throws(SegmentError) -> [FileReport] {
        let numbers = try kind.numbers(in: directory)
        var recovery = FileRecovery(
            kind: kind,
            directory: directory,
            stream: stream,
            keys: keys,
            allowsLocked: true
        )
        try recovery.checkHeaders(numbers[...])
        var reports: [FileReport] = []
        var last: UInt64 = 0
        for index in numbers.indices {
            let number = numbers[index]
            let isNewest = index == numbers.count - 1
            let isSegment = kind == .segment
            let scan = try recovery.scan(
                number,
                from: FileHeader.bytes,
                FrameBounds(
                    after: isSegment && number > 0 ? max(last, number - 1) : last,
                    upTo: isNewest || !isSegment ? .max : numbers[index + 1] - 1
                ),
                isNewest: isNewest,
                visit: visit
            )
            last = scan.lastSequence
            reports.append(
                FileReport(
                    number: number,
                    bytes: try directory.fileSize(kind.name(number)),
                    isHeaderDamaged: recovery.report.damagedHeaders.contains(number),
                    records: scan.frames,
                    lockedRecords: scan.locked,
                    lastSequence: scan.lastSequence,
                    isSealed: scan.footer != nil,
                    holes: scan.holes,
                    holeCount: scan.holeCount,
                    tailBytes: isNewest ? scan.tail?.count ?? 0 : 0
                )
            )
        }
        return reports
    }
}
