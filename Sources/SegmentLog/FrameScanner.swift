/// Reads a file from some place to its end, frame by frame, and finds the way on after damage.
///
/// What it finds wrong it reports; it changes nothing.
final class FrameScanner {
    /// Bytes read at a time; more for a longer frame.
    static let chunkBytes = 256 << 10
    /// When so many bytes have been checked in one search for the next frame, longer candidates are passed
    /// over: bytes made to look like frames may cost time, but not without bound.
    static let searchBytesMax = 256 << 20
    /// The longest candidate checked after that.
    static let lateCandidateBytesMax = 4 << 10

    let kind: FileKind
    let number: UInt64
    let seed: UInt32
    let file: any StorageFile
    /// The same, if it has gaps to pass over.
    private let packed: PackedFile?
    /// Nothing is read at or after this offset.
    let limit: Int
    /// Nothing but zeros is at or after this offset, up to the limit: no frame begins there.
    private let dataEnd: Int
    /// What decrypts frames; nil: they are shown without their bytes.
    private let cipher: FileCipher?

    /// Behind the last byte that is not zero, of those that a search has passed over.
    private(set) var nonzeroEnd = 0

    private let block: ByteBlock
    private var start = 0
    private var count = 0

    init(
        kind: FileKind,
        number: UInt64,
        seed: UInt32,
        file: any StorageFile,
        limit: Int,
        dataEnd: Int = .max,
        cipher: FileCipher? = nil
    ) {
        self.cipher = cipher
        self.kind = kind
        self.number = number
        self.seed = seed
        self.file = file
        self.packed = file as? PackedFile
        self.limit = min(limit, Int(UInt32.max))
        self.dataEnd = min(self.limit, max(dataEnd, 0))
        self.block = ByteBlock(capacity: min(FrameScanner.chunkBytes, self.dataEnd))
    }

    /// Reads from `start` on.
    ///
    /// Messages outside `bounds` do not verify.
    ///
    /// - Parameter visit: called with each message or entry, and the caller's bytes in it.
    func scan(
        from start: Int,
        _ bounds: FrameBounds,
        visit: (Frame, RawSpan) -> Void
    ) throws(SegmentError) -> FileScan {
        var result = FileScan(lastSequence: bounds.after)
        result.size = self.limit
        var offset = start
        while offset < self.limit {
            offset = try self.passGap(at: offset)
            if offset >= self.limit { break }
            if offset >= self.dataEnd {
                result.end = offset
                result.tail = offset..<self.limit
                break
            }
            if let block = try self.packed?.lockedBlock(at: offset) {
                result.didPass(block)
                offset = block.end
                continue
            }
            switch try self.frame(at: offset, FrameBounds(after: result.lastSequence, upTo: bounds.upTo)) {
            case .frame(let frame):
                result.end = offset + frame.size
                if case .footer(let footer) = frame {
                    result.didReach(footer, at: offset)
                    return result
                }
                if !self.withBody(of: frame, at: offset, visit) {
                    result.didRefuse(
                        frame,
                        at: LogPosition(segment: self.number, offset: UInt32(offset))
                    )
                    offset = result.end
                    continue
                }
                if frame.isEncrypted, self.cipher == nil { result.locked += 1 }
                result.didRead(frame)
                if case .record(let header) = frame, header.flags.contains(.erased) {
                    result.didRead(erased: header, isOverwritten: self.isOverwritten(header))
                }
                offset = result.end
            case .incomplete(let bytes):
                // The frame would end beyond the file.
                assert(offset + bytes > self.limit)
                offset = try self.pass(.lengths, at: offset, upTo: bounds.upTo, &result)
            case .damaged(let damage):
                offset = try self.pass(damage, at: offset, upTo: bounds.upTo, &result)
            }
        }
        result.end = max(result.end, min(start, self.limit))
        return result
    }

    /// The first offset at or after `offset` at which the file has something.
    @inline(__always)
    func passGap(at offset: Int) throws(SegmentError) -> Int {
        guard let packed = self.packed else { return offset }
        return try packed.data(atOrAfter: offset)
    }

