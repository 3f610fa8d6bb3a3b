/// What a record says of itself, and where it is.
public struct RecordHeader: Sendable, Equatable {
    /// Where the record is.
    public var position: LogPosition
    /// The message's sequence in its stream.
    public var sequence: UInt64
    /// When it was stored: nanoseconds since 1970.
    public var timestamp: Int64
    /// Marks.
    public var flags: RecordFlags
    /// Bytes of subject; the body starts with it.
    public var subjectLength: Int
    /// Bytes of header block; it follows the subject.
    public var headerLength: Int
    /// Bytes of payload; it follows the header block.
    public var payloadLength: Int
    /// Bytes of the whole record, its head and padding included; a multiple of 8.
    public var recordBytes: Int
    /// Whether its body is encrypted and was not decrypted, for want of the key: then no byte of it is given.
    public var isLocked = false
    /// What it is in its file.
    var kind = RecordKind.message

    /// Bytes of subject, header block and payload together.
    @inlinable
    public var bodyLength: Int { self.subjectLength + self.headerLength + self.payloadLength }

    /// Bytes of body as stored.
    var storedLength: Int { self.bodyLength + self.kind.overhead }

    /// The position after the record: where the next one is, unless a new segment began.
    @inlinable
    public var end: LogPosition {
        LogPosition(segment: self.position.segment, offset: self.position.offset + UInt32(self.recordBytes))
    }

    init(position: LogPosition, fields: RecordFields) {
        self.position = position
        self.sequence = fields.sequence
        self.timestamp = fields.timestamp
        self.flags = fields.flags
        self.subjectLength = fields.subjectLength
        self.headerLength = fields.headerLength
        self.payloadLength = fields.payloadLength
        self.recordBytes = fields.size
        self.kind = fields.kind
    }
}

/// What is wrong with a record.
public enum RecordDamage: Sendable, Equatable {
    /// Its lengths contradict each other, or end beyond the file.
    case lengths
    /// It does not match its checksum.
    case checksum
    /// It matches its checksum, and it does not decrypt: it was changed on purpose, or the key is another one.
    case cipher
    /// It verifies, but its sequence does not follow the one before.
    case sequence
}
