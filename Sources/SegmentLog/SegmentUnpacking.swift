/// Gives a packed segment its plain form again, for a log that nobody has open.
///
/// Every record has the offset it had, so positions in an index stay right. Gaps, and what was damaged, become erased
/// records. Packing it again is up to whoever opens the log next.
struct SegmentUnpacking {
    let number: UInt64
    let directory: any StorageDirectory
    let stream: StreamUUID
    let keys: StorageKeys?
    private let cipher: FileCipher?
    private var nonces = NonceSequence()

    private let block = ByteBlock(capacity: 1 << 20)
    private var end = FileHeader.bytes
    private var last: UInt64
    /// Bytes that no erased record could be put into.
    private(set) var left = 0

    /// Of the packed segment `file`; what was encrypted in it is encrypted as before.
    ///
    /// - Throws: ``SegmentError/locked(path:hasKey:)`` if that cannot be read.
    init(
        _ number: UInt64,
        _ file: PackedFile,
        in directory: any StorageDirectory,
        stream: StreamUUID,
        keys: StorageKeys?
    ) throws(SegmentError) {
        if file.isLocked { throw .locked(path: file.path, hasKey: keys != nil) }
        self.keys = keys
        self.cipher = file.cipher
        self.number = number
        self.directory = directory
        self.stream = stream
        self.last = number == 0 ? 0 : number - 1
    }

    private var seed: UInt32 {
        Checksum.seed(magic: FileKind.segment.magic, stream: self.stream, number: self.number)
    }

    /// Writes the plain form and puts it in the place of the file there is.
    ///
    /// - Parameter successor: the number of the next segment; nil for the newest.
    mutating func run(successor: UInt64?) throws(SegmentError) {
        let header = FileHeader(.segment, self.stream, self.number, self.cipher)
        unsafe header.encode(into: self.block.base)  // The block has room for a header.
        var recovery = FileRecovery(
            kind: .segment,
            directory: self.directory,
            stream: self.stream,
            keys: self.keys
        )
        let scan = try recovery.scan(
            self.number,
            from: FileHeader.bytes,
            FrameBounds(after: self.last, upTo: successor.map { $0 - 1 } ?? .max),
            isNewest: successor == nil
        ) { frame, body in
            if case .record(let header) = frame { self.add(header, body) }
        }
        let found = scan.footer
        let footer = SegmentFooter(
            lastSequence: max(scan.lastSequence, self.last),
            lastTime: found?.lastTime ?? scan.lastTime,
            count: found?.count ?? scan.frames,
            firstTime: found?.firstTime ?? scan.firstTime
        )
        let place = max(scan.footerOffset ?? self.end, self.end)
        self.fill(upTo: place, before: footer.lastSequence + 1, footer.lastTime ?? 0)
        self.block.grow(to: place + SegmentFooter.bytes, keeping: self.end)
        // The block was just made long enough.
        unsafe footer.encode(into: self.block.base + place, seed: self.seed, offset: place)
        self.end = place + SegmentFooter.bytes
        try self.replace()
    }

    private func replace() throws(SegmentError) {
        let name = FileKind.segment.name(self.number)
        let temporary = name + FileKind.temporarySuffix
        do {
            try self.directory.removeFile(temporary)
        } catch {
            guard error.isAbsent else { throw error }
        }
        let file = try self.directory.createFile(temporary)
        try self.block.withBytes(0..<self.end) { bytes throws(SegmentError) in try file.write(bytes, at: 0) }
        try file.sync()
        try self.directory.rename(temporary, to: name, in: nil)
        try self.directory.sync()
    }

    private mutating func add(_ header: RecordHeader, _ body: RawSpan) {
        let offset = Int(header.position.offset)
        self.fill(upTo: offset, before: header.sequence, header.timestamp)
        if header.flags.contains(.erased) {
            self.writeErased(header.sequence, header.timestamp, offset..<offset + header.recordBytes)
        } else {
            self.write(header, body, at: offset)
        }
        self.end = offset + header.recordBytes
        self.last = header.sequence
    }

    /// Writes a message where it was; the same bytes at the same place have the same checksum.
    private mutating func write(_ header: RecordHeader, _ body: RawSpan, at offset: Int) {
        self.block.grow(to: offset + header.recordBytes, keeping: self.end)
        // What was encrypted has the length for it, and is encrypted again.
        let cipher = header.kind == .message ? nil : self.cipher
        let target = unsafe self.block.base + offset
        let headers = header.subjectLength..<header.subjectLength + header.headerLength
        // The block was just made long enough.
        let bytes = unsafe RecordFormat.write(
            into: target,
            kind: cipher == nil ? .message : .encrypted,
            sequence: header.sequence,
            timestamp: header.timestamp,
            flags: header.flags,
            subject: body.extracting(0..<header.subjectLength),
            headers: body.extracting(headers),
            payload: body.extracting(headers.upperBound..<header.bodyLength)
        )
        if let cipher {
            unsafe cipher.encrypt(
                record: target,
                bytes,
                size: header.recordBytes,
                seed: self.seed,
                offset: offset,
                &self.nonces
            )
        } else {
            unsafe Checksum.seal(target, header.recordBytes, seed: self.seed, offset: offset)
        }
    }

    /// Fills what lies between the last record and `offset` with erased records.
    private mutating func fill(upTo offset: Int, before sequence: UInt64, _ time: Int64) {
        if offset <= self.end { return }
        let pieces = SegmentRepair.pieces(offset - self.end)
        guard !pieces.isEmpty, sequence > self.last, UInt64(pieces.count) < sequence - self.last else {
            // Zeros stay there, and are reported as damage.
            self.block.grow(to: offset, keeping: self.end)
            let start = self.end
            unsafe (self.block.base + start)
                .initializeMemory(as: UInt8.self, repeating: 0, count: offset - start)
            self.left += offset - self.end
            self.end = offset
            return
        }
        for (index, bytes) in pieces.enumerated() {
            let number = sequence - UInt64(pieces.count - index)
            self.writeErased(number, time, self.end..<self.end + bytes)
            self.end += bytes
        }
    }

    private func writeErased(_ sequence: UInt64, _ time: Int64, _ range: Range<Int>) {
        self.block.grow(to: range.upperBound, keeping: range.lowerBound)
        let words = RecordFormat.erased(
            sequence,
            time,
            at: LogPosition(segment: self.number, offset: UInt32(range.lowerBound)),
            bytes: range.count,
            seed: self.seed
        )
        let target = unsafe self.block.base + range.lowerBound
        // The block was just made long enough.
        unsafe target.initializeMemory(as: UInt8.self, repeating: 0, count: range.count)
        for (index, word) in words.enumerated() { unsafe target.store(word, at: 8 * index) }
    }
}

extension RecordFormat {
    /// The head of an erased record that was never anything else: four words, as numbers.
    static func erased(
        _ sequence: UInt64,
        _ timestamp: Int64,
        at position: LogPosition,
        bytes: Int,
        seed: UInt32
    ) -> [UInt64] {
        let header = RecordHeader(position: position, erased: sequence, timestamp: timestamp, bytes: bytes)
        return [self.erasedWord(header, seed: seed), sequence, UInt64(bitPattern: timestamp), 0]
    }
}
