/// One segment of a log as its owner knows it.
final class LogSegment {
    /// The number that its file is named by: no sequence in it is lower.
    let number: UInt64
    /// What the checksums in it start from.
    let seed: UInt32
    /// Bytes of the plain file that hold something, records in memory included.
    ///
    /// Of a packed segment that was not looked at yet: bytes of the packed file.
    var end: Int
    /// Bytes of the packed file; nil if the segment is plain or was not looked at yet.
    var packedBytes: Int?
    /// Where its footer begins; nil if it has none or has not been looked at.
    var footerOffset: Int?
    /// Whether nothing more will be appended.
    var isSealed: Bool
    /// The highest sequence in it, one below ``number`` if it holds none; nil if not known.
    var lastSequence: UInt64?
    /// The first message's time, if known and if there is one.
    var firstTime: Int64?
    /// The last message's time, if known and if there is one.
    var lastTime: Int64?
    /// How many messages it holds; nil if not known.
    var count: UInt64?
    /// Whether header and footer have been looked at.
    var isLoaded = false
    /// What decrypts its records; nil if they are not encrypted, or not looked at.
    var cipher: FileCipher?
    /// Open for reading; nil if it is not.
    var file: (any StorageFile)?
    /// When it was read last, in the log's own count.
    var lastUse: UInt64 = 0

    init(number: UInt64, stream: StreamUUID, end: Int, isSealed: Bool) {
        self.number = number
        self.seed = Checksum.seed(magic: FileKind.segment.magic, stream: stream, number: number)
        self.end = end
        self.isSealed = isSealed
    }

    /// Where records end: at the footer, if there is one.
    var recordsEnd: Int { self.footerOffset ?? self.end }

    /// One message more.
    @inline(__always)
    func didAppend(sequence: UInt64, timestamp: Int64, end: Int) {
        self.end = end
        if self.count == 0 { self.firstTime = timestamp }
        self.lastSequence = sequence
        self.lastTime = timestamp
        if let count = self.count { self.count = count &+ 1 }  // Safe: counts records of 32 bytes and more.
    }

    /// Its file has been opened, and is packed.
    func didOpen(_ file: PackedFile) {
        // Until now the length of the file was taken for that of the plain one.
        if self.packedBytes == nil { self.packedBytes = self.end }
        self.end = file.end
    }

    /// What its footer says.
    func didLoad(_ footer: SegmentFooter, at offset: Int) {
        self.footerOffset = offset
        self.isSealed = true
        self.lastSequence = footer.lastSequence
        self.lastTime = footer.lastTime
        self.firstTime = footer.firstTime
        self.count = footer.count
    }
}

/// What a log can say of one of its segments without reading it.
public struct SegmentSummary: Sendable, Equatable {
    /// The number that its file is named by: no sequence in it is lower.
    public var firstSequence: UInt64
    /// No sequence in it is higher.
    ///
    /// One below ``firstSequence`` if it holds none.
    public var lastSequence: UInt64
    /// Bytes of the file that hold something, records in memory included; of a packed segment as packed.
    public var bytes: UInt64
    /// Whether nothing more will be appended.
    public var isSealed: Bool
    /// Messages in it; nil if not known.
    public var messages: UInt64?
    /// The first message's time; nil if not known, or if there is none.
    public var firstTime: Int64?
    /// The last message's time; nil if not known, or if there is none.
    public var lastTime: Int64?
}
