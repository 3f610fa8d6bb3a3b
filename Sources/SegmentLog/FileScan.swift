/// What a scan found in one file.
struct FileScan {
    /// The most holes listed; more are only counted.
    static let holesMax = 1_024

    /// Frames read, footers not counted.
    var frames: UInt64 = 0
    /// The highest sequence seen; what the scan started from if it saw none.
    var lastSequence: UInt64
    var firstTime: Int64?
    var lastTime: Int64?
    /// Where the last good frame ends.
    var end = 0
    /// The length of the file; of a packed segment that of the plain one.
    var size = 0
    var footer: SegmentFooter?
    var footerOffset: Int?
    /// Erased records read.
    var erased = 0
    /// Those of them whose body a crash has kept from being overwritten.
    var unfinishedErasures: [RecordHeader] = []
    /// What decrypts what is encrypted in the file; nil: nothing is, or there is no key.
    var cipher: FileCipher?
    /// Frames that are encrypted and were not decrypted.
    var locked: UInt64 = 0
    /// Damage with something good after it.
    var holes: [LogHole] = []
    var holeCount = 0
    /// Bytes after the last good frame, which may be unused room; nil if there are none.
    var tail: Range<Int>?
    /// What is wrong with the first of them.
    var tailDamage = RecordDamage.lengths

    init(lastSequence: UInt64) { self.lastSequence = lastSequence }

    mutating func didRead(_ frame: Frame) {
        self.frames += 1
        if case .record(let header) = frame {
            self.lastSequence = header.sequence
            if self.firstTime == nil { self.firstTime = header.timestamp }
            self.lastTime = header.timestamp
        }
    }

    mutating func didRead(erased header: RecordHeader, isOverwritten: Bool) {
        self.erased += 1
        if !isOverwritten { self.unfinishedErasures.append(header) }
    }

    /// The segment ends here; what its footer counts and was not read is lost.
    mutating func didReach(_ footer: SegmentFooter, at offset: Int) {
        self.footer = footer
        self.footerOffset = offset
        self.lastSequence = max(self.lastSequence, footer.lastSequence)
    }

    /// A frame verifies, and does not decrypt.
    mutating func didRefuse(_ frame: Frame, at position: LogPosition) {
        var lost: ClosedRange<UInt64>?
        if case .record(let header) = frame {
            lost = header.sequence...header.sequence
            self.lastSequence = header.sequence
        }
        self.add(LogHole(position: position, bytes: frame.size, damage: .cipher, sequences: lost))
    }

    /// A block is passed over that is as it was written, and encrypted.
    mutating func didPass(_ block: PackedBlock) {
        self.end = block.end
        self.frames += UInt64(block.records)
        self.locked += UInt64(block.records)
    }

    mutating func add(_ hole: LogHole) {
        self.holeCount += 1
        if self.holes.count < FileScan.holesMax { self.holes.append(hole) }
    }
}

/// Damaged bytes of a log or a journal, between good ones.
///
/// They stay where they are.
public struct LogHole: Sendable, Equatable {
    /// The file, and the first bad byte.
    public var position: LogPosition
    /// How many bytes were passed over.
    public var bytes: Int
    /// What is wrong with the first of them.
    public var damage: RecordDamage
    /// The sequences that may have been there; nil if none is missing.
    ///
    /// Always nil in a journal.
    public var sequences: ClosedRange<UInt64>?

    /// Makes the value.
    public init(position: LogPosition, bytes: Int, damage: RecordDamage, sequences: ClosedRange<UInt64>?) {
        self.position = position
        self.bytes = bytes
        self.damage = damage
        self.sequences = sequences
    }

    /// The hole between the sequence `last` and `frame`.
    init(position: LogPosition, bytes: Int, damage: RecordDamage, before frame: Frame, after last: UInt64) {
        let highest: UInt64
        switch frame {
        case .record(let header): highest = header.sequence - 1  // Above `last`: it follows.
        case .footer(let footer): highest = footer.lastSequence
        case .entry: highest = 0
        }
        let lost = highest > last ? last + 1...highest : nil
        self.init(position: position, bytes: bytes, damage: damage, sequences: lost)
    }
}
