/// The writing half that a log and a journal share: the file appended to, the bytes not yet written, the
/// write under way, and the marks.
///
/// Confined to its owner's thread.
final class SegmentWriter {
    let kind: FileKind
    let directory: any StorageDirectory
    let stream: StreamUUID
    /// See `LogWrite.allocationBytesMax`.
    let allocationBytesMax: Int
    /// What encrypts files begun now.
    let keys: StorageKeys?
    /// What encrypts what is appended; nil: nothing does.
    private(set) var cipher: FileCipher?
    /// Numbers for it.
    var nonces = NonceSequence()

    private(set) var marks = SegmentMarks(recovered: 0)
    /// Why nothing is written any more; nil while all is well.
    private(set) var frozen: SegmentError?

    /// The number of the file appended to; nil if the next append has to begin one.
    private(set) var number: UInt64?
    /// Where the next append goes in it.
    private(set) var end = 0
    /// What its checksums start from.
    private(set) var seed: UInt32 = 0

    private(set) var current = AppendBuffer()
    private var spare: AppendBuffer?
    private var runStart = 0
    private var runOffset = 0
    private var runBegins = false

    /// The write handed out, or waiting to be handed out again, or the one that failed for good.
    private(set) var inFlight: LogWrite?
    private var isHandedOut = false
    private var erasures: [Erasure] = []
    private var replaced: [ReplacedFile] = []

    /// The file the kernel has written to last, kept open.
    private(set) var file: (any StorageFile)?
    private(set) var fileNumber: UInt64?
    private var allocated = 0

    init(
        kind: FileKind,
        directory: any StorageDirectory,
        stream: StreamUUID,
        allocationBytesMax: Int,
        keys: StorageKeys?
    ) {
        self.kind = kind
        self.directory = directory
        self.stream = stream
        self.allocationBytesMax = allocationBytesMax
        self.keys = keys
    }

    /// Goes on after recovery: everything up to `mark` is on the disk, and the next append goes to `end` of
    /// the file `number` (nil: to a new one).
    func resume(
        mark: UInt64,
        number: UInt64?,
        end: Int,
        file: (any StorageFile)?,
        size: Int,
        cipher: FileCipher?
    ) {
        self.cipher = cipher
        self.marks = SegmentMarks(recovered: mark)
        self.number = number
        self.end = end
        self.runOffset = end
        self.file = file
        self.fileNumber = file == nil ? nil : number
        self.allocated = size
        if let number {
            self.seed = Checksum.seed(magic: self.kind.magic, stream: self.stream, number: number)
        }
    }

    // MARK: Appending

    /// Adds `bytes` bytes at ``end``, which the caller fills at once.
    ///
    /// - Precondition: A file has been begun.
    @inline(__always)
    func reserve(_ bytes: Int) -> UnsafeMutableRawPointer {
        assert(self.number != nil)
        self.end += bytes
        return unsafe self.current.reserve(bytes)
    }

    /// Everything up to `mark` has been appended.
    @inline(__always)
    func didAppend(_ mark: UInt64) { self.marks.didAppend(mark) }

    /// Begins the file `number`; its header is the first thing appended.
    func begin(_ number: UInt64) {
        precondition(self.number == nil)
        self.number = number
        self.seed = Checksum.seed(magic: self.kind.magic, stream: self.stream, number: number)
        self.end = 0
        self.openRun(begins: true)
        self.cipher = self.keys?.cipher(self.kind, self.stream, number)
        let header = FileHeader(self.kind, self.stream, number, self.cipher)
        unsafe header.encode(into: self.reserve(FileHeader.bytes))
    }

    /// Nothing more goes to the file appended to.
    func seal() {
        self.closeRun(seals: true)
        self.number = nil
    }

    private func openRun(begins: Bool) {
        self.runStart = self.current.count
        self.runOffset = self.end
        self.runBegins = begins
    }

    private func closeRun(seals: Bool) {
        guard let number = self.number else { return }
        // A file that ends exactly where the last write did still has to be sealed.
        if self.current.count > self.runStart || seals {
            self.current.add(
                AppendRun(
                    number: number,
                    offset: self.runOffset,
                    start: self.runStart,
                    end: self.current.count,
                    begins: self.runBegins,
                    seals: seals
                )
            )
        }
        self.openRun(begins: false)
    }

    // MARK: Erasing

    /// Overwrites a record with the next write.
    func add(_ erasure: Erasure) { self.erasures.append(erasure) }

    /// Whether the record at `position` is to be overwritten and may not have been yet.
    func isErasing(_ position: LogPosition) -> Bool {
        if self.erasures.contains(where: { $0.position == position }) { return true }
        return self.inFlight?.erasures.contains { $0.position == position } ?? false
    }

