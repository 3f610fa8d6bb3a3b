/// What repairing one file of a log or a journal has done.
public struct FileRepair: Sendable, Equatable {
    /// Names in quarantine of what was set aside.
    public var kept: [String] = []
    /// Damaged places that were made whole.
    public var mended = 0
    /// Damaged places that were left alone.
    public var left = 0

    /// Nothing was done.
    public init() {}
}

/// Makes a damaged segment whole again, for a log that nobody has open.
///
/// What verifies stays where it is, byte for byte: positions in an index stay right. What does not is copied to
/// quarantine and then overwritten by erased records with the sequences that were there, so that nothing is given
/// out twice and the next reader finds its way. A packed segment is replaced.
struct SegmentRepair {
    let directory: any StorageDirectory
    let stream: StreamUUID
    let quarantine: any StorageDirectory
    let number: UInt64
    let keys: StorageKeys?
    private var result = FileRepair()

    init(
        _ number: UInt64,
        in directory: any StorageDirectory,
        stream: StreamUUID,
        quarantine: any StorageDirectory,
        keys: StorageKeys?
    ) {
        self.keys = keys
        self.number = number
        self.directory = directory
        self.stream = stream
        self.quarantine = quarantine
    }

    private var seed: UInt32 {
        Checksum.seed(magic: FileKind.segment.magic, stream: self.stream, number: self.number)
    }

    /// Does it.
    ///
    /// - Parameter successor: the number of the next segment; nil for the newest.
    mutating func run(successor: UInt64?) throws(SegmentError) -> FileRepair {
        var recovery = FileRecovery(
            kind: .segment,
            directory: self.directory,
            stream: self.stream,
            keys: self.keys,
            allowsLocked: true
        )
        try recovery.checkHeaders([self.number])
        let file = try self.directory.openFile(FileKind.segment.name(self.number), for: .writing)
        if let packed = try PackedFile.read(
            file,
            number: self.number,
            stream: self.stream,
            keys: self.keys
        ) {
            let isHeaderDamaged = !recovery.report.damagedHeaders.isEmpty
            try self.replace(packed, isHeaderDamaged: isHeaderDamaged, successor: successor)
            return self.result
        }
        let after = self.number == 0 ? 0 : self.number - 1
        let scan = try recovery.scan(
            self.number,
            from: FileHeader.bytes,
            FrameBounds(after: after, upTo: successor.map { $0 - 1 } ?? .max),
            isNewest: successor == nil,
            opens: false
        ) { _, _ in }
        if !recovery.report.damagedHeaders.isEmpty {
            // What an encrypted file's header has to say of the key is not known; it is read without.
            if scan.locked == 0 { try self.writeHeader(file) } else { self.result.left += 1 }
        }
        let isOpen = scan.footer == nil && successor != nil
        for hole in scan.holes where !(isOpen && Int(hole.position.offset) == scan.end) {
            try self.fill(hole, file)
        }
        if isOpen { try self.seal(scan, file) }
        try file.sync()
        return self.result
    }

    /// Notes what was set aside.
    mutating func didKeep(_ name: String) { self.result.kept.append(name) }

    /// Notes so many places made whole.
    mutating func didMend(_ count: Int) { self.result.mended += count }

    // MARK: Steps

    private mutating func writeHeader(_ file: any StorageFile) throws(SegmentError) {
        try self.keep(0..<FileHeader.bytes, of: file)
        let block = ByteBlock(capacity: FileHeader.bytes)
        let header = FileHeader(kind: .segment, stream: self.stream, number: self.number)
        unsafe header.encode(into: block.base)  // The block has room for a header.
        try block.withBytes(0..<FileHeader.bytes) { bytes throws(SegmentError) in
            try file.write(bytes, at: 0)
        }
        self.result.mended += 1
    }

    /// Overwrites a hole between good records with erased ones.
    private mutating func fill(_ hole: LogHole, _ file: any StorageFile) throws(SegmentError) {
        let offset = Int(hole.position.offset)
        let pieces = Self.pieces(hole.bytes)
        // Each piece takes a sequence of its own, the highest ones: those before them are a gap.
        guard let sequences = hole.sequences, !pieces.isEmpty,
            UInt64(pieces.count) <= sequences.upperBound - sequences.lowerBound + 1,
            let time = try self.time(at: offset + hole.bytes, file)
        else {
            self.result.left += 1
            return
        }
        try self.keep(offset..<offset + hole.bytes, of: file)
        var place = offset
        for (index, bytes) in pieces.enumerated() {
            let sequence = sequences.upperBound - UInt64(pieces.count - 1 - index)
            try self.writeErased(sequence, time, place..<place + bytes, file)
            place += bytes
        }
        self.result.mended += 1
    }

    /// Lengths of records that together have that many bytes; none if that cannot be.
    static func pieces(_ bytes: Int) -> [Int] {
        guard bytes >= RecordFormat.headBytes, bytes % 8 == 0 else { return [] }
        let most = RecordFormat.recordBytesMax
        var rest = bytes
        var pieces: [Int] = []
        while rest > most {
            // What is left is never too short for a record.
            pieces.append(most - RecordFormat.headBytes)
            rest -= most - RecordFormat.headBytes
        }
        return pieces + [rest]
    }

