internal import CZstd
internal import Glibc

/// Writes a packed segment: takes records in ascending order, each at the offset it has in the plain one.
final class PackedWriter {
    private let file: any StorageFile
    private let header: FileHeader
    private let seed: UInt32
    private let compresses: Bool
    private let cipher: FileCipher?
    private var nonces = NonceSequence()

    /// The records of the block being gathered.
    private let records = ByteBlock(capacity: PackedBlock.recordBytes * 2)
    private var recordBytes = 0
    private var recordCount = 0
    /// Their places, records side by side as one.
    private var extents: [Range<Int>] = []
    private let body = ByteBlock(capacity: PackedBlock.recordBytes * 2)
    private let packed = ByteBlock(capacity: PackedBlock.recordBytes * 2)

    private var blocks: [PackedBlock] = []
    /// Bytes written to the file.
    private(set) var size = FileHeader.bytes
    /// The offset in the plain segment behind what was taken last.
    private(set) var end = FileHeader.bytes
    /// Bytes of records taken.
    private(set) var kept = 0

    /// Begins with an empty file, to be encrypted by `cipher` if there is one.
    init(
        _ file: any StorageFile,
        stream: StreamUUID,
        number: UInt64,
        compresses: Bool,
        cipher: FileCipher?
    ) {
        self.file = file
        self.compresses = compresses
        self.cipher = cipher
        self.header = FileHeader(.segment, stream, number, isPacked: true, cipher)
        self.seed = Checksum.seed(magic: FileKind.segment.magic, stream: stream, number: number)
    }

    /// Whether a record of `bytes` bytes has to go into another block than what was gathered so far.
    func isFull(for bytes: Int) -> Bool {
        self.recordBytes > 0 && self.recordBytes + bytes > PackedBlock.recordBytes
    }

    /// Takes the footer at `offset`: in an encrypted file as a block of its own, for those who have no key.
    func add(footer: SegmentFooter, at offset: Int) throws(SegmentError) {
        if self.cipher != nil { try self.flush() }
        let block = ByteBlock(capacity: SegmentFooter.bytes)
        // The block has room for a footer.
        unsafe footer.encode(into: block.base, seed: self.seed, offset: offset)
        block.withBytes(0..<SegmentFooter.bytes) { self.add($0, at: offset) }
        if self.cipher != nil { try self.flush(encrypts: false) }
    }

    /// Takes the encrypted record at `offset`, decrypted; returns its new checksum, or nil if that fails.
    func add(encrypted record: RawSpan, _ header: RecordHeader, by cipher: FileCipher?) -> UInt32? {
        let offset = Int(header.position.offset)
        let start = self.recordBytes
        // Before it counts: one that cannot be decrypted ends the writing of this file.
        self.add(record, at: offset)
        // `add` has put all of its bytes there.
        guard let cipher,
            unsafe cipher.decrypt(record: self.records.base + start, header, seed: self.seed)
        else { return nil }
        return self.records.withBytes(start..<start + 4) { $0.uint32(at: 0) }
    }

    /// Takes the record at `offset`.
    func add(_ record: RawSpan, at offset: Int) {
        let end = self.recordBytes + record.byteCount
        self.records.grow(to: end, keeping: self.recordBytes)
        // There is room for `end` bytes.
        unsafe self.records.base.store(record, at: self.recordBytes)
        self.recordBytes = end
        self.recordCount += 1
        self.kept += record.byteCount
        self.end = offset + record.byteCount
        if let last = self.extents.last, last.upperBound == offset {
            self.extents[self.extents.count - 1] = last.lowerBound..<offset + record.byteCount
        } else {
            self.extents.append(offset..<offset + record.byteCount)
        }
    }

    /// Writes what was gathered as a block; returns the bytes written.
    @discardableResult
    func flush(encrypts: Bool = true) throws(SegmentError) -> Int {
        guard let first = self.extents.first, let last = self.extents.last else { return 0 }
        let raw = self.makeBody()
        var head = PackedBlock(
            offset: self.size,
            stored: raw,
            raw: raw,
            start: first.lowerBound,
            end: last.upperBound,
            codec: .none,
            records: self.recordCount
        )
        var source = self.body
        if self.compresses, raw <= PackedBlock.compressedBytesMax, let count = self.compress(raw) {
            head.codec = .zstd
            head.stored = count
            source = self.packed
        }
        if encrypts, let cipher = self.cipher { self.encrypt(&head, source, cipher) }
        let start = Checksum.seed(self.seed, at: head.start)
        head.bodyChecksum = source.withBytes(0..<head.stored) {
            Checksum.of($0, 0..<head.stored, seed: start)
        }
        let size = try self.write(head, source)
        self.recordBytes = 0
        self.recordCount = 0
        self.extents.removeAll(keepingCapacity: true)
        return size
    }