    /// Whether any record is to be overwritten and may not have been yet.
    @inline(__always)
    var isErasing: Bool { !self.erasures.isEmpty || !(self.inFlight?.erasures.isEmpty ?? true) }

    // MARK: Writing

    /// Whether something has been appended or is to be erased, and no write has been handed out for it.
    var hasUnwritten: Bool {
        if self.frozen != nil { return false }
        if self.inFlight != nil, !self.isHandedOut { return true }
        return self.current.count > 0 || !self.current.runs.isEmpty || !self.erasures.isEmpty
            || !self.replaced.isEmpty
    }

    /// Bytes in memory that the kernel does not have yet.
    var unwrittenBytes: Int { self.current.count + (self.inFlight?.buffer.count ?? 0) }

    /// Hands out everything not handed out yet; see ``MessageLog/takeWrite(forSync:)``.
    func takeWrite(forSync: Bool) -> LogWrite? {
        if self.frozen != nil || self.isHandedOut { return nil }
        if let postponed = self.inFlight {
            self.isHandedOut = true
            return postponed
        }
        self.closeRun(seals: false)
        let isDirty = self.marks.synced < self.marks.written
        if self.current.runs.isEmpty, self.erasures.isEmpty, self.replaced.isEmpty, !(forSync && isDirty) {
            return nil
        }
        let write = LogWrite(
            kind: self.kind,
            directory: self.directory,
            stream: self.stream,
            keys: self.keys,
            buffer: self.current,
            erasures: self.erasures,
            replaced: self.replaced,
            mark: self.marks.appended,
            allocationBytesMax: self.allocationBytesMax,
            file: self.file,
            number: self.fileNumber,
            allocated: self.allocated,
            isDirty: isDirty
        )
        self.erasures.removeAll(keepingCapacity: true)
        self.replaced.removeAll()
        self.current = self.spare ?? AppendBuffer()
        self.spare = nil
        self.openRun(begins: false)
        self.inFlight = write
        self.isHandedOut = true
        return write
    }

    /// Takes back a write; see ``MessageLog/finish(_:)``.
    func finish(_ write: LogWrite) throws(SegmentError) {
        precondition(
            write === self.inFlight && self.isHandedOut,
            "a write was finished that is not under way"
        )
        self.isHandedOut = false
        switch write.outcome {
        case .done(let synced):
            self.file = write.file
            self.fileNumber = write.number
            self.allocated = write.allocated
            self.marks.didWrite(write.mark)
            if synced { self.marks.didSync() }
            write.buffer.recycle()
            self.spare = write.buffer
            self.inFlight = nil
            self.replaced.append(contentsOf: write.leftovers)
        case .postponed(let error):
            throw error
        case .failed(let error):
            // Its bytes stay where they are: they can still be read, and are never called written.
            self.frozen = error
            throw error
        case nil:
            preconditionFailure("a write was finished that was not performed")
        }
    }

    /// Closes the file appended to if nothing is on the way to it; it is opened again when needed.
    func releaseFile() {
        if self.inFlight != nil || self.marks.synced < self.marks.written { return }
        self.file = nil
        self.fileNumber = nil
        self.spare = nil
        if self.current.count == 0, self.current.runs.isEmpty { self.current = AppendBuffer() }
    }

    // MARK: Reading what is in memory

    /// Where the bytes begin that may not be in the kernel yet; nil if everything is.
    var memoryStart: LogPosition? {
        if let run = self.inFlight?.buffer.runs.first {
            return LogPosition(segment: run.number, offset: UInt32(run.offset))
        }
        if let run = self.current.runs.first {
            return LogPosition(segment: run.number, offset: UInt32(run.offset))
        }
        guard let number = self.number, self.current.count > self.runStart else { return nil }
        return LogPosition(segment: number, offset: UInt32(self.runOffset))
    }

    /// Where the byte at `position` is in memory: the block and the range from there to the run's end.
    func find(_ position: LogPosition) -> (block: ByteBlock, range: Range<Int>, isCurrent: Bool)? {
        let offset = Int(position.offset)
        if let number = self.number, number == position.segment, offset >= self.runOffset {
            let start = self.runStart + offset - self.runOffset
            return start < self.current.count
                ? (self.current.block, start..<self.current.count, true) : nil
        }
        if let found = SegmentWriter.find(position, in: self.current) {
            return (self.current.block, found, true)
        }
        if let buffer = self.inFlight?.buffer, let found = SegmentWriter.find(position, in: buffer) {
            return (buffer.block, found, false)
        }
        return nil
    }

    private static func find(_ position: LogPosition, in buffer: AppendBuffer) -> Range<Int>? {
        let offset = Int(position.offset)
        for run in buffer.runs where run.number == position.segment {
            if offset >= run.offset, offset < run.endOffset {
                let start = run.start + offset - run.offset
                return start..<run.end
            }
        }
        return nil
    }
}