    /// The time of the record or footer at `offset`; nil if there is none.
    private func time(at offset: Int, _ file: any StorageFile) throws(SegmentError) -> Int64? {
        let scanner = FrameScanner(
            kind: .segment,
            number: self.number,
            seed: self.seed,
            file: file,
            limit: Int(clamping: try file.size())
        )
        switch try scanner.frame(at: offset, .all) {
        case .frame(.record(let header)): return header.timestamp
        case .frame(.footer(let footer)): return footer.lastTime ?? footer.firstTime ?? 0
        default: return nil
        }
    }

    private func writeErased(
        _ sequence: UInt64,
        _ time: Int64,
        _ range: Range<Int>,
        _ file: any StorageFile
    ) throws(SegmentError) {
        let zeros = [UInt8](repeating: 0, count: 64 << 10)
        var place = range.lowerBound
        while place < range.upperBound {
            let count = min(zeros.count, range.upperBound - place)
            try file.write(unsafe zeros.span.extracting(0..<count).bytes, at: UInt64(place))
            place += count
        }
        // The mark comes last and on clean ground: a power cut leaves damage, as before, or the erased record.
        try file.sync()
        let words =
            RecordFormat.erased(
                sequence,
                time,
                at: LogPosition(segment: self.number, offset: UInt32(range.lowerBound)),
                bytes: range.count,
                seed: self.seed
            )
            .map(\.littleEndian)
        try file.write(unsafe words.span.bytes, at: UInt64(range.lowerBound))
    }

    /// Cuts what follows the last good record and writes the footer that is missing.
    private mutating func seal(_ scan: FileScan, _ file: any StorageFile) throws(SegmentError) {
        let size = Int(clamping: try file.size())
        let end = max(scan.end, FileHeader.bytes)
        if size > end { try self.keep(end..<size, of: file) }
        let footer = SegmentFooter(
            lastSequence: scan.lastSequence,
            lastTime: scan.lastTime,
            count: scan.frames,
            firstTime: scan.firstTime
        )
        let block = ByteBlock(capacity: SegmentFooter.bytes)
        unsafe footer.encode(into: block.base, seed: self.seed, offset: end)  // The block has room for it.
        try file.truncate(to: UInt64(end))
        try block.withBytes(0..<SegmentFooter.bytes) { bytes throws(SegmentError) in
            try file.write(bytes, at: UInt64(end))
        }
        self.result.mended += 1
    }

    private mutating func keep(_ range: Range<Int>, of file: any StorageFile) throws(SegmentError) {
        let name = try self.quarantine.keep(
            range,
            of: file,
            as: "\(FileKind.segment.name(self.number)).\(range.lowerBound)"
        )
        self.result.kept.append(name)
    }
}

extension RecordHeader {
    /// The head of an erased record that was never anything else.
    init(position: LogPosition, erased sequence: UInt64, timestamp: Int64, bytes: Int) {
        self.position = position
        self.sequence = sequence
        self.timestamp = timestamp
        self.flags = .erased
        self.subjectLength = 0
        self.headerLength = 0
        self.payloadLength = bytes - RecordFormat.headBytes
        self.recordBytes = bytes
    }
}

extension StorageDirectory {
    /// Copies a part of a file into a new file here, durably; returns the name it got: `stem`, or `stem.<n>`.
    func keep(_ range: Range<Int>, of file: any StorageFile, as stem: String) throws(SegmentError) -> String {
        let taken = Set(try self.list())
        // There are more names than are taken.
        let attempt = (0...taken.count).first { !taken.contains($0 == 0 ? stem : "\(stem).\($0)") } ?? 0
        let name = attempt == 0 ? stem : "\(stem).\(attempt)"
        let copy = try self.createFile(name)
        let block = ByteBlock(capacity: 64 << 10)
        var place = range.lowerBound
        while place < range.upperBound {
            let wanted = min(range.upperBound - place, 64 << 10)
            let count = try block.fill(0..<wanted, from: file, at: UInt64(place))
            if count == 0 { break }
            try block.withBytes(0..<count) { bytes throws(SegmentError) in
                try copy.write(bytes, at: UInt64(place - range.lowerBound))
            }
            place += count
        }
        try copy.sync()
        try self.sync()
        return name
    }
}

extension MessageLog {
    /// Makes a segment whole that ``verify(_:stream:visit:)`` found damaged, in a log that nobody has open.
    ///
    /// Records that verify stay where they are. What does not is copied to `quarantine`, then overwritten by erased
    /// records; a missing footer and a damaged header are written anew. The unfinished end of the newest segment is
    /// left to recovery. Only packed segments that are encrypted need a key.
    ///
    /// - Throws: ``SegmentError/foreignStream(path:)``, ``SegmentError/newerFormat(path:version:)`` or
    ///   ``SegmentError/locked(path:hasKey:)`` before anything is changed; else what a system call threw. It can be called again then.
    public static func repair(
        _ number: UInt64,
        in directory: any StorageDirectory,
        stream: StreamUUID,
        quarantine: any StorageDirectory,
        keys: StorageKeys? = nil
    ) throws(SegmentError) -> FileRepair {
        let numbers = try FileKind.segment.numbers(in: directory)
        var repair = SegmentRepair(number, in: directory, stream: stream, quarantine: quarantine, keys: keys)
        return try repair.run(successor: numbers.first { $0 > number })
    }
}
