/// The operations of a consumer's journal entry.
///
/// An entry is a version byte and operations one after the other.
/// Numbers are LEB128 varints; differences are zigzag-coded.
///
///     delivered     time, first consumer seq, n, first stream seq, n − 1 × (stream seq − previous)
///     redelivered   time, n, n × (stream seq − previous)
///     settled       n, n × (stream seq − previous)
///     settledUpTo   stream seq, consumer seq
///     settledRange  first stream seq, last stream seq
///     postponed     stream seq, deadline
///     progressed    stream seq, time
///     gaveUp        stream seq
///     ends          delivered pair, floor pair
///     state         delivered pair, floor pair, boundary, n, n × pending, n, n × given-up run
///
/// `state` replaces everything before it; a snapshot is an entry with nothing else. `pending` is stream seq and
/// consumer seq as differences, time, deadline, deliveries.
enum ProgressOperation: UInt8 {
    case delivered = 1
    case redelivered = 2
    case settled = 3
    case settledUpTo = 4
    case settledRange = 5
    case postponed = 6
    case progressed = 7
    case gaveUp = 8
    case ends = 9
    case state = 10
}

/// The version of the format.
let progressFormatVersion: UInt8 = 1

/// Varints, written to an array.
enum Varint {
    /// Appends `value`.
    static func write(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Appends `value`, small magnitudes short.
    static func writeSigned(_ value: Int64, to bytes: inout [UInt8]) {
        self.write(UInt64(bitPattern: (value << 1) ^ (value >> 63)), to: &bytes)
    }

    /// Appends `value − previous`, whatever they are.
    static func writeDifference(_ value: UInt64, from previous: UInt64, to bytes: inout [UInt8]) {
        // May wrap; reading it back wraps the other way.
        self.writeSigned(Int64(bitPattern: value &- previous), to: &bytes)
    }
}

/// Reads what ``Varint`` wrote; any bytes are safe to read.
struct ProgressReader {
    private let bytes: [UInt8]
    private var at = 0

    /// Reads from the start of `bytes`.
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether everything was read.
    var isAtEnd: Bool { self.at == self.bytes.count }

    /// The next byte.
    mutating func byte() -> UInt8? {
        guard self.at < self.bytes.count else { return nil }
        self.at += 1
        return self.bytes[self.at - 1]
    }

    /// The next number; nil at the end of the bytes or if it has more than 64 bits.
    mutating func number() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = self.byte() {
            let bits = UInt64(byte & 0x7f)
            if shift > 63 || shift == 63 && bits > 1 { return nil }
            value |= bits << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    /// The next number with a sign.
    mutating func signed() -> Int64? {
        self.number().map { Int64(bitPattern: $0 >> 1) ^ -Int64(bitPattern: $0 & 1) }
    }

    /// The number whose difference from `previous` comes next.
    mutating func number(from previous: UInt64) -> UInt64? {
        self.signed().map { previous &+ UInt64(bitPattern: $0) }  // Wraps back.
    }

    /// A count of things of at least one byte each; nil if the bytes left cannot hold so many.
    mutating func count() -> Int? {
        guard let count = self.number(), count <= UInt64(self.bytes.count - self.at) else { return nil }
        return Int(count)
    }
}
