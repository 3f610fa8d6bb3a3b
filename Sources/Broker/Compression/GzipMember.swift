/// Compresses into one member of gzip (RFC 1952), in the fixed codes of deflate (RFC 1951, §3.2.6).
///
/// Integers are little-endian.
///
///     0             3       4        8       9
///     | 1f 8b 08    | flags | time   | extra | system | blocks of deflate | CRC-32 | length |
///
/// Texts of monitoring repeat themselves so much that codes made for each of them would gain little.
struct GzipMember {
    /// The member so far.
    private var result: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]
    /// Bits that do not fill a byte yet, the first one lowest.
    private var bits: UInt64 = 0
    private var bitCount = 0

    /// How far back a repetition may be.
    private static let blockMax = 1 << 15
    /// RFC 1951, §3.2.5: the least lengths of the codes 257 to 285, and how many bits say how much more it is.
    private static let lengths: [(base: Int, bits: Int)] =
        Self.table(first: 3, single: 8, doubling: 4, count: 28)
        + [(258, 0)]
    /// The same for the distances of the codes 0 to 29.
    private static let distances = Self.table(first: 1, single: 4, doubling: 2, count: 30)

    /// The member of `bytes`.
    static func compress(_ bytes: [UInt8]) -> [UInt8] {
        var member = GzipMember()
        var start = 0
        repeat {
            let end = min(start + Self.blockMax, bytes.count)
            member.appendBlock(bytes, start..<end, isLast: end == bytes.count)
            start = end
        } while start < bytes.count
        member.fill()
        member.append(Self.checksum(bytes))
        member.append(UInt32(truncatingIfNeeded: bytes.count))
        return member.result
    }

    private mutating func appendBlock(_ bytes: [UInt8], _ range: Range<Int>, isLast: Bool) {
        self.append(isLast ? 1 : 0, bits: 1)
        self.append(1, bits: 2)
        for step in RepeatScan.steps(of: bytes, range) {
            for index in step.literals { self.appendSymbol(Int(bytes[index])) }
            var left = step.length
            while left > 0 {
                // A rest of fewer than three could not be written.
                let part = left > 258 ? min(258, left - 3) : left
                self.appendRepetition(length: part, distance: step.distance)
                left -= part
            }
        }
        self.appendSymbol(256)
    }

    private mutating func appendRepetition(length: Int, distance: Int) {
        let code = Self.code(length, in: Self.lengths)
        self.appendSymbol(257 + code)
        self.append(length - Self.lengths[code].base, bits: Self.lengths[code].bits)
        let place = Self.code(distance, in: Self.distances)
        self.append(Self.reversed(place, bits: 5), bits: 5)
        self.append(distance - Self.distances[place].base, bits: Self.distances[place].bits)
    }

    private mutating func appendSymbol(_ symbol: Int) {
        switch symbol {
        case ..<144: self.append(Self.reversed(0x30 + symbol, bits: 8), bits: 8)
        case ..<256: self.append(Self.reversed(0x190 + symbol - 144, bits: 9), bits: 9)
        case ..<280: self.append(Self.reversed(symbol - 256, bits: 7), bits: 7)
        default: self.append(Self.reversed(0xc0 + symbol - 280, bits: 8), bits: 8)
        }
    }

    // MARK: - Bits

    private mutating func append(_ value: Int, bits count: Int) {
        self.bits |= UInt64(value) << UInt64(self.bitCount)
        self.bitCount += count
        while self.bitCount >= 8 {
            self.result.append(UInt8(truncatingIfNeeded: self.bits))
            self.bits >>= 8
            self.bitCount -= 8
        }
    }

    private mutating func fill() { if self.bitCount > 0 { self.append(0, bits: 8 - self.bitCount) } }

    private mutating func append(_ value: UInt32) {
        for shift in [0, 8, 16, 24] as [UInt32] {
            self.result.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// A code with its highest bit first, as codes are written.
    private static func reversed(_ code: Int, bits count: Int) -> Int {
        (0..<count).reduce(0) { $0 | (code >> $1 & 1) << (count - 1 - $1) }
    }

    // MARK: - Tables

    /// The code of the largest base that is not above `value`.
    private static func code(_ value: Int, in table: [(base: Int, bits: Int)]) -> Int {
        (table.firstIndex { $0.base > value } ?? table.count) - 1
    }

    /// Codes of one value each, and then as many at a time as `doubling` says that stand for twice as many values.
    private static func table(first: Int, single: Int, doubling: Int, count: Int) -> [(base: Int, bits: Int)]
    {
        var base = first
        return (0..<count)
            .map { code in
                let bits = code < single ? 0 : (code - single) / doubling + 1
                defer { base += 1 << bits }
                return (base, bits)
            }
    }

    /// RFC 1952, §8.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        let table = (0..<256 as Range<UInt32>)
            .map { start in
                (0..<8).reduce(start) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
            }
        return ~bytes.reduce(~0 as UInt32) { table[Int(($0 ^ UInt32($1)) & 0xff)] ^ $0 >> 8 }
    }
}
