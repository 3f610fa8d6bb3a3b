/// Which records a byte of a packed segment belongs to, read from the file by docs/log-format.md alone.
struct PackedExtents {
    /// Bytes of the file, and the records that damage to any of them may cost.
    private var ranges: [(bytes: Range<Int>, records: Range<Int>)] = []

    /// - Parameters:
    ///   - file: a file that is whole.
    ///   - records: offsets of its records in the plain segment, ascending.
    /// - Returns: Nil if it is no packed segment.
    init?(_ file: [UInt8], records: [Int]) {
        guard file.count > 48, file[12] == 2 || file[12] == 4 else { return nil }
        var place = 48
        // The directory begins with a copy of the first head, which names another place than its own.
        while place + 32 <= file.count, Self.number(file, place + 4) == place / 8 {
            let stored = Self.number(file, place + 12)
            let body = place + 32..<place + 32 + stored
            let plain = Self.number(file, place + 20) * 8..<Self.number(file, place + 24) * 8
            let first = records.firstIndex { $0 >= plain.lowerBound } ?? records.count
            let end = records.firstIndex { $0 >= plain.upperBound } ?? records.count
            if file[place + 28] == 0 {
                self.addPlain(file, body, plain.lowerBound, records, first..<end)
            } else {
                self.ranges.append((body, first..<end))
            }
            place = (body.upperBound + 7) & ~7
        }
    }

    /// Indexes of the records that damage to that byte may cost: a block if it is compressed, else the one it is in; none
    /// where there is a second copy.
    func hit(_ byte: Int) -> Range<Int> { self.ranges.first { $0.bytes.contains(byte) }?.records ?? 0..<0 }

    private mutating func addPlain(
        _ file: [UInt8],
        _ body: Range<Int>,
        _ start: Int,
        _ records: [Int],
        _ all: Range<Int>
    ) {
        var place = body.lowerBound
        let count = Self.varint(file, &place)
        var extents: [Range<Int>] = []
        var offset = start
        for _ in 0..<count {
            offset += Self.varint(file, &place) * 8
            let length = Self.varint(file, &place) * 8
            extents.append(offset..<offset + length)
            offset += length
        }
        // Without its extents nothing of the block can be found.
        self.ranges.append((body.lowerBound..<place, all))
        for extent in extents {
            for index in all where extent.contains(records[index]) {
                let next = index + 1 < all.upperBound ? records[index + 1] : extent.upperBound
                let length = Swift.min(next, extent.upperBound) - records[index]
                let begin = place + records[index] - extent.lowerBound
                self.ranges.append((begin..<begin + length, index..<index + 1))
            }
            place += extent.count
        }
    }

    private static func number(_ file: [UInt8], _ place: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(file[place + $1]) << (8 * $1) }
    }

    private static func varint(_ file: [UInt8], _ place: inout Int) -> Int {
        var value = 0
        var shift = 0
        while true {
            let byte = Int(file[place])
            place += 1
            value |= (byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
    }
}
