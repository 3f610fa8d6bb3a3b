internal import CZstd
internal import Glibc

/// Writes a packed segment: takes records in ascending order, each at the offset it has in the plain one.
final class PackedWriter {
    private let file: any StorageFile
    private let header: FileHeader
    private let seed: UInt32
    private let compresses: Bool

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

    /// Begins with an empty file.
    init(_ file: any StorageFile, stream: StreamUUID, number: UInt64, compresses: Bool) {
        self.file = file
        self.compresses = compresses
        self.header = FileHeader(
            kind: .segment,
            stream: stream,
            number: number,
            version: FileHeader.packedVersion
        )
        self.seed = Checksum.seed(magic: FileKind.segment.magic, stream: stream, number: number)
    }

    /// Whether a record of `bytes` bytes has to go into another block than what was gathered so far.
    func isFull(for bytes: Int) -> Bool {
        self.recordBytes > 0 && self.recordBytes + bytes > PackedBlock.recordBytes
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
    func flush() throws(SegmentError) -> Int {
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
