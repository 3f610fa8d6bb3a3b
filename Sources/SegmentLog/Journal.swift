/// What happened to a stream besides appends, since the last checkpoint: deletes, purges, acknowledgements.
///
/// An append-only file of entries, written as the ``MessageLog`` is: appended to memory, handed out,
/// performed on another thread, taken back. A checkpoint rotates it; when the checkpoint is durable, older
/// files go.
///
/// Confined to its owner's thread. Nothing else may be called before ``recover(from:quarantine:visit:)``.
public final class Journal {
    /// The directory of the files.
    public let directory: any StorageDirectory
    /// Whose journal it is.
    public let stream: StreamUUID
    /// The longest entry, in bytes: 16 MiB less 29.
    public static let entryBytesMax = JournalEntry.lengthMax

    private let writer: SegmentWriter
    private let fileBytes: Int
    /// The numbers of the files there are, ascending.
    private var files: [UInt64] = []
    /// The number of the file that the next append begins, if it has to begin one.
    private var nextNumber: UInt64 = 1
    private var entries: UInt64 = 0
    private var isRecovered = false

    /// Makes the journal of the files in `directory`.
    ///
    /// Reads and changes nothing yet.
    ///
    /// - Parameter options: `segmentBytes` is the length at which a file ends without a rotation.
    public init(directory: any StorageDirectory, stream: StreamUUID, options: LogOptions = LogOptions()) {
        self.directory = directory
        self.stream = stream
        self.fileBytes = options.segmentBytes
        self.writer = SegmentWriter(
            kind: .journal,
            directory: directory,
            stream: stream,
            allocationBytesMax: options.preallocates ? options.segmentBytes : 0,
            keys: options.keys
        )
    }

    /// How far the journal is appended, written and synced: counts of entries, those recovered included.
    public var marks: SegmentMarks { self.writer.marks }

    /// Why nothing is written any more; nil while all is well.
    public var frozen: SegmentError? { self.writer.frozen }

    /// Bytes in memory that the kernel does not have yet.
    public var unwrittenBytes: Int { self.writer.unwrittenBytes }

    /// Whether something waits to be handed out by ``takeWrite(forSync:)``.
    public var hasUnwritten: Bool { self.writer.hasUnwritten }

    /// The number of the file that the next entry goes to.
    public var number: UInt64 { self.writer.number ?? self.nextNumber }

    /// Reads the entries of file `number` and all after it, makes the journal ready, and says what it found.
    ///
    /// As ``MessageLog/recover(from:after:quarantine:visit:)``: damage is passed over and reported, only an
    /// unfinished tail of the newest file is cut, and what was read is on the disk.
    ///
    /// - Parameter number: what ``rotate()`` returned for the checkpoint to start from; 1 without one.
    public func recover(
        from number: UInt64,
        quarantine: any StorageDirectory,
        visit: (JournalEntry, RawSpan) -> Void
    ) throws(SegmentError) -> RecoveryReport {
        precondition(!self.isRecovered, "a journal is recovered once")
        self.files = try FileKind.journal.numbers(in: self.directory)
        let first = self.files.firstIndex { $0 >= number } ?? self.files.count
        let live = self.files[first...]
        var recovery = FileRecovery(
            kind: .journal,
            directory: self.directory,
            stream: self.stream,
            keys: self.writer.keys
        )
        try recovery.checkHeaders(live)
        if let newest = live.last { try recovery.settleCache(newest) }

        self.nextNumber = max(number, Journal.number(after: self.files.last ?? 0))
        var expected = number
        var open: FileRecovery.Open?
        for file in live {
            self.didMiss(expected, before: file, &recovery)
            expected = Journal.number(after: file)
            let isNewest = file == live.last
            let scan = try recovery.scan(
                file,
                from: FileHeader.bytes,
                .all,
                isNewest: isNewest
            ) { frame, body in
                if case .entry(let entry) = frame { visit(entry, body) }
            }
            if isNewest { open = try recovery.openNewest(file, scan, quarantine: quarantine) }
            // A file that is encrypted otherwise than new ones are is left as it is.
            if open?.isOutdated == true { open = nil }
        }
        self.entries = recovery.report.records
        self.writer.resume(
            mark: self.entries,
            number: open == nil ? nil : live.last,
            end: open?.end ?? 0,
            file: open?.file,
            size: open?.size ?? 0,
            cipher: open?.cipher
        )
        self.isRecovered = true
        return recovery.report
    }

