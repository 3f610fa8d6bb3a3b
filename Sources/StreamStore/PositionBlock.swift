internal import SegmentLog

/// Where the messages of 128 consecutive sequences are in the log: a row of database `positions`.
///
/// Key: sequence / 128 (8 bytes, big-endian). Value: the first message's timestamp (8 bytes, little-endian), then
/// for each message, in varints:
///
///     | slots skipped * 2 | offset / 8 - previous offset / 8 | bytes |            in the same segment
///     | slots skipped * 2 + 1 | segment | offset / 8 | bytes |                    first, and in a new segment
///
/// `bytes` is the message's size as `state.bytes` counts it. Messages removed since stay in the row; it goes when
/// the stream's first message is behind it.
struct PositionBlock {
    /// Sequences of a block.
    static let slots = 128

    /// One message of the block.
    struct Slot: Equatable {
        /// The segment's number.
        var segment: UInt64 = 0
        /// Bytes from the segment's start, a multiple of 8.
        var offset: UInt32 = 0
        /// Bytes by the formula of streams.md §8.4; zero: there is no message.
        var size: UInt32 = 0

        /// Where the record is.
        var position: LogPosition { LogPosition(segment: self.segment, offset: self.offset) }
    }

    /// One place for each sequence.
    var entries = [Slot](repeating: Slot(), count: PositionBlock.slots)
    /// Time of the first message.
    var firstTime: Int64 = 0

    /// Number of the block that `sequence` is in.
    static func number(of sequence: UInt64) -> UInt64 { sequence >> 7 }
    /// Place of `sequence` in its block.
    static func slot(of sequence: UInt64) -> Int { Int(sequence & 127) }

    /// Adds the value to `bytes`.
    func encode(into bytes: inout [UInt8]) {
        bytes.appendWord(UInt64(bitPattern: self.firstTime))
        var next = 0
        var previous: Slot?
        for index in self.entries.indices where self.entries[index].size != 0 {
            let slot = self.entries[index]
            let skipped = UInt64(index - next) << 1
            if let previous, previous.segment == slot.segment, previous.offset <= slot.offset {
                bytes.appendVarint(skipped)
                bytes.appendVarint(UInt64((slot.offset - previous.offset) >> 3))
            } else {
                bytes.appendVarint(skipped | 1)
                bytes.appendVarint(slot.segment)
                bytes.appendVarint(UInt64(slot.offset >> 3))
            }
            bytes.appendVarint(UInt64(slot.size))
            previous = slot
            next = index + 1
        }
    }

    /// Replaces this block by the one in `bytes`; false if it makes no sense.
    mutating func decode(_ bytes: RawSpan) -> Bool {
        var reader = FieldReader()
        self.firstTime = Int64(bitPattern: reader.word(bytes))
        for index in 0..<Self.slots { self.entries[index].size = 0 }
        var next = 0
        var segment: UInt64 = 0
        var unit: UInt64 = 0
        while reader.offset < bytes.byteCount {
            let head = reader.varint(bytes)
            let isNew = head & 1 == 1
            guard head >> 1 < UInt64(Self.slots - next), isNew || next > 0 else { return false }
            let index = next + Int(head >> 1)
            if isNew {
                segment = reader.varint(bytes)
                unit = 0
            }
            let (sum, overflow) = unit.addingReportingOverflow(reader.varint(bytes))
            unit = sum
            let size = reader.varint(bytes)
            guard !overflow, unit < 1 << 29, size > 0, size <= UInt64(UInt32.max), !reader.failed else {
                return false
            }
            self.entries[index] = Slot(segment: segment, offset: UInt32(unit << 3), size: UInt32(size))
            next = index + 1
        }
        return !reader.failed && next > 0
    }

    /// Forgets all messages.
    mutating func clear() {
        self.firstTime = 0
        for index in 0..<Self.slots { self.entries[index].size = 0 }
    }

    /// The time in a row's value; nil if it is too short.
    static func firstTime(_ bytes: RawSpan) -> Int64? {
        bytes.byteCount >= 8 ? Int64(bitPattern: bytes.littleEndian64(at: 0)) : nil
    }
}