    /// Goes from damage at `offset` to the next frame; to the limit if there is none.
    private func pass(
        _ damage: RecordDamage,
        at offset: Int,
        upTo sequenceMax: UInt64,
        _ result: inout FileScan
    ) throws(SegmentError) -> Int {
        let bounds = FrameBounds(after: result.lastSequence, upTo: sequenceMax)
        guard let next = try self.findFrame(after: offset, bounds: bounds) else {
            result.end = offset
            result.tail = offset..<self.limit
            result.tailDamage = damage
            return self.limit
        }
        result.add(
            LogHole(
                position: LogPosition(segment: self.number, offset: UInt32(offset)),
                bytes: next.offset - offset,
                damage: damage,
                before: next.frame,
                after: result.lastSequence
            )
        )
        return next.offset
    }

    /// The first frame after the one at `offset` that verifies and lies within `bounds`.
    ///
    /// What the bad frame says of its own length is not believed: every multiple of 8 is tried. Bytes inside
    /// a message cannot pass for a frame, because checksums start from a number of their place and stream.
    func findFrame(after offset: Int, bounds: FrameBounds) throws(SegmentError) -> FoundFrame? {
        self.noteNonzero(at: offset, try self.load(offset, min(8, self.limit - offset)))
        var offset = offset + 8
        var checked = 0
        while offset < self.dataEnd {
            guard try self.load(offset, min(RecordFormat.headBytes, self.limit - offset)) else { return nil }
            let nonzero = self.firstNonzero(from: offset)
            if nonzero > offset {
                offset = nonzero
                continue
            }
            self.noteNonzero(at: offset, true)
            if let size = self.plausibleSize(at: offset, bounds) {
                let isLate = checked > FrameScanner.searchBytesMax
                if !isLate || size <= FrameScanner.lateCandidateBytesMax {
                    checked += size
                    if case .frame(let frame) = try self.frame(at: offset, bounds) {
                        return FoundFrame(offset: offset, frame: frame)
                    }
                }
            }
            offset += 8
        }
        return nil
    }

    /// Moves ``nonzeroEnd`` if the loaded bytes at `offset`, up to eight of them, are not all zero.
    private func noteNonzero(at offset: Int, _ isLoaded: Bool) {
        let count = min(8, self.limit - offset)
        if !isLoaded || count <= 0 { return }
        let base = offset - self.start
        let last = self.block.withBytes(base..<base + count) { $0.lastNonzero(in: 0..<count) }
        if let last { self.nonzeroEnd = offset + last + 1 }
    }

    /// The frame at `offset`, if it verifies and lies within `bounds`.
    func frame(at offset: Int, _ bounds: FrameBounds) throws(SegmentError) -> FrameDecoding {
        var needed = self.headBytes
        while true {
            guard try self.load(offset, needed) else { return .incomplete(bytes: needed) }
            switch self.decode(at: offset) {
            case .incomplete(let bytes):
                // Never less than was there: the next round has more, or ends at the limit.
                if bytes <= needed { return .damaged(.lengths) }
                needed = bytes
            case .frame(let frame):
                return frame.follows(bounds) ? .frame(frame) : .damaged(.sequence)
            case .damaged(let damage):
                return .damaged(damage)
            }
        }
    }

    /// Calls `body` with `count` bytes at `offset`; false if the file ends before.
    ///
    /// Traps above the limit.
    func withBytes(at offset: Int, _ count: Int, _ body: (RawSpan) -> Void) throws(SegmentError) -> Bool {
        guard try self.load(offset, count) else { return false }
        self.block.withBytes(offset - self.start..<offset - self.start + count, body)
        return true
    }

    private var headBytes: Int {
        self.kind == .segment ? RecordFormat.headBytes : JournalEntry.headBytes
    }

