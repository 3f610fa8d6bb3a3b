import CChecksum

/// Compresses into frames of Snappy, as its `framing_format.txt` and `format_description.txt` have them.
///
/// Integers are little-endian.
///
///     | ff 06 00 00 | sNaPpY | chunk | chunk …
///
///     0      1               4            8
///     | kind | length, 3 B   | checksum   | block, or bytes as they are |
///
/// `kind` is 0 for a block and 1 for bytes as they are; `length` counts what is behind it; the checksum is the masked
/// CRC-32C of the bytes before they were compressed, at most 65 536 of them.
///
/// A block begins with their number (7 bits a byte, the lowest first), then has elements: literals, and copies of what
/// was there up to 65 535 bytes before.
enum SnappyFrames {
    private static let blockMax = 1 << 16
    private static let header: [UInt8] = [0xff, 6, 0, 0] + Array("sNaPpY".utf8)

    /// The frames of `bytes`.
    static func compress(_ bytes: [UInt8]) -> [UInt8] {
        var result = Self.header
        var start = 0
        while start < bytes.count {
            let end = min(start + Self.blockMax, bytes.count)
            let block = Self.block(bytes, start..<end)
            let isSmaller = block.count < end - start
            let checksum = Self.checksum(bytes, start..<end)
            result.append(isSmaller ? 0 : 1)
            Self.append((isSmaller ? block.count : end - start) + 4, bytes: 3, to: &result)
            Self.append(Int(checksum), bytes: 4, to: &result)
            if isSmaller { result += block } else { result += bytes[start..<end] }
            start = end
        }
        return result
    }

    private static func block(_ bytes: [UInt8], _ range: Range<Int>) -> [UInt8] {
        var result: [UInt8] = []
        var count = range.count
        while count >= 0x80 {
            result.append(UInt8(truncatingIfNeeded: count) | 0x80)
            count >>= 7
        }
        result.append(UInt8(count))
        for step in RepeatScan.steps(of: bytes, range) {
            if !step.literals.isEmpty { Self.append(bytes[step.literals], to: &result) }
            var left = step.length
            while left > 0 {
                let part = min(left, 64)
                result.append(UInt8(part - 1) << 2 | 2)
                Self.append(step.distance, bytes: 2, to: &result)
                left -= part
            }
        }
        return result
    }

    private static func append(_ literals: ArraySlice<UInt8>, to result: inout [UInt8]) {
        let count = literals.count - 1
        switch count {
        case ..<60: result.append(UInt8(count) << 2)
        case ..<256:
            result.append(60 << 2)
            result.append(UInt8(count))
        default:
            result.append(61 << 2)
            Self.append(count, bytes: 2, to: &result)
        }
        result += literals
    }

    private static func append(_ value: Int, bytes count: Int, to result: inout [UInt8]) {
        for index in 0..<count { result.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }

    private static func checksum(_ bytes: [UInt8], _ range: Range<Int>) -> UInt32 {
        // The function reads as many bytes as it is told there are.
        let value = unsafe bytes[range].withUnsafeBytes { unsafe weir_crc32c(0, $0.baseAddress, $0.count) }
        return (value >> 15 | value << 17) &+ 0xa282_ead8
    }
}
