/// Where the blocks of a packed segment are.
///
/// The directory at the end says it. If it is damaged, the heads of the blocks themselves do.
struct PackedLayout {
    /// Ascending, in the file and in the plain segment.
    private(set) var blocks: [PackedBlock] = []
    /// What the end of the file says; nil if it is damaged.
    private(set) var tail: PackedTail?
    /// Whether no block is missing from `blocks`.
    private(set) var isComplete = true

    /// Whether the blocks come from the directory.
    private(set) var isIntact = true

    private let seed: UInt32
    private let size: Int

    /// Reads the layout of `file`; nil if it is no packed segment.
    init?(_ file: any StorageFile, seed: UInt32) throws(SegmentError) {
        self.seed = seed
        let block = ByteBlock(capacity: FileHeader.bytes + PackedBlock.headBytes)
        let count = try block.fill(0..<FileHeader.bytes + PackedBlock.headBytes, from: file, at: 0)
        let version = block.withBytes(0..<count) { FileHeader.version($0, .segment) }
        if version == FileHeader.version || version == FileHeader.encryptedVersion { return nil }
        self.size = Int(clamping: try file.size())
        try self.readTail(file)
        if version == nil, self.tail == nil {
            // The header is damaged: the first block tells.
            let isPacked =
                count == block.capacity
                && block.withBytes(0..<count) {
                    PackedBlock($0, at: FileHeader.bytes, seed: seed)?.offset == FileHeader.bytes
                }
            if !isPacked { return nil }
        }
        if try !self.readDirectory(file) {
            self.isIntact = false
            try self.walk(file)
        }
    }

    private mutating func readTail(_ file: any StorageFile) throws(SegmentError) {
        let offset = self.size - PackedTail.bytes
        if offset < FileHeader.bytes || offset % 8 != 0 { return }
        let block = ByteBlock(capacity: PackedTail.bytes)
        let count = try block.fill(0..<PackedTail.bytes, from: file, at: UInt64(offset))
        let seed = self.seed
        self.tail = block.withBytes(0..<count) { PackedTail($0, seed: seed, offset: offset) }
    }

    /// Takes the blocks from the directory; false if that is not possible.
    private mutating func readDirectory(_ file: any StorageFile) throws(SegmentError) -> Bool {
        // The tail verifies that directory and tail are all that is left of the file.
        guard let tail = self.tail, tail.directory >= FileHeader.bytes, tail.directory < self.size else {
            return false
        }
        let bytes = tail.blocks * PackedBlock.headBytes
        let block = ByteBlock(capacity: bytes)
        guard try block.fill(0..<bytes, from: file, at: UInt64(tail.directory)) == bytes else { return false }
        let seed = self.seed
        var found: [PackedBlock] = []
        found.reserveCapacity(tail.blocks)
        var offset = FileHeader.bytes
        var start = FileHeader.bytes
        for index in 0..<tail.blocks {
            let entry = block.withBytes(0..<bytes) {
                PackedBlock($0, at: index * PackedBlock.headBytes, seed: seed)
            }
            guard let entry, entry.offset == offset, entry.start >= start, entry.end <= tail.end else {
                return false
            }
            found.append(entry)
            offset += entry.size
            start = entry.end
        }
        if offset != tail.directory { return false }
        self.blocks = found
        return true
    }

    /// Finds the blocks by their heads, at every multiple of 8 bytes if need be.
    private mutating func walk(_ file: any StorageFile) throws(SegmentError) {
        self.blocks = []
        let block = ByteBlock(capacity: FrameScanner.chunkBytes)
        var chunk = 0..<0
        var offset = FileHeader.bytes
        let limit = self.tail?.directory ?? self.size
        while offset + PackedBlock.headBytes <= limit {
            if !chunk.contains(offset) || offset + PackedBlock.headBytes > chunk.upperBound {
                let wanted = min(block.capacity, self.size - offset)
                let count = try block.fill(0..<wanted, from: file, at: UInt64(offset))
                if count < PackedBlock.headBytes { break }
                chunk = offset..<offset + count
            }
            let place = offset - chunk.lowerBound
            let seed = self.seed
            let head = block.withBytes(0..<chunk.count) { bytes -> PackedBlock? in
                // Cheap to tell, and the directory's copies stand elsewhere.
                guard Int(bytes.uint32(at: place + 4)) << 3 == offset else { return nil }
                return PackedBlock(bytes, at: place, seed: seed)
            }
            if let head, head.start >= self.blocks.last?.end ?? 0 {
                self.blocks.append(head)
                offset += head.size
            } else {
                // Behind the last block there is the directory, if it is only the tail that is damaged.
                if self.tail == nil, try self.isDirectory(file, at: offset) { return }
                self.isComplete = false
                offset += 8
            }
        }
        if let tail = self.tail, tail.blocks != self.blocks.count { self.isComplete = false }
    }

    /// Whether the head at `offset` is a copy of the first block's.
    private func isDirectory(_ file: any StorageFile, at offset: Int) throws(SegmentError) -> Bool {
        guard let first = self.blocks.first, self.isComplete else { return false }
        let block = ByteBlock(capacity: PackedBlock.headBytes)
        let count = try block.fill(0..<PackedBlock.headBytes, from: file, at: UInt64(offset))
        let seed = self.seed
        return count == PackedBlock.headBytes
            && block.withBytes(0..<count) { PackedBlock($0, at: 0, seed: seed) } == first
    }
}