    private func decode(at offset: Int) -> FrameDecoding {
        let position = LogPosition(segment: self.number, offset: UInt32(offset))
        return self.block.withBytes(0..<self.count) { bytes in
            switch self.kind {
            case .journal:
                return JournalEntry.decode(
                    bytes,
                    at: offset - self.start,
                    position: position,
                    seed: self.seed
                )
            case .segment:
                switch RecordFormat.decode(
                    bytes,
                    at: offset - self.start,
                    position: position,
                    seed: self.seed
                ) {
                case .record(let header): return .frame(.record(header))
                case .footer(let footer): return .frame(.footer(footer))
                case .incomplete(let bytes): return .incomplete(bytes: bytes)
                case .damaged(let damage): return .damaged(damage)
                }
            }
        }
    }

    /// Whether the body of an erased record that was just read is all zeros.
    private func isOverwritten(_ header: RecordHeader) -> Bool {
        let base = Int(header.position.offset) - self.start
        let body = base + RecordFormat.headBytes..<base + header.recordBytes
        return self.block.withBytes(0..<self.count) { $0.lastNonzero(in: body) == nil }
    }

    /// Calls `visit` with a frame that was just read; false if it is encrypted and that cannot be undone.
    private func withBody(of frame: Frame, at offset: Int, _ visit: (Frame, RawSpan) -> Void) -> Bool {
        let base = offset - self.start
        if frame.isEncrypted {
            return self.block.withBytes(base..<base + frame.size) { bytes in
                guard let cipher = self.cipher else {
                    visit(frame.locked, bytes.extracting(0..<0))
                    return true
                }
                let opened: Void? = frame.decrypt(bytes, cipher) { visit(frame, $0) }
                return opened != nil
            }
        }
        let body = frame.body
        self.block.withBytes(base + body.lowerBound..<base + body.upperBound) { visit(frame, $0) }
        return true
    }

    /// The length of the frame that could be at `offset`, judged by its head alone.
    private func plausibleSize(at offset: Int, _ bounds: FrameBounds) -> Int? {
        let head = min(RecordFormat.headBytes, self.limit - offset)
        let base = offset - self.start
        return self.block.withBytes(base..<base + head) { bytes -> Int? in
            let size: Int
            switch self.kind {
            case .segment:
                guard head == RecordFormat.headBytes, let fields = RecordFields(bytes, at: 0) else {
                    return nil
                }
                if fields.sequence < bounds.after || fields.sequence > bounds.upTo { return nil }
                size = fields.size
            case .journal:
                guard head >= JournalEntry.headBytes, bytes.uint32(at: 4) >> 24 != 0 else { return nil }
                size = JournalEntry.size(length: Int(bytes.uint32(at: 4) & 0xff_ffff))
            }
            return offset + size <= self.limit ? size : nil
        }
    }

    /// The first multiple of 8 from `offset` on whose eight bytes are not all zero, as far as bytes are
    /// loaded.
    private func firstNonzero(from offset: Int) -> Int {
        self.block.withBytes(0..<self.count) { bytes in
            var index = offset - self.start
            while index + 8 <= bytes.byteCount, bytes.uint64(at: index) == 0 { index += 8 }
            return self.start + index
        }
    }

    /// Makes `count` bytes at `offset` available; false if they are not all below the limit and in the file.
    private func load(_ offset: Int, _ count: Int) throws(SegmentError) -> Bool {
        if offset + count > self.limit { return false }
        if offset >= self.start, offset + count <= self.start + self.count { return true }
        // Of what is known to be zeros, no more than a frame needs.
        let ahead = min(FrameScanner.chunkBytes, max(self.dataEnd - offset, 0))
        let wanted = min(max(count, ahead), self.limit - offset)
        self.block.grow(to: wanted, keeping: 0)
        self.start = offset
        self.count = 0
        self.count = try self.block.fill(0..<wanted, from: self.file, at: UInt64(offset))
        return self.count >= count
    }
}

/// A frame and where it is.
struct FoundFrame {
    /// Bytes from the start of the file.
    var offset: Int
    /// What is there.
    var frame: Frame
}

/// The sequences that the next message can have.
struct FrameBounds {
    /// The one before it.
    var after: UInt64
    /// The highest possible.
    var upTo: UInt64

    /// No bounds.
    static let all = FrameBounds(after: 0, upTo: .max)
}
