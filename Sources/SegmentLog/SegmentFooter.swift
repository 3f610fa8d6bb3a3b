/// The last record of a sealed segment: what is in it.
///
/// Nothing follows.
///
/// Its head is a record's with kind 1, `sequence` and `timestamp` those of the last message; its body:
///
///     32      40           48
///     | count | first time |
struct SegmentFooter: Equatable {
    /// Bytes of a footer.
    static let bytes = 48
    /// Stands for a count or a time that the writer did not know: it had recovered from a checkpoint, without
    /// reading the segment's beginning.
    static let unknown = Int64.min

    /// The highest sequence up to here; one below the segment's number if it holds no message.
    var lastSequence: UInt64
    /// The last message's time.
    var lastTime: Int64?
    /// Messages in the segment.
    var count: UInt64?
    /// The first message's time.
    var firstTime: Int64?

    init(lastSequence: UInt64, lastTime: Int64?, count: UInt64?, firstTime: Int64?) {
        self.lastSequence = lastSequence
        self.lastTime = lastTime
        self.count = count
        self.firstTime = firstTime
    }

    /// Reads the footer at `offset`, whose fields are `fields` and whose checksum is right.
    init(fields: RecordFields, _ bytes: RawSpan, at offset: Int) {
        self.lastSequence = fields.sequence
        self.lastTime = SegmentFooter.known(fields.timestamp)
        let count = Int64(bitPattern: bytes.uint64(at: offset + 32))
        self.count = SegmentFooter.known(count).map { UInt64(bitPattern: $0) }
        self.firstTime = SegmentFooter.known(Int64(bitPattern: bytes.uint64(at: offset + 40)))
    }

    /// Writes the footer, to be at `offset` of a file with that seed.
    func encode(into target: UnsafeMutableRawPointer, seed: UInt32, offset: Int) {
        // The caller has reserved 48 bytes at `target`.
        unsafe target.store(UInt32(SegmentFooter.bytes >> 3), at: 4)
        unsafe target.store(self.lastSequence, at: 8)
        unsafe target.store(self.lastTime ?? SegmentFooter.unknown, at: 16)
        unsafe target.store(UInt64(1) << 56, at: 24)
        unsafe target.store(self.count ?? UInt64(bitPattern: SegmentFooter.unknown), at: 32)
        unsafe target.store(self.firstTime ?? SegmentFooter.unknown, at: 40)
        let crc = unsafe Checksum.of(
            target + 4,
            SegmentFooter.bytes - 4,
            seed: Checksum.seed(seed, at: offset)
        )
        unsafe target.store(crc, at: 0)
    }

    private static func known(_ value: Int64) -> Int64? { value == SegmentFooter.unknown ? nil : value }
}