    /// Encrypts the body that `source` begins with.
    private func encrypt(_ head: inout PackedBlock, _ source: ByteBlock, _ cipher: FileCipher) {
        head.codec = head.codec.isCompressed ? .encryptedZstd : .encrypted
        source.grow(to: head.stored + FileCipher.overhead, keeping: head.stored)
        let context = head.cipherContext
        // The block was just made long enough.
        unsafe cipher.encrypt(source.base, head.stored, &self.nonces, context: context.span.bytes)
        head.stored += FileCipher.overhead
    }

    /// Writes a block of another file as it is.
    func copy(_ head: PackedBlock, body: ByteBlock) throws(SegmentError) {
        try self.flush()
        var head = head
        head.offset = self.size
        _ = try self.write(head, body)
    }

    /// Writes a block whose body `source` begins with; the body is moved in it.
    private func write(_ head: PackedBlock, _ source: ByteBlock) throws(SegmentError) -> Int {
        // Head and body in one write: the body moves up.
        let size = head.size
        source.grow(to: size, keeping: head.stored)
        let target = unsafe source.base
        // Both ranges are in the block, which has at least `size` bytes.
        unsafe memmove(target + PackedBlock.headBytes, target, head.stored)
        unsafe head.encode(into: target, seed: self.seed)
        for index in PackedBlock.headBytes + head.stored..<size { unsafe target.store(0 as UInt8, at: index) }
        Failpoint.reach(.rewriteWrite)
        try source.withBytes(0..<size) { bytes throws(SegmentError) in
            try self.file.write(bytes, at: UInt64(head.offset))
        }
        self.blocks.append(head)
        self.size += size
        return size
    }

    /// Puts extents and records into `body`; returns how many bytes that is.
    private func makeBody() -> Int {
        var text: [UInt8] = []
        text.appendVarint(self.extents.count)
        var end = self.extents.first?.lowerBound ?? 0
        for extent in self.extents {
            text.appendVarint((extent.lowerBound - end) >> 3)
            text.appendVarint(extent.count >> 3)
            end = extent.upperBound
        }
        let raw = text.count + self.recordBytes
        self.body.grow(to: PackedBlock.size(stored: raw), keeping: 0)
        let target = unsafe self.body.base
        // There is room for `raw` bytes.
        unsafe target.store(text.span.bytes, at: 0)
        self.records.withBytes(0..<self.recordBytes) { unsafe target.store($0, at: text.count) }
        return raw
    }

    /// Compresses the body; nil if that does not make it shorter.
    private func compress(_ raw: Int) -> Int? {
        self.packed.grow(to: PackedBlock.size(stored: raw), keeping: 0)
        // The library writes at most what it is told that there is room for: less than the body.
        let count = unsafe ZSTD_compress(
            self.packed.base,
            raw - raw / 16,
            self.body.base,
            raw,
            PackedWriter.level
        )
        return ZSTD_isError(count) == 0 ? count : nil
    }

    /// How hard the compressor tries: the fastest, as it runs beside publishers.
    private static let level: CInt = 1

    /// Writes what is left, directory, tail and header.
    ///
    /// - Parameters:
    ///   - end: the length of the plain segment.
    ///   - kept: bytes of the records kept, the footer not counted.
    func finish(end: Int, kept: Int) throws(SegmentError) {
        try self.flush()
        let bytes = self.blocks.count * PackedBlock.headBytes
        let block = ByteBlock(capacity: max(bytes + PackedTail.bytes, FileHeader.bytes))
        let target = unsafe block.base
        for (index, head) in self.blocks.enumerated() {
            // There is room for all of them, and for the tail.
            unsafe head.encode(into: target + index * PackedBlock.headBytes, seed: self.seed)
        }
        let tail = PackedTail(directory: self.size, blocks: self.blocks.count, end: end, kept: kept)
        unsafe tail.encode(into: target + bytes, seed: self.seed, offset: self.size + bytes)
        try block.withBytes(0..<bytes + PackedTail.bytes) { bytes throws(SegmentError) in
            try self.file.write(bytes, at: UInt64(self.size))
        }
        self.size += bytes + PackedTail.bytes
        unsafe self.header.encode(into: target)  // As above: room for a header.
        try block.withBytes(0..<FileHeader.bytes) { bytes throws(SegmentError) in
            try self.file.write(bytes, at: 0)
        }
    }
}

extension [UInt8] {
    /// Adds a number of up to 32 bits as ``VarintReader`` reads it.
    fileprivate mutating func appendVarint(_ value: Int) {
        var rest = value
        while rest > 0x7f {
            self.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        self.append(UInt8(rest))
    }
}
