/// Some sequences of one subject, ascending: a row of database `postings`.
///
/// Key: subject id (6 bytes, big-endian), first sequence (8 bytes, big-endian). Value, in varints:
///
///     | ordinal | count - 1 | last - first | gap - 1 … |
///
/// `ordinal` is how many entries the rows before hold together, so that "how many after sequence s" is the
/// difference of two look-ups, as long as no row lost an entry from its middle. There are `count - 1` gaps,
/// each the distance of an entry from the one before.
struct PostingRow: Equatable {
    /// Entries in the rows of this subject before this one.
    var ordinal: UInt64 = 0
    /// The sequences, ascending, never empty in a file.
    var sequences: [UInt64] = []

    /// The most entries of a row: at two bytes each it is far under a page.
    static let entriesMax = 256
    /// Bytes of a key.
    static let keyBytes = 14

    /// Replaces `key` by the key of the row of `id` that starts with `sequence`.
    static func encodeKey(id: UInt64, sequence: UInt64, into key: inout [UInt8]) {
        key.removeAll(keepingCapacity: true)
        for shift in stride(from: 40, through: 0, by: -8) {
            key.append(UInt8(truncatingIfNeeded: id >> UInt64(shift)))
        }
        key.appendBigEndian(sequence)
    }

    /// The id and the first sequence that `key` names; nil if it is none.
    @inline(__always)
    static func decodeKey(_ key: RawSpan) -> (id: UInt64, sequence: UInt64)? {
        guard key.byteCount == Self.keyBytes else { return nil }
        return (key.bigEndian64(at: 0) >> 16, key.bigEndian64(at: 6))
    }

    /// Adds the value to `bytes`.
    func encode(into bytes: inout [UInt8]) {
        guard let first = self.sequences.first, let last = self.sequences.last else { return }
        bytes.appendVarint(self.ordinal)
        bytes.appendVarint(UInt64(self.sequences.count - 1))
        bytes.appendVarint(last - first)
        var previous = first
        for sequence in self.sequences.dropFirst() {
            bytes.appendVarint(sequence - previous - 1)
            previous = sequence
        }
    }

    /// Replaces this row by the one that key and value give; false if they make no sense.
    mutating func decode(first: UInt64, _ bytes: RawSpan) -> Bool {
        self.sequences.removeAll(keepingCapacity: true)
        var reader = FieldReader()
        self.ordinal = reader.varint(bytes)
        let more = reader.varint(bytes)
        let span = reader.varint(bytes)
        if reader.failed || more >= UInt64(Self.entriesMax) { return false }
        self.sequences.append(first)
        var previous = first
        for _ in 0..<Int(more) {
            let (gap, one) = reader.varint(bytes).addingReportingOverflow(1)
            let (sequence, two) = previous.addingReportingOverflow(gap)
            if one || two { return false }
            self.sequences.append(sequence)
            previous = sequence
        }
        return reader.isComplete(bytes) && previous - first == span
    }

    /// The last sequence of the row of that key and value, without decoding it; nil if they make no sense.
    static func last(first: UInt64, _ bytes: RawSpan) -> UInt64? {
        var reader = FieldReader()
        _ = reader.varint(bytes)
        _ = reader.varint(bytes)
        let (last, overflow) = first.addingReportingOverflow(reader.varint(bytes))
        return reader.failed || overflow ? nil : last
    }

    /// Ordinal and count of the row of that value, without decoding it; nil if it makes no sense.
    static func extent(_ bytes: RawSpan) -> (ordinal: UInt64, count: UInt64)? {
        var reader = FieldReader()
        let ordinal = reader.varint(bytes)
        let more = reader.varint(bytes)
        return reader.failed || more >= UInt64(Self.entriesMax) ? nil : (ordinal, more + 1)
    }

    /// Index of the first entry at or after `sequence`; the count if there is none.
    func index(atOrAfter sequence: UInt64) -> Int {
        var low = 0
        var high = self.sequences.count
        while low < high {
            let middle = (low + high) / 2
            if self.sequences[middle] < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
