/// One record of a segment: a message, or the footer that seals the segment.
///
/// Integers are little-endian; records start at multiples of 8 bytes, so no field is ever torn across two
/// sectors.
///
///     0        4       7       8          16          24        28        30    31     32
///     | crc32c | units | flags | sequence | timestamp | headers | subject | pad | kind | body … | padding |
///
/// `crc32c` covers everything after it, and starts from a number of its place (see `Checksum`). `units` is
/// the length of all this in units of 8 bytes (24 bits). `headers` and `subject` are lengths in bytes, `pad`
/// the bytes of padding (0 to 7); the payload is the rest. `kind` is 0 for a message, 1 for a footer, 2 and 3 for
/// a message in an encrypted file (see `RecordKind`).
///
/// With the flag ``RecordFlags/erased`` set, `crc32c` covers the rest of the head alone: checksum and flags
/// are in one aligned word, so that one write, which no power cut can tear, makes a body meaningless before
/// it is overwritten.
enum RecordFormat {
    /// Bytes before the body.
    static let headBytes = 32
    /// The longest body: subject, headers and payload.
    static let bodyBytesMax = 32 << 20
    /// The longest record: the longest body, encrypted.
    static let recordBytesMax = RecordFormat.bodyBytesMax + RecordFormat.headBytes + 32
    /// The longest subject.
    static let subjectBytesMax = Int(UInt16.max)

    /// The length of a record with so many bytes of body.
    @inline(__always)
    static func size(body: Int) -> Int { (RecordFormat.headBytes + body + 7) & ~7 }

    /// Writes a message's record but for its checksum, and returns the length of its body.
    ///
    /// Next is ``Checksum/seal(_:_:seed:offset:)``, or for `kind` ``RecordKind/encrypted``, with whose overhead the record is
    /// as long as it has to be, ``FileCipher/encrypt(record:_:size:seed:offset:_:)``.
    @inline(__always)
    static func write(
        into target: UnsafeMutableRawPointer,
        kind: RecordKind,
        sequence: UInt64,
        timestamp: Int64,
        flags: RecordFlags,
        subject: RawSpan,
        headers: RawSpan,
        payload: RawSpan
    ) -> Int {
        let body = subject.byteCount + headers.byteCount + payload.byteCount
        let stored = body + kind.overhead
        let size = RecordFormat.size(body: stored)
        let padding = size - RecordFormat.headBytes - stored
        // The caller has reserved `size` bytes at `target`; the last word first, for the padding's zeros.
        unsafe target.store(0 as UInt64, at: size - 8)
        unsafe target.store(UInt32(size >> 3) | UInt32(flags.rawValue) << 24, at: 4)
        unsafe target.store(sequence, at: 8)
        unsafe target.store(timestamp, at: 16)
        unsafe target.store(
            RecordFormat.lengths(headers.byteCount, subject.byteCount, padding, kind),
            at: 24
        )
        unsafe target.store(subject, at: 32)
        unsafe target.store(headers, at: 32 + subject.byteCount)
        unsafe target.store(payload, at: 32 + subject.byteCount + headers.byteCount)
        return body
    }

    /// The first eight bytes of a record in a file with that seed, changed to say that it is erased.
    static func erasedWord(_ header: RecordHeader, seed: UInt32) -> UInt64 {
        let flags = header.flags.union(.erased)
        let upper = UInt32(header.recordBytes >> 3) | UInt32(flags.rawValue) << 24
        let padding = header.recordBytes - RecordFormat.headBytes - header.storedLength
        let lengths = RecordFormat.lengths(header.headerLength, header.subjectLength, padding, header.kind)
        let words = [UInt64(upper), header.sequence, UInt64(bitPattern: header.timestamp), lengths]
            .map { $0.littleEndian }
        let start = Checksum.seed(seed, at: Int(header.position.offset))
        // Four bytes of `upper`, then the three words after it.
        let first = unsafe Checksum.of(words.span.bytes, 0..<4, seed: start)
        let crc = unsafe Checksum.of(words.span.bytes, 8..<32, seed: first)
        return UInt64(crc) | UInt64(upper) << 32
    }

    /// The last word of a message's head.
    @inline(__always)
    static func lengths(_ headers: Int, _ subject: Int, _ padding: Int, _ kind: RecordKind) -> UInt64 {
        UInt64(headers) | UInt64(subject) << 32 | UInt64(padding) << 48 | UInt64(kind.rawValue) << 56
    }

    /// Reads the record at `offset` of `bytes`, which is at `position` in a file with that seed.
    ///
    /// Never traps, whatever the bytes are.
    @inline(__always)
    static func decode(
        _ bytes: RawSpan,
        at offset: Int,
        position: LogPosition,
        seed: UInt32
    ) -> RecordDecoding {
        guard offset >= 0, offset <= bytes.byteCount else { return .damaged(.lengths) }
        let available = bytes.byteCount - offset
        guard available >= RecordFormat.headBytes else { return .incomplete(bytes: RecordFormat.headBytes) }
        guard let fields = RecordFields(bytes, at: offset) else { return .damaged(.lengths) }
        guard available >= fields.size else { return .incomplete(bytes: fields.size) }
        let covered = fields.flags.contains(.erased) ? RecordFormat.headBytes : fields.size
        let start = Checksum.seed(seed, at: Int(position.offset))
        let crc = Checksum.of(bytes, offset + 4..<offset + covered, seed: start)
        guard crc == bytes.uint32(at: offset) else { return .damaged(.checksum) }
        if fields.kind == .footer {
            return .footer(SegmentFooter(fields: fields, bytes, at: offset))
        }
        return .record(RecordHeader(position: position, fields: fields))
    }
}

/// What the bytes at some place turned out to be.
enum RecordDecoding {
    /// A message that verifies.
    case record(RecordHeader)
    /// A footer that verifies.
    case footer(SegmentFooter)
    /// More bytes are needed to tell: so many from the start of the record.
    case incomplete(bytes: Int)
    /// Not a record.
    case damaged(RecordDamage)
}

/// The fields of a record's head, checked against each other but not against the checksum.
struct RecordFields {
    var size: Int
    var flags: RecordFlags
    var sequence: UInt64
    var timestamp: Int64
    var headerLength: Int
    var subjectLength: Int
    var payloadLength: Int
    var kind: RecordKind

    /// Reads the head at `offset`; nil if no record can have it.
    ///
    /// - Precondition: The 32 bytes are in `bytes`.
    @inline(__always)
    init?(_ bytes: RawSpan, at offset: Int) {
        let upper = bytes.uint32(at: offset + 4)
        let lengths = bytes.uint64(at: offset + 24)
        self.size = Int(upper & 0xff_ffff) << 3
        self.flags = RecordFlags(rawValue: UInt8(upper >> 24))
        self.headerLength = Int(lengths & 0xffff_ffff)
        self.subjectLength = Int(lengths >> 32 & 0xffff)
        let padding = Int(lengths >> 48 & 0xff)
        guard let kind = RecordKind(rawValue: UInt8(truncatingIfNeeded: lengths >> 56)) else { return nil }
        self.kind = kind
        self.payloadLength =
            self.size - RecordFormat.headBytes - self.headerLength - self.subjectLength - padding
            - kind.overhead
        if self.payloadLength < 0 || self.size > RecordFormat.recordBytesMax { return nil }
        if padding > 7 { return nil }
        if kind == .footer, self.size != SegmentFooter.bytes || self.flags.rawValue != 0 { return nil }
        self.sequence = bytes.uint64(at: offset + 8)
        self.timestamp = Int64(bitPattern: bytes.uint64(at: offset + 16))
    }
}