    /// Appends an entry to memory.
    ///
    /// - Parameters:
    ///   - kind: what the bytes mean.
    ///   - after: the sequence of the last message appended to the log.
    /// - Precondition: `kind` is not zero; `bytes` is not longer than ``entryBytesMax``.
    public func append(kind: UInt8, after: UInt64, bytes: RawSpan) {
        precondition(kind != 0, "kind zero stands for no entry")
        precondition(kind < JournalEntry.encryptedBit, "the kind's highest bit has a meaning of its own")
        precondition(bytes.byteCount <= JournalEntry.lengthMax, "the entry is too long")
        assert(self.isRecovered)
        let isEncrypted = self.writer.keys != nil
        let stored = bytes.byteCount + (isEncrypted ? FileCipher.overhead : 0)
        let size = JournalEntry.size(length: stored)
        if self.writer.number != nil, self.writer.end > FileHeader.bytes,
            self.writer.end + size > self.fileBytes
        {
            self.seal()
        }
        if self.writer.number == nil { self.begin() }
        let offset = self.writer.end
        let target = unsafe self.writer.reserve(size)
        // `reserve` has made room for `size` bytes.
        unsafe JournalEntry.encode(
            into: target,
            seed: self.writer.seed,
            offset: offset,
            kind: kind,
            after: after,
            bytes: bytes,
            cipher: self.writer.cipher,
            nonces: &self.writer.nonces
        )
        self.entries += 1
        self.writer.didAppend(self.entries)
    }

    /// Hands out everything not handed out yet; as ``MessageLog/takeWrite(forSync:)``.
    public func takeWrite(forSync: Bool = false) -> LogWrite? { self.writer.takeWrite(forSync: forSync) }

    /// Takes back a performed write and moves ``marks``; as ``MessageLog/finish(_:)``.
    public func finish(_ write: LogWrite) throws(SegmentError) { try self.writer.finish(write) }

    /// Ends the current file, for a checkpoint, and returns the number of the one that later entries go to.
    ///
    /// The file is made with the first entry. Without an entry since the last rotation the number stays.
    public func rotate() -> UInt64 {
        if self.writer.number != nil, self.writer.end > FileHeader.bytes { self.seal() }
        return self.number
    }

    /// Gives up the files below `number`; nil if there are none.
    ///
    /// They are removed when the result is performed, on any thread. A file still to be written stays: call
    /// again after the next write.
    public func removeFiles(below number: UInt64) -> FileRemoval? {
        let bound = min(number, self.writer.memoryStart?.segment ?? .max, self.number)
        let removed = Array(self.files.prefix { $0 < bound })
        if removed.isEmpty { return nil }
        self.files.removeFirst(removed.count)
        return FileRemoval(kind: .journal, directory: self.directory, numbers: removed)
    }

    /// Gives back what an idle journal can do without: its open file and memory.
    public func release() { self.writer.releaseFile() }

    private func begin() {
        self.files.append(self.nextNumber)
        self.writer.begin(self.nextNumber)
    }

    private func seal() {
        guard let number = self.writer.number else { return }
        self.writer.seal()
        self.nextNumber = Journal.number(after: number)
    }

    /// The next number; the last one, which a file's name can claim, has none and stays.
    private static func number(after number: UInt64) -> UInt64 { number == .max ? number : number + 1 }

    /// Reports the numbers between `expected` and `file`, up to a bound.
    private func didMiss(_ expected: UInt64, before file: UInt64, _ recovery: inout FileRecovery) {
        var number = expected
        while number < file, recovery.report.missingFiles.count < FileScan.holesMax {
            recovery.didMiss(number)
            number += 1
        }
    }
}
