import CChecksum

/// How a report is wrapped for who asked by `Accept-Encoding`: in the frame of a compression that he reads.
///
/// The frames are complete, with their checksums, and hold the text as it is: both formats have a form for what is not
/// compressed. Reports are small and rare; what matters is that their reader finds what he expects.
enum TraceEncoding: String {
    /// The framing format of snappy, which readers of S2 take too.
    case snappy
    /// RFC 1952.
    case gzip
    /// The text alone.
    case identity

    /// What suits the value of an `Accept-Encoding`.
    init(accepted: String) {
        let accepted = accepted.lowercased()
        let names = accepted.split { !$0.isLetter && !$0.isNumber }
        if names.contains("snappy") || names.contains("s2") {
            self = .snappy
        } else if names.contains("gzip") {
            self = .gzip
        } else {
            self = .identity
        }
    }

    /// `text` in this form.
    func wrap(_ text: [UInt8]) -> [UInt8] {
        switch self {
        case .snappy: Self.snappy(text)
        case .gzip: Self.gzip(text)
        case .identity: text
        }
    }

    /// The stream identifier, then chunks of type 1: length and masked CRC-32C, then at most 64 KiB as they are.
    private static func snappy(_ text: [UInt8]) -> [UInt8] {
        var output: [UInt8] = [0xff, 6, 0, 0] + Array("sNaPpY".utf8)
        output.reserveCapacity(text.count + text.count / 8192 + 32)
        var start = 0
        repeat {
            let part = text[start..<min(start + 65_536, text.count)]
            // The memory is the array's for the time of the call.
            let sum = unsafe part.withUnsafeBytes { unsafe weir_crc32c(0, $0.baseAddress, $0.count) }
            // Safe: the format wants the sum's low 32 bits.
            let masked = (sum >> 15 | sum << 17) &+ 0xa282_ead8
            output.append(1)
            output.append(contentsOf: Self.bytes(UInt32(part.count + 4), count: 3))
            output.append(contentsOf: Self.bytes(masked, count: 4))
            output.append(contentsOf: part)
            start = part.endIndex
        } while start < text.count
        return output
    }

    /// Header, stored blocks of at most 65 535 bytes, CRC-32 and length.
    private static func gzip(_ text: [UInt8]) -> [UInt8] {
        var output: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]
        output.reserveCapacity(text.count + text.count / 8192 + 32)
        var start = 0
        repeat {
            let part = text[start..<min(start + 65_535, text.count)]
            start = part.endIndex
            let count = UInt32(part.count)
            output.append(start == text.count ? 1 : 0)
            output.append(contentsOf: Self.bytes(count, count: 2))
            output.append(contentsOf: Self.bytes(~count, count: 2))
            output.append(contentsOf: part)
        } while start < text.count
        output.append(contentsOf: Self.bytes(Self.crc32(text), count: 4))
        output.append(contentsOf: Self.bytes(UInt32(truncatingIfNeeded: text.count), count: 4))
        return output
    }

    /// The low `count` bytes of `number`, the lowest first.
    private static func bytes(_ number: UInt32, count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    private static let crcTable: [UInt32] = (0..<256)
        .map { byte in (0..<8).reduce(UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1) * 0xedb8_8320 } }

    private static func crc32(_ text: [UInt8]) -> UInt32 {
        ~text.reduce(~0) { sum, byte in sum >> 8 ^ self.crcTable[Int((sum ^ UInt32(byte)) & 0xff)] }
    }
}
