/// Writes of a log or a journal: made by its owner, performed on another thread, then given back to the
/// owner.
///
/// Files are made, filled, sealed and synced in the order in which their records were appended; a file is
/// never begun before the one ahead of it is synced, so a power cut leaves a hole in the newest file at most.
public final class LogWrite: @unchecked Sendable {
    // Unchecked: exactly one thread holds a write at a time; it is handed over, never shared. Its owner reads
    // the bytes of `buffer` meanwhile, which nobody changes before the write has been given back.

    /// How performing it went.
    enum Outcome {
        /// Everything is written; also on the disk, if `synced`.
        case done(synced: Bool)
        /// Nothing is lost that cannot be written again: the disk was full before anything was synced.
        case postponed(SegmentError)
        /// What is on the disk is not known.
        case failed(SegmentError)
    }

    /// The first allocation of a file, in bytes; each further one is four times as large.
    static let allocationBytesMin = 64 << 10

    let kind: FileKind
    let directory: any StorageDirectory
    let stream: StreamUUID
    let keys: StorageKeys?
    let buffer: AppendBuffer
    let erasures: [Erasure]
    /// What earlier erasures have left to overwrite.
    let replaced: [ReplacedFile]
    /// The mark up to which the log is written when this is.
    let mark: UInt64
    /// The length at which a file is full; what is preallocated stays below.
    ///
    /// Zero: no preallocation.
    let allocationBytesMax: Int

    /// The file appended to; nil until it is opened.
    private(set) var file: (any StorageFile)?
    /// Its number.
    private(set) var number: UInt64?
    /// Its length, preallocation included.
    private(set) var allocated: Int
    private(set) var outcome: Outcome?
    /// What its own erasures leave to overwrite once the owner has let go of the files.
    private(set) var leftovers: [ReplacedFile] = []

    /// Nanoseconds that performing it spent in calls that sync.
    public private(set) var syncNanoseconds: Int64 = 0

    private var runsDone = 0
    private var isDirty: Bool
    private var isSyncing = false

    init(
        kind: FileKind,
        directory: any StorageDirectory,
        stream: StreamUUID,
        keys: StorageKeys?,
        buffer: AppendBuffer,
        erasures: [Erasure],
        replaced: [ReplacedFile],
        mark: UInt64,
        allocationBytesMax: Int,
        file: (any StorageFile)?,
        number: UInt64?,
        allocated: Int,
        isDirty: Bool
    ) {
        self.kind = kind
        self.directory = directory
        self.stream = stream
        self.keys = keys
        self.buffer = buffer
        self.erasures = erasures
        self.replaced = replaced
        self.mark = mark
        self.allocationBytesMax = allocationBytesMax
        self.file = file
        self.number = number
        self.allocated = allocated
        self.isDirty = isDirty
    }

    /// Writes everything, and with `sync` waits until it is on the disk.
    ///
    /// Blocks. A file that is begun or sealed is synced in any case. After a failure the write must be given
    /// back with `finish(_:)`, which throws the same error; it is performed again only if the owner hands it
    /// out again.
    public func perform(sync: Bool) throws(SegmentError) {
        do {
            while self.runsDone < self.buffer.runs.count {
                try self.write(self.buffer.runs[self.runsDone])
                self.runsDone += 1
            }
            try self.erase()
            if sync, self.isDirty { try self.syncFile() }
            self.outcome = .done(synced: sync)
        } catch {
            self.outcome = error.isNoSpace && !self.isSyncing ? .postponed(error) : .failed(error)
            throw error
        }
    }

    private func write(_ run: AppendRun) throws(SegmentError) {
        if run.begins, self.number != run.number {
            Failpoint.reach(self.kind.creating)
            self.file = try self.directory.createFile(self.kind.name(run.number))
            self.number = run.number
            self.allocated = 0
        }
        let file = try self.openFile(run.number)
        try self.allocate(run.endOffset, in: file)
        Failpoint.reach(self.kind.writing)
        self.isDirty = true
        try self.buffer.block.withBytes(run.start..<run.end) { bytes throws(SegmentError) in
            try file.write(bytes, at: UInt64(run.offset))
        }
        self.allocated = max(self.allocated, run.endOffset)
        if run.seals {
            Failpoint.reach(self.kind.sealing)
            if self.allocated > run.endOffset { try file.truncate(to: UInt64(run.endOffset)) }
            self.allocated = run.endOffset
        }
        if run.seals || run.begins { try self.syncFile() }
        if run.begins {
            try self.syncing { () throws(SegmentError) in try self.directory.sync() }
        }
    }

    private func openFile(_ number: UInt64) throws(SegmentError) -> any StorageFile {
        if let file = self.file, self.number == number { return file }
        let file = try self.directory.openFile(self.kind.name(number), for: .writing)
        self.allocated = Int(clamping: try file.size())
        self.file = file
        self.number = number
        return file
    }

    /// Preallocates, so that the next writes change no metadata and cannot run out of space.
    private func allocate(_ end: Int, in file: any StorageFile) throws(SegmentError) {
        if self.allocationBytesMax == 0 || end <= self.allocated { return }
        var size = max(self.allocated, LogWrite.allocationBytesMin / 4) * 4
        while size < end { size *= 4 }
        size = max(end, min(size, self.allocationBytesMax))
        do {
            try file.allocate(to: UInt64(size))
            self.allocated = size
        } catch {
            // The write may fit where the reserve did not.
            if !error.isNoSpace { throw error }
        }
    }

    private func syncFile() throws(SegmentError) {
        guard let file = self.file else { return }
        Failpoint.reach(self.kind.syncing)
        try self.syncing { () throws(SegmentError) in try file.sync() }
        self.isDirty = false
        Failpoint.reach(self.kind.synced)
    }

    /// Notes a file that was replaced.
    func leaves(_ file: ReplacedFile) { self.leftovers.append(file) }

    /// Calls `sync`; if it throws, the failure is of the kind that must not be repeated.
    func syncing(_ sync: () throws(SegmentError) -> Void) throws(SegmentError) {
        self.isSyncing = true
        // A measure for whoever watches the disk: nothing is decided by it.
        let clock = ContinuousClock()
        let start = clock.now
        defer { self.syncNanoseconds += Int64(start.duration(to: clock.now) / .nanoseconds(1)) }
        try sync()
        self.isSyncing = false
    }
}
