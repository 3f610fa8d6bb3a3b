internal import Synchronization

/// A packed segment, read as if it were the plain one: records at the offsets they had, zeros in the gaps.
final class PackedFile: StorageFile {
    /// The file itself.
    let base: any StorageFile
    /// The length of the plain segment.
    let end: Int
    /// Bytes of the records kept; nil if that is not known.
    let kept: Int?
    /// Whether it is known where there are gaps: not if heads of blocks are damaged.
    let isComplete: Bool
    /// Whether directory and tail are as they were written.
    let isIntact: Bool
    let blocks: [PackedBlock]
    private let seed: UInt32
    /// What decrypts blocks; nil: there are none, or there is no key.
    let cipher: FileCipher?
    /// Whether there are encrypted blocks, and no key.
    let isLocked: Bool
    /// The block used last: a reader going forward unpacks each one once.
    private let recent = Mutex<UnpackedBlock?>(nil)

    private init(base: any StorageFile, layout: PackedLayout, seed: UInt32, cipher: FileCipher?) {
        self.cipher = cipher
        self.isLocked = cipher == nil && layout.blocks.contains { $0.codec.isEncrypted }
        self.base = base
        self.blocks = layout.blocks
        self.isComplete = layout.isComplete
        self.isIntact = layout.isIntact
        self.end = layout.tail?.end ?? layout.blocks.last?.end ?? FileHeader.bytes
        self.kept = layout.tail?.kept
        self.seed = seed
    }

    /// Opens a segment for reading, whatever form it has.
    static func open(
        _ number: UInt64,
        in directory: any StorageDirectory,
        stream: StreamUUID,
        keys: StorageKeys?
    ) throws(SegmentError) -> any StorageFile {
        let file = try directory.openFile(FileKind.segment.name(number), for: .reading)
        return try PackedFile.read(file, number: number, stream: stream, keys: keys) ?? file
    }

    /// The packed segment that `file` is; nil if it is none.
    static func read(
        _ file: any StorageFile,
        number: UInt64,
        stream: StreamUUID,
        keys: StorageKeys?
    ) throws(SegmentError) -> PackedFile? {
        let seed = Checksum.seed(magic: FileKind.segment.magic, stream: stream, number: number)
        guard let layout = try PackedLayout(file, seed: seed) else { return nil }
        let cipher = try StorageKeys.cipher(keys, of: file, .segment, stream, number)
        return PackedFile(base: file, layout: layout, seed: seed, cipher: cipher)
    }

    // MARK: Reading

    var path: String { self.base.path }

    func size() throws(SegmentError) -> UInt64 { UInt64(self.end) }

    func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(SegmentError) -> Int {
        let start = Int(clamping: offset)
        let count = min(bytes.byteCount, self.end - start)
        if count <= 0 { return 0 }
        unsafe bytes.withUnsafeMutableBytes { target in
            // Gaps are zeros.
            _ = unsafe target.initializeMemory(as: UInt8.self, repeating: 0)
        }
        if start < FileHeader.bytes { try self.readHeader(&bytes, start, count) }
        var index = self.index(atOrAfter: start)
        while index < self.blocks.count, self.blocks[index].start < start + count {
            let block = try self.unpack(index)
            unsafe bytes.withUnsafeMutableBytes { target in
                // `count` bytes are in `target`.
                unsafe block.copy(from: start, to: UnsafeMutableRawBufferPointer(rebasing: target[..<count]))
            }
            index += 1
        }
        return count
    }

    private func readHeader(_ bytes: inout MutableRawSpan, _ start: Int, _ count: Int) throws(SegmentError) {
        let header = ByteBlock(capacity: FileHeader.bytes)
        let found = try header.fill(0..<FileHeader.bytes, from: self.base, at: 0)
        let end = min(start + count, found)
        if end <= start { return }
        let part = start..<end
        unsafe bytes.withUnsafeMutableBytes { target in
            header.withBytes(part) { source in
                // `part` is not longer than `count`, for which there is room.
                if let base = target.baseAddress { unsafe base.store(source, at: 0) }
            }
        }
    }

    /// The first offset at or after `offset` that is not in a gap; the end if there is none.
    ///
    /// What a damaged block held counts as no gap, so that it is found to be damaged.
    func data(atOrAfter offset: Int) throws(SegmentError) -> Int {
        if offset < FileHeader.bytes { return offset }
        var index = self.index(atOrAfter: offset)
        while index < self.blocks.count {
            if offset <= self.blocks[index].start {
                return self.isComplete ? self.blocks[index].start : offset
            }
            let block = try self.unpack(index)
            if block.extents == nil { return offset }
            if let found = block.first(atOrAfter: offset) { return found }
            index += 1
        }
        return self.isComplete ? self.end : min(offset, self.end)
    }

    /// The block at `offset`, if it is as it was written, and encrypted, and there is no key.
    func lockedBlock(at offset: Int) throws(SegmentError) -> PackedBlock? {
        if !self.isLocked { return nil }
        let index = self.index(atOrAfter: offset)
        guard index < self.blocks.count, self.blocks[index].start <= offset,
            self.blocks[index].codec.isEncrypted, try self.unpack(index).isIntact
        else { return nil }
        return self.blocks[index]
    }

    /// Index of the first block that ends behind `offset`.
    private func index(atOrAfter offset: Int) -> Int {
        var low = 0
        var high = self.blocks.count
        while low < high {
            let middle = (low + high) / 2
            if self.blocks[middle].end <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func unpack(_ index: Int) throws(SegmentError) -> UnpackedBlock {
        let head = self.blocks[index]
        if let recent = self.recent.withLock({ $0 }), recent.offset == head.offset { return recent }
        let stored = ByteBlock(capacity: head.stored)
        let place = UInt64(head.offset + PackedBlock.headBytes)
        let count = try stored.fill(0..<head.stored, from: self.base, at: place)
        let block = UnpackedBlock(head, stored: stored, count: count, seed: self.seed, self.cipher)
        // Long ones are not kept: memory for each open segment is bounded.
        if head.raw <= PackedBlock.compressedBytesMax { self.recent.withLock { $0 = block } }
        return block
    }

    // MARK: The rest of a file

    /// Refused: a packed segment is replaced, never changed.
    func write(_ bytes: RawSpan, at offset: UInt64) throws(SegmentError) { throw self.refusal("pwrite") }

    /// Refused, as writing is.
    func truncate(to size: UInt64) throws(SegmentError) { throw self.refusal("ftruncate") }

    /// Refused, as writing is.
    func allocate(to size: UInt64) throws(SegmentError) { throw self.refusal("posix_fallocate") }

    func sync() throws(SegmentError) { try self.base.sync() }

    func discardCache() { self.base.discardCache() }

    func close() throws(SegmentError) { try self.base.close() }

    private func refusal(_ call: String) -> SegmentError {
        .system(call: call, path: self.path, errno: SystemCall.notPermitted)
    }
}
