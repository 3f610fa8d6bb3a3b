internal import Synchronization

/// What a segment is rewritten to.
public struct RewritePlan: Sendable {
    /// The messages to keep; nil: all of them.
    public var live: LiveSequences?
    /// Messages with one of these flags are kept as long as they are not older than ``keptSince``, wanted or not.
    public var keptFlags: RecordFlags
    /// Nanoseconds since 1970.
    public var keptSince: Int64
    /// Whether blocks are compressed.
    public var compresses: Bool

    /// Makes a plan.
    public init(
        live: LiveSequences? = nil,
        keptFlags: RecordFlags = [],
        keptSince: Int64 = .max,
        compresses: Bool = false
    ) {
        self.live = live
        self.keptFlags = keptFlags
        self.keptSince = keptSince
        self.compresses = compresses
    }

    func keeps(_ header: RecordHeader) -> Bool {
        if header.flags.contains(.erased) { return false }
        guard let live = self.live else { return true }
        if live.contains(header.sequence) { return true }
        return !header.flags.isDisjoint(with: self.keptFlags) && header.timestamp >= self.keptSince
    }
}

/// How rewriting a segment ended.
public enum RewriteOutcome: Sendable, Equatable {
    /// The segment has its new form: so many bytes of records are in it, in a file so long.
    ///
    /// Records count without what encryption adds to them.
    case done(keptBytes: Int, fileBytes: Int)
    /// It stays as it is: there is damage in it, and what cannot be read is kept for a person.
    case damaged
    /// It stays as it is: its rewriting was called off.
    case cancelled
    /// It stays as it is: a system call failed.
    case failed(SegmentError)
}

/// The rewriting of one sealed segment: made by the log's owner, performed on another thread, then given back.
///
/// The new form is written under a temporary name, synced, read back and compared, and only then renamed over the
/// old one, so that a crash leaves one of the two whole. Both give the same answer for every record kept: whoever
/// has the old file open goes on reading it.
public final class SegmentRewrite: Sendable {
    /// The segment's number.
    public let number: UInt64
    /// What is kept of it.
    public let plan: RewritePlan
    private let directory: any StorageDirectory
    private let stream: StreamUUID
    private let keys: StorageKeys?
    private let isCancelled = Atomic<Bool>(false)
    private let result = Mutex<RewriteOutcome?>(nil)

    init(
        number: UInt64,
        plan: RewritePlan,
        directory: any StorageDirectory,
        stream: StreamUUID,
        keys: StorageKeys?
    ) {
        self.keys = keys
        self.number = number
        self.plan = plan
        self.directory = directory
        self.stream = stream
    }

    /// How it ended; nil before it was performed.
    public var outcome: RewriteOutcome? { self.result.withLock { $0 } }

    /// Asks for it to end soon, from any thread.
    public func cancel() { self.isCancelled.store(true, ordering: .relaxed) }

    /// Ends it without having begun.
    public func giveUp() { self.result.withLock { $0 = .cancelled } }

    /// Reads the segment, writes its new form, and puts that in its place.
    ///
    /// Blocks.
    ///
    /// - Parameter pause: called every now and then with the bytes read and written since; it may wait, so that
    ///   others get their share of the disk.
    public func perform(pausing pause: (Int) -> Void = { _ in }) {
        let name = FileKind.segment.name(self.number)
        let temporary = name + FileKind.temporarySuffix
        var outcome: RewriteOutcome
        do {
            try self.removeFile(temporary)
            outcome = try self.write(temporary, pause)
            if case .done = outcome {
                Failpoint.reach(.rewriteRename)
                try self.directory.rename(temporary, to: name, in: nil)
                Failpoint.reach(.rewriteRenamed)
                try self.directory.sync()
            } else {
                try self.removeFile(temporary)
            }
        } catch {
            // The room is given back if that is possible; else the next one removes it.
            do { try self.removeFile(temporary) } catch {}
            outcome = .failed(error)
        }
        self.result.withLock { $0 = outcome }
    }

    private func removeFile(_ name: String) throws(SegmentError) {
        do {
            try self.directory.removeFile(name)
        } catch {
            if !error.isAbsent { throw error }
        }
    }

    /// What was kept, to be compared with what is read back.
    private struct Tally: Equatable {
        var records = 0
        var lastSequence: UInt64 = 0
        var footer: SegmentFooter?
        var sum: UInt32 = 0

        mutating func add(_ header: RecordHeader, checksum: UInt32) {
            self.records += 1
            self.lastSequence = header.sequence
            self.sum = self.sum &* 31 &+ checksum  // Safe: a hash, meant to wrap.
        }
    }

