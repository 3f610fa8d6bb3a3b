/// The head of one block of a packed segment; also an entry of the directory at its end.
///
/// A packed segment is what a sealed one is rewritten as: some of its records, in blocks that may be compressed.
/// **Every record keeps the offset it had**, and with it its checksum: so nothing that points into the segment has
/// to change. What lay between the records kept is a gap.
///
///     packed    := header block+ directory tail            header: version 2
///     block     := head stored-body padding
///     body      := extents records                          what is stored, or what it decompresses to
///     extents   := count { gap length }                     varints; gap and length in units of 8 bytes
///     directory := head*                                    copies of the blocks' heads
///
///     head:  0        4        8               12       16    20      24    28      29        32
///            | crc32c | offset | crc32c (body) | stored | raw | start | end | codec | records |
///
/// In an encrypted segment the bodies of all blocks but the footer's are encrypted, after they were compressed, with the
/// last sixteen bytes of the head as context.
///
/// `offset` is where the block is in the file; `start` and `end` are offsets of the plain segment: of the block's
/// first record and behind its last one. All three are in units of 8 bytes, `stored` and `raw` (lengths of the body
/// as stored and as it was) in bytes. The head's checksum starts from the file's seed and `offset`, the body's from
/// the file's seed and `start`: so a body may move.
struct PackedBlock: Equatable {
    /// Bytes of a head.
    static let headBytes = 32
    /// Bytes of records after which a block ends.
    static let recordBytes = 64 << 10
    /// The longest body that is compressed: reading anything of a block means reading all of it.
    static let compressedBytesMax = 1 << 20
    /// The longest body: one record, its extent, and what encryption adds.
    static let bodyBytesMax = RecordFormat.recordBytesMax + 64

    /// Where the block is in the file.
    var offset: Int
    /// What the body as stored adds up to.
    var bodyChecksum: UInt32 = 0
    /// Bytes of body as stored.
    var stored: Int
    /// Bytes of body.
    var raw: Int
    /// The offset of the first record in the plain segment.
    var start: Int
    /// The offset behind the last record in the plain segment.
    var end: Int
    /// How the body is stored.
    var codec: PackedCodec
    /// How many records are in it, a footer included.
    var records: Int

    /// What the cipher of the body has as context: the last sixteen bytes of the head.
    var cipherContext: [UInt32] {
        [
            UInt32(self.raw), UInt32(self.start >> 3), UInt32(self.end >> 3),
            UInt32(self.codec.rawValue) | UInt32(self.records) << 8,
        ]
        .map(\.littleEndian)
    }

    /// Bytes in the file.
    var size: Int { PackedBlock.size(stored: self.stored) }

    /// Bytes in the file of a block with so many bytes of stored body.
    static func size(stored: Int) -> Int { (PackedBlock.headBytes + stored + 7) & ~7 }

    /// Writes the head.
    func encode(into target: UnsafeMutableRawPointer, seed: UInt32) {
        // The caller has reserved 32 bytes at `target`.
        unsafe target.store(UInt32(self.offset >> 3), at: 4)
        unsafe target.store(self.bodyChecksum, at: 8)
        unsafe target.store(UInt32(self.stored), at: 12)
        unsafe target.store(UInt32(self.raw), at: 16)
        unsafe target.store(UInt32(self.start >> 3), at: 20)
        unsafe target.store(UInt32(self.end >> 3), at: 24)
        unsafe target.store(UInt32(self.codec.rawValue) | UInt32(self.records) << 8, at: 28)
        unsafe Checksum.seal(target, PackedBlock.headBytes, seed: seed, offset: self.offset)
    }
}

