internal import CZstd

/// One block of a packed segment in memory: its records, and where in the plain segment they were.
///
/// Never changed once made, so that several threads may read it.
final class UnpackedBlock: @unchecked Sendable {
    // Unchecked: `bytes` is filled before anybody else sees it, and only read after.

    /// Records without a gap between them.
    struct Extent {
        /// Their offsets in the plain segment.
        var range: Range<Int>
        /// Where they begin in `bytes`.
        var place: Int
    }

    /// Where the block is in its file.
    let offset: Int
    /// The records; nil if the block is damaged or cannot be decrypted.
    let extents: [Extent]?
    /// Whether it is as it was stored, which says nothing of whether it can be decrypted.
    let isIntact: Bool
    private let bytes: ByteBlock

    /// Takes a body as it was stored, of which `count` bytes could be read.
    init(_ head: PackedBlock, stored: ByteBlock, count: Int, seed: UInt32, _ cipher: FileCipher?) {
        self.offset = head.offset
        guard count == head.stored else {
            self.isIntact = false
            self.extents = nil
            self.bytes = ByteBlock(capacity: 0)
            return
        }
        let start = Checksum.seed(seed, at: head.start)
        let isIntact =
            stored.withBytes(0..<count) { Checksum.of($0, 0..<count, seed: start) } == head.bodyChecksum
        self.isIntact = isIntact
        var stored = stored
        var count = count
        if head.codec.isEncrypted {
            guard isIntact, let decrypted = UnpackedBlock.decrypt(head, stored, count, cipher) else {
                self.extents = nil
                self.bytes = ByteBlock(capacity: 0)
                return
            }
            stored = decrypted
            count -= FileCipher.overhead
        }
        switch head.codec {
        case .none, .encrypted:
            // Damage costs the records it hits: each has a checksum of its own.
            self.bytes = stored
            self.extents = stored.withBytes(0..<count) { UnpackedBlock.extents($0, head) }
        case .zstd, .encryptedZstd:
            let raw = ByteBlock(capacity: isIntact ? head.raw : 0)
            let isWhole = isIntact && UnpackedBlock.decompress(stored, count, into: raw, head.raw)
            self.bytes = raw
            self.extents =
                isWhole ? raw.withBytes(0..<head.raw) { UnpackedBlock.extents($0, head) } : nil
        }
    }

    /// The body that was encrypted; nil if it cannot be decrypted.
    private static func decrypt(
        _ head: PackedBlock,
        _ stored: ByteBlock,
        _ count: Int,
        _ cipher: FileCipher?
    ) -> ByteBlock? {
        let context = head.cipherContext
        return stored.withBytes(0..<count) { encrypted in
            unsafe cipher?
                .decrypt(encrypted, context: context.span.bytes) { plain in
                    let block = ByteBlock(capacity: plain.byteCount)
                    // The block has room for it.
                    unsafe block.base.store(plain, at: 0)
                    return block
                }
        }
    }

    /// Decompresses `count` bytes to exactly `expected`; false if they are something else.
    private static func decompress(_ stored: ByteBlock, _ count: Int, into raw: ByteBlock, _ expected: Int)
        -> Bool
    {
        // Both blocks hold that many bytes; the library never writes more than it is given.
        let result = unsafe ZSTD_decompress(raw.base, expected, stored.base, count)
        return ZSTD_isError(result) == 0 && result == expected
    }

    /// Reads the extents that a body begins with; nil if they do not fit it.
    private static func extents(_ body: RawSpan, _ head: PackedBlock) -> [Extent]? {
        var reader = VarintReader()
        let count = reader.next(body)
        // Each takes two bytes at least.
        guard let count, count > 0, count <= body.byteCount / 2 else { return nil }
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(count)
        var offset = head.start
        var total = 0
        for _ in 0..<count {
            guard let gap = reader.next(body), let length = reader.next(body), length > 0 else { return nil }
            let start = offset + gap << 3
            offset = start + length << 3
            total += length << 3
            guard offset <= head.end else { return nil }
            ranges.append(start..<offset)
        }
        guard offset == head.end, ranges.first?.lowerBound == head.start,
            reader.offset + total == body.byteCount
        else { return nil }
        var place = reader.offset
        return ranges.map { range in
            defer { place += range.count }
            return Extent(range: range, place: place)
        }
    }

    /// The first offset at or after `offset` at which there is something of this block; nil if there is nothing.
    func first(atOrAfter offset: Int) -> Int? {
        guard let extents = self.extents else { return nil }
        var low = 0
        var high = extents.count
        while low < high {
            let middle = (low + high) / 2
            if extents[middle].range.upperBound <= offset { low = middle + 1 } else { high = middle }
        }
        return low < extents.count ? max(offset, extents[low].range.lowerBound) : nil
    }

    /// Calls `body` with each record that verifies, and the offset it has in the plain segment.
    func forEachRecord(segment: UInt64, seed: UInt32, _ body: (Int, RawSpan) -> Void) {
        for extent in self.extents ?? [] {
            var done = 0
            while done + RecordFormat.headBytes <= extent.range.count {
                let offset = extent.range.lowerBound + done
                let range = extent.place + done..<extent.place + extent.range.count
                let position = LogPosition(segment: segment, offset: UInt32(offset))
                let size = self.bytes.withBytes(range) { bytes -> Int in
                    switch RecordFormat.decode(bytes, at: 0, position: position, seed: seed) {
                    case .record(let header): header.recordBytes
                    case .footer: SegmentFooter.bytes
                    case .incomplete, .damaged: 0
                    }
                }
                if size == 0 { break }
                self.bytes.withBytes(range.lowerBound..<range.lowerBound + size) { body(offset, $0) }
                done += size
            }
        }
    }

    /// Copies what it has of the plain segment's bytes from `offset` on to `target`.
    func copy(from offset: Int, to target: UnsafeMutableRawBufferPointer) {
        guard let extents = self.extents, let base = target.baseAddress else { return }
        let wanted = offset..<offset + target.count
        for extent in extents {
            if extent.range.lowerBound >= wanted.upperBound { return }
            let found = extent.range.clamped(to: wanted)
            if found.isEmpty { continue }
            let place = extent.place + found.lowerBound - extent.range.lowerBound
            self.bytes.withBytes(place..<place + found.count) { bytes in
                // `found` is inside `wanted`, for which `target` has room.
                unsafe (base + (found.lowerBound - offset)).store(bytes, at: 0)
            }
        }
    }
}

/// Reads numbers of up to 32 bits, seven in each byte, lowest first, the highest bit set in all but the last byte.
struct VarintReader {
    /// Where the next one begins.
    private(set) var offset = 0

    /// The next number; nil at the end or if it is too large.
    mutating func next(_ bytes: RawSpan) -> Int? {
        var value = 0
        var shift = 0
        while self.offset < bytes.byteCount, shift < 35 {
            // In bounds: just compared.
            let byte = unsafe Int(bytes.unsafeLoad(fromByteOffset: self.offset, as: UInt8.self))
            self.offset += 1
            value |= (byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value <= Int(UInt32.max) ? value : nil }
            shift += 7
        }
        return nil
    }
}