    private func scanner(_ file: any StorageFile) throws(SegmentError) -> FrameScanner {
        FrameScanner(
            kind: .segment,
            number: self.number,
            seed: Checksum.seed(magic: FileKind.segment.magic, stream: self.stream, number: self.number),
            file: file,
            limit: Int(clamping: try file.size())
        )
    }

    private func write(_ temporary: String, _ pause: (Int) -> Void) throws(SegmentError) -> RewriteOutcome {
        let source = try PackedFile.open(
            self.number,
            in: self.directory,
            stream: self.stream,
            keys: self.keys
        )
        let cipher = try StorageKeys.cipher(self.keys, of: source, .segment, self.stream, self.number)
        Failpoint.reach(.rewriteCreate)
        let file = try self.directory.createFile(temporary)
        let writer = PackedWriter(
            file,
            stream: self.stream,
            number: self.number,
            compresses: self.plan.compresses,
            cipher: self.keys?.cipher(.segment, self.stream, self.number)
        )
        let scanner = try self.scanner(source)
        var tally = Tally()
        var read = 0
        var overhead = 0
        let isWhole = try self.walk(scanner) { (offset, header, footer) throws(SegmentError) in
            let bytes = header?.recordBytes ?? SegmentFooter.bytes
            read += bytes
            if let header, !self.plan.keeps(header) { return true }
            if writer.isFull(for: bytes) {
                pause(read + (try writer.flush()))
                read = 0
                if self.isCancelled.load(ordering: .relaxed) { return false }
            }
            if var footer {
                // What is counted is what is here.
                if footer.count != nil { footer.count = UInt64(tally.records) }
                tally.footer = footer
                try writer.add(footer: footer, at: offset)
                return true
            }
            guard let header else { return false }
            if header.kind.overhead > 0 { overhead += bytes - RecordFormat.size(body: header.bodyLength) }
            var isOpen = true
            _ = try scanner.withBytes(at: offset, bytes) { record in
                var checksum: UInt32? = record.uint32(at: 0)
                if header.kind == .encrypted {
                    checksum = writer.add(encrypted: record, header, by: cipher)
                } else {
                    writer.add(record, at: offset)
                }
                if let checksum { tally.add(header, checksum: checksum) } else { isOpen = false }
            }
            return isOpen
        }
        if self.isCancelled.load(ordering: .relaxed) { return .cancelled }
        guard isWhole, tally.footer != nil else { return .damaged }
        let kept = writer.kept - SegmentFooter.bytes
        try writer.finish(end: scanner.limit, kept: kept)
        Failpoint.reach(.rewriteSync)
        try file.sync()
        // The disk is asked, not the kernel's memory: nothing else will have these records.
        file.discardCache()
        let found = try self.readBack(file, pause)
        if self.isCancelled.load(ordering: .relaxed) { return .cancelled }
        guard found == tally else { return .damaged }
        return .done(keptBytes: kept - overhead, fileBytes: writer.size)
    }

    /// Goes through a segment from its start; false if it is damaged, or if `visit` ended it.
    private func walk(
        _ scanner: FrameScanner,
        _ visit: (Int, RecordHeader?, SegmentFooter?) throws(SegmentError) -> Bool
    ) throws(SegmentError) -> Bool {
        var offset = FileHeader.bytes
        var last = self.number == 0 ? 0 : self.number - 1
        while true {
            offset = try scanner.passGap(at: offset)
            switch try scanner.frame(at: offset, FrameBounds(after: last, upTo: .max)) {
            case .frame(.record(let header)):
                if try !visit(offset, header, nil) { return false }
                last = header.sequence
                offset += header.recordBytes
            case .frame(.footer(let footer)):
                let isEnd = offset + SegmentFooter.bytes == scanner.limit
                let goesOn = try visit(offset, nil, footer)
                return isEnd && goesOn
            case .frame(.entry), .incomplete, .damaged:
                return false
            }
        }
    }

    /// Reads the new form as a reader would; nil if it is no packed segment.
    private func readBack(_ file: any StorageFile, _ pause: (Int) -> Void) throws(SegmentError) -> Tally? {
        guard
            let packed = try PackedFile.read(
                file,
                number: self.number,
                stream: self.stream,
                keys: self.keys
            )
        else { return nil }
        let scanner = try self.scanner(packed)
        var tally = Tally()
        var read = 0
        let isWhole = try self.walk(scanner) { (offset, header, footer) throws(SegmentError) in
            if let footer { tally.footer = footer }
            guard let header else { return true }
            _ = try scanner.withBytes(at: offset, header.recordBytes) {
                tally.add(header, checksum: $0.uint32(at: 0))
            }
            read += header.recordBytes
            if read > PackedBlock.compressedBytesMax {
                pause(read)
                read = 0
            }
            return !self.isCancelled.load(ordering: .relaxed)
        }
        return isWhole ? tally : nil
    }
}