extension PackedBlock {
    /// Reads the head at `place` of `bytes`; nil if none verifies there.
    ///
    /// - Precondition: The 32 bytes are in `bytes`.
    init?(_ bytes: RawSpan, at place: Int, seed: UInt32) {
        let offset = Int(bytes.uint32(at: place + 4)) << 3
        let covered = place + 4..<place + PackedBlock.headBytes
        let crc = Checksum.of(bytes, covered, seed: Checksum.seed(seed, at: offset))
        guard crc == bytes.uint32(at: place) else { return nil }
        let rest = bytes.uint32(at: place + 28)
        guard let codec = PackedCodec(rawValue: UInt8(truncatingIfNeeded: rest)) else { return nil }
        self.offset = offset
        self.bodyChecksum = bytes.uint32(at: place + 8)
        self.stored = Int(bytes.uint32(at: place + 12))
        self.raw = Int(bytes.uint32(at: place + 16))
        self.start = Int(bytes.uint32(at: place + 20)) << 3
        self.end = Int(bytes.uint32(at: place + 24)) << 3
        self.codec = codec
        self.records = Int(rest >> 8)
        guard self.isPlausible else { return nil }
    }

    /// Whether the numbers do not contradict each other.
    private var isPlausible: Bool {
        if self.start < FileHeader.bytes || self.end <= self.start || self.end > Int(UInt32.max) {
            return false
        }
        if self.stored > PackedBlock.bodyBytesMax || self.raw > PackedBlock.bodyBytesMax { return false }
        switch self.codec {
        case .none: return self.stored == self.raw
        case .encrypted: return self.stored == self.raw + FileCipher.overhead
        case .zstd, .encryptedZstd: return self.raw <= PackedBlock.compressedBytesMax
        }
    }
}

/// How the body of a packed block is stored.
enum PackedCodec: UInt8 {
    /// As it is.
    case none = 0
    /// As one frame of Zstandard (RFC 8878).
    case zstd = 1
    /// Encrypted.
    case encrypted = 2
    /// As a frame of Zstandard, encrypted.
    case encryptedZstd = 3

    /// Whether the body is encrypted.
    var isEncrypted: Bool { self == .encrypted || self == .encryptedZstd }
    /// Whether the body is compressed.
    var isCompressed: Bool { self == .zstd || self == .encryptedZstd }
}

/// The last 32 bytes of a packed segment.
///
///     0        4      8           12       16    24     32
///     | crc32c | mark | directory | blocks | end | kept |
///
/// `directory` is where it begins, in units of 8 bytes; `end` the length of the plain segment; `kept` the bytes of
/// the records kept, the footer not counted. The checksum starts from the file's seed and the tail's offset.
struct PackedTail: Equatable {
    /// Bytes of a tail.
    static let bytes = 32
    /// `PACK`, as a little-endian number.
    static let mark: UInt32 = 0x4b43_4150

    /// Where the directory begins.
    var directory: Int
    /// Its entries.
    var blocks: Int
    /// The length of the plain segment.
    var end: Int
    /// Bytes of the records kept.
    var kept: Int

    /// Writes the tail, to be at `offset` of a file with that seed.
    func encode(into target: UnsafeMutableRawPointer, seed: UInt32, offset: Int) {
        // The caller has reserved 32 bytes at `target`.
        unsafe target.store(PackedTail.mark, at: 4)
        unsafe target.store(UInt32(self.directory >> 3), at: 8)
        unsafe target.store(UInt32(self.blocks), at: 12)
        unsafe target.store(UInt64(self.end), at: 16)
        unsafe target.store(UInt64(self.kept), at: 24)
        unsafe Checksum.seal(target, PackedTail.bytes, seed: seed, offset: offset)
    }
}

extension PackedTail {
    /// Reads the tail that `bytes` holds, at `offset` of a file with that seed; nil if it does not verify.
    init?(_ bytes: RawSpan, seed: UInt32, offset: Int) {
        guard bytes.byteCount >= PackedTail.bytes, bytes.uint32(at: 4) == PackedTail.mark else { return nil }
        let crc = Checksum.of(bytes, 4..<PackedTail.bytes, seed: Checksum.seed(seed, at: offset))
        guard crc == bytes.uint32(at: 0) else { return nil }
        self.directory = Int(bytes.uint32(at: 8)) << 3
        self.blocks = Int(bytes.uint32(at: 12))
        self.end = Int(clamping: bytes.uint64(at: 16))
        self.kept = Int(clamping: bytes.uint64(at: 24))
        guard self.end <= Int(UInt32.max), self.kept <= self.end,
            self.directory + self.blocks * PackedBlock.headBytes == offset
        else { return nil }
    }
}
