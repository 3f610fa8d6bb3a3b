/// What a file of either kind consists of after its header.
enum Frame {
    /// A message.
    case record(RecordHeader)
    /// The end of a sealed segment.
    case footer(SegmentFooter)
    /// An entry of a journal.
    case entry(JournalEntry)

    /// Bytes it takes in the file.
    var size: Int {
        switch self {
        case .record(let header): header.recordBytes
        case .footer: SegmentFooter.bytes
        case .entry(let entry): entry.size
        }
    }

    /// Whether its bytes are encrypted.
    var isEncrypted: Bool {
        switch self {
        case .record(let header): header.kind == .encrypted && !header.flags.contains(.erased)
        case .footer: false
        case .entry(let entry): entry.isEncrypted
        }
    }

    /// The same, to be shown without its bytes.
    var locked: Frame {
        switch self {
        case .record(var header):
            header.isLocked = true
            return .record(header)
        case .footer: return self
        case .entry(var entry):
            entry.isLocked = true
            return .entry(entry)
        }
    }

    /// Calls `body` with the caller's bytes of the encrypted frame that `bytes` begins with; nil if that fails.
    func decrypt<Result>(_ bytes: RawSpan, _ cipher: FileCipher, _ body: (RawSpan) -> Result) -> Result? {
        switch self {
        case .record(let header): cipher.decrypt(bytes, header, body)
        case .footer: nil
        case .entry(let entry): entry.decrypt(bytes, cipher, body)
        }
    }

    /// The caller's bytes, counted from the start of the frame.
    ///
    /// Not those of an encrypted frame.
    var body: Range<Int> {
        switch self {
        case .record(let header):
            let isErased = header.flags.contains(.erased)
            return RecordFormat.headBytes..<RecordFormat.headBytes + (isErased ? 0 : header.bodyLength)
        case .footer: return 0..<0
        case .entry(let entry): return JournalEntry.headBytes..<JournalEntry.headBytes + entry.length
        }
    }

    /// Whether it can stand within those bounds.
    ///
    /// Messages ascend strictly, and a footer repeats the last one's sequence. Entries are not compared: what
    /// they say of the log may be ahead of what a crash has left of it.
    func follows(_ bounds: FrameBounds) -> Bool {
        switch self {
        case .record(let header): bounds.after < header.sequence && header.sequence <= bounds.upTo
        case .footer(let footer): bounds.after <= footer.lastSequence && footer.lastSequence <= bounds.upTo
        case .entry: true
        }
    }
}

/// What the bytes at some place turned out to be.
enum FrameDecoding {
    /// A frame that verifies.
    case frame(Frame)
    /// More bytes are needed to tell: so many from the start of the frame.
    case incomplete(bytes: Int)
    /// Not a frame.
    case damaged(RecordDamage)
}
