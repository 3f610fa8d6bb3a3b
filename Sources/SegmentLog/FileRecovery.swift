/// Recovery of the files of a log or a journal: what the two have in common.
struct FileRecovery {
    let kind: FileKind
    let directory: any StorageDirectory
    let stream: StreamUUID
    let keys: StorageKeys?
    /// Whether files are read that no key opens, as far as that goes.
    let allowsLocked: Bool
    private(set) var report = RecoveryReport()
    /// The newest file, once what it shows is what the disk has.
    private var settled: UInt64?

    /// The file that is appended to from now on.
    struct Open {
        var file: any StorageFile
        /// Where the next append goes.
        var end: Int
        /// The file's length, unused room included.
        var size: Int
        /// What encrypts what is appended; nil: nothing does.
        var cipher: FileCipher?
        /// Whether new files are encrypted otherwise: then nothing is to be appended to this one.
        var isOutdated = false
    }

    init(
        kind: FileKind,
        directory: any StorageDirectory,
        stream: StreamUUID,
        keys: StorageKeys? = nil,
        allowsLocked: Bool = false
    ) {
        self.kind = kind
        self.directory = directory
        self.stream = stream
        self.keys = keys
        self.allowsLocked = allowsLocked
    }

    /// Refuses files of another stream or a newer program, and those that no key opens; changes nothing.
    mutating func checkHeaders(_ numbers: ArraySlice<UInt64>) throws(SegmentError) {
        for number in numbers {
            let file = try self.directory.openFile(self.kind.name(number), for: .reading)
            switch try self.headerState(of: file, number) {
            case .valid: try self.checkKey(of: file, number)
            case .blank: break
            case .damaged: self.report.damagedHeaders.append(number)
            case .foreign: throw .foreignStream(path: file.path)
            case .newer(let version): throw .newerFormat(path: file.path, version: version)
            }
        }
    }

    private func checkKey(of file: any StorageFile, _ number: UInt64) throws(SegmentError) {
        if self.allowsLocked { return }
        let mark = try FileHeader.mark(of: file, self.kind) ?? 0
        if mark == 0 || self.keys?.cipher(self.kind, self.stream, number, mark: mark) != nil { return }
        throw .locked(path: file.path, hasKey: self.keys != nil)
    }

    /// Makes sure that what is read from the newest file is what the disk has.
    ///
    /// After a crash the kernel may still hold bytes that were never synced: building on them would show
    /// messages that a power cut takes back. After a failed sync it may hold bytes that it takes for written.
    mutating func settleCache(_ number: UInt64) throws(SegmentError) {
        let file = try self.sync(number)
        try self.directory.sync()
        file.discardCache()
        self.settled = number
    }

    /// Makes durable what a file shows.
    @discardableResult
    func sync(_ number: UInt64) throws(SegmentError) -> any StorageFile {
        let file = try self.directory.openFile(self.kind.name(number), for: .writing)
        try file.sync()
        return file
    }

    /// Reads a file from `start` on and reports its holes.
    ///
    /// - Parameters:
    ///   - isNewest: if not, whatever follows the last good frame is a hole too.
    ///   - opens: whether encrypted frames are decrypted for `visit`.
    mutating func scan(
        _ number: UInt64,
        from start: Int,
        _ bounds: FrameBounds,
        isNewest: Bool,
        opens: Bool = true,
        visit: (Frame, RawSpan) -> Void
    ) throws(SegmentError) -> FileScan {
        let file = try self.open(number)
        let cipher = try StorageKeys.cipher(self.keys, of: file, self.kind, self.stream, number)
        let size = Int(clamping: try file.size())
        // Most of the newest file may be room that was never written. That is only asked of a file that was synced:
        // then all data there is is the file system's.
        let dataEnd = self.settled == number ? Int(clamping: try file.dataEnd()) : size
        let scanner = FrameScanner(
            kind: self.kind,
            number: number,
            seed: Checksum.seed(magic: self.kind.magic, stream: self.stream, number: number),
            file: file,
            limit: size,
            dataEnd: dataEnd,
            cipher: opens ? cipher : nil
        )
        let first = try self.beforeFooter(start, scanner)
        var scan = try scanner.scan(from: first, bounds, visit: visit)
        scan.cipher = cipher
        // The header did not say so: nothing that follows may take what is encrypted for damage.
        if scan.locked > 0, cipher == nil, !self.allowsLocked {
            throw .locked(path: file.path, hasKey: self.keys != nil)
        }
        if let tail = scan.tail {
            let end = min(max(scanner.nonzeroEnd, tail.lowerBound), tail.upperBound)
            scan.tail = end > tail.lowerBound ? tail.lowerBound..<end : nil
        }
        if !isNewest { scan.closeTail(number: number, upTo: bounds.upTo, isSegment: self.kind == .segment) }
        self.report.records += scan.frames
        self.report.holeCount += scan.holeCount
        self.report.holes += scan.holes
        return scan
    }

    /// Opens a file for reading; a packed segment looks like the plain one.
    func open(_ number: UInt64) throws(SegmentError) -> any StorageFile {
        switch self.kind {
        case .segment:
            try PackedFile.open(number, in: self.directory, stream: self.stream, keys: self.keys)
        case .journal: try self.directory.openFile(self.kind.name(number), for: .reading)
        }
    }

    /// Where to begin in order not to miss the footer: `start`, unless that is in or behind it.
    private func beforeFooter(_ start: Int, _ scanner: FrameScanner) throws(SegmentError) -> Int {
        let footer = scanner.limit - SegmentFooter.bytes
        if self.kind != .segment || start <= footer || footer < FileHeader.bytes || footer % 8 != 0 {
            return start
        }
        if case .frame(.footer) = try scanner.frame(at: footer, .all) { return footer }
        return start
    }

    /// Makes the newest file ready for appending: cuts an unfinished tail after keeping a copy of it, and
    /// writes the header again if it is missing.
    ///
    /// - Returns: nil if the next append has to begin a new file: this one is sealed or packed, or its tail
    ///   could not be copied and stays.
    mutating func openNewest(
        _ number: UInt64,
        _ scan: FileScan,
        quarantine: any StorageDirectory
    ) throws(SegmentError) -> Open? {
        if scan.footer != nil { return nil }
        let file = try self.directory.openFile(self.kind.name(number), for: .writing)
        if self.kind == .segment,
            try PackedFile.read(file, number: number, stream: self.stream, keys: nil) != nil
        {
            // Its end is damaged. What is left is read, and nothing is added.
            return nil
        }
        var size = Int(clamping: try file.size())
        let end = max(scan.end, FileHeader.bytes)
        let isShort = size < FileHeader.bytes
        if let tail = isShort && size > 0 ? 0..<size : scan.tail {
            let copied = self.copy(tail, of: file, number, to: quarantine)
            self.report.tail = UnfinishedTail(
                position: LogPosition(segment: number, offset: UInt32(tail.lowerBound)),
                bytes: tail.count,
                quarantined: copied
            )
            if copied == nil { return nil }
            Failpoint.reach(self.kind.cutting)
            try file.truncate(to: UInt64(tail.lowerBound))
            try file.sync()
            size = tail.lowerBound
        }
        let cipher = self.keys?.cipher(self.kind, self.stream, number)
        let isEmpty = end == FileHeader.bytes
        switch try self.headerState(of: file, number) {
        case .blank where cipher == nil || isEmpty:
            try self.writeHeader(to: file, number, cipher)
            size = max(size, FileHeader.bytes)
        case .valid where cipher == nil || cipher?.mark == scan.cipher?.mark: break
        case _ where cipher == nil: break
        default:
            // Encrypted otherwise, or it is not known how: without a record, it is made over.
            if !isEmpty { return Open(file: file, end: end, size: size, isOutdated: true) }
            try self.writeHeader(to: file, number, cipher)
        }
        return Open(file: file, end: end, size: size, cipher: cipher)
    }

    private func writeHeader(
        to file: any StorageFile,
        _ number: UInt64,
        _ cipher: FileCipher?
    ) throws(SegmentError) {
        let block = ByteBlock(capacity: FileHeader.bytes)
        let header = FileHeader(self.kind, self.stream, number, cipher)
        unsafe header.encode(into: block.base)  // The block has room for a header.
        try block.withBytes(0..<FileHeader.bytes) { bytes throws(SegmentError) in
            try file.write(bytes, at: 0)
        }
        try file.sync()
    }

    /// What the file begins with.
    func headerState(of file: any StorageFile, _ number: UInt64) throws(SegmentError) -> FileHeader.State {
        let block = ByteBlock(capacity: FileHeader.bytes)
        let count = try block.fill(0..<FileHeader.bytes, from: file, at: 0)
        let header = FileHeader(kind: self.kind, stream: self.stream, number: number)
        let state = block.withBytes(0..<count) { header.compare($0) }
        // Too short for a header: nothing of it can be trusted, and nothing can follow it.
        return count < FileHeader.bytes && state == .damaged ? .blank : state
    }

    /// Copies `range` of `file` into a new file of `quarantine` and returns its name; nil if that fails.
    private func copy(
        _ range: Range<Int>,
        of file: any StorageFile,
        _ number: UInt64,
        to quarantine: any StorageDirectory
    ) -> String? {
        let stem = "\(self.kind.name(number)).\(range.lowerBound)"
        for attempt in 0..<1_000 {
            let name = attempt == 0 ? stem : "\(stem).\(attempt)"
            do {
                let copy = try quarantine.createFile(name)
                do {
                    try self.copy(range, of: file, into: copy)
                    try quarantine.sync()
                    return name
                } catch {
                    try quarantine.removeFile(name)
                    return nil
                }
            } catch {
                if !error.isPresent { return nil }
            }
        }
        return nil
    }

    private func copy(
        _ range: Range<Int>,
        of file: any StorageFile,
        into copy: any StorageFile
    ) throws(SegmentError) {
        let block = ByteBlock(capacity: min(range.count, FrameScanner.chunkBytes))
        var done = 0
        while done < range.count {
            let wanted = min(range.count - done, block.capacity)
            let count = try block.fill(0..<wanted, from: file, at: UInt64(range.lowerBound + done))
            if count == 0 { break }
            try block.withBytes(0..<count) { bytes throws(SegmentError) in
                try copy.write(bytes, at: UInt64(done))
            }
            done += count
        }
        try copy.sync()
    }

    /// Notes a number without a file.
    mutating func didMiss(_ number: UInt64) { self.report.missingFiles.append(number) }
}

extension FileScan {
    /// Makes a hole of what follows the last good frame of a file that is not the newest: a newer file is
    /// only begun when the one ahead of it is complete.
    mutating func closeTail(number: UInt64, upTo sequenceMax: UInt64, isSegment: Bool) {
        if self.footer != nil { return }
        let isMissing = isSegment && sequenceMax > self.lastSequence
        if self.tail == nil && !isMissing { return }
        self.add(
            LogHole(
                position: LogPosition(segment: number, offset: UInt32(self.end)),
                bytes: self.tail?.count ?? 0,
                damage: self.tailDamage,
                sequences: isMissing ? self.lastSequence + 1...sequenceMax : nil
            )
        )
    }
}
