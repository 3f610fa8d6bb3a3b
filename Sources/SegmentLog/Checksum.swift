import CChecksum

/// CRC-32C, and what it starts from in each file.
///
/// A frame's checksum starts from a number of its own place: the checksum of the file's magic, the stream and
/// the file's number, mixed with the frame's offset. So bytes that were a good frame in another stream, in
/// another file or at another place (a misdirected write, a block used before, a log stored as a message) do
/// not verify here.
enum Checksum {
    /// The checksum of `count` bytes from `bytes` on, continued from `seed`.
    @inline(__always)
    static func of(_ bytes: UnsafeRawPointer, _ count: Int, seed: UInt32) -> UInt32 {
        // The caller owns `count` bytes there.
        unsafe weir_crc32c(seed, bytes, count)
    }

    /// The checksum of `bytes[range]`, continued from `seed`.
    ///
    /// Traps out of bounds.
    @inline(__always)
    static func of(_ bytes: RawSpan, _ range: Range<Int>, seed: UInt32) -> UInt32 {
        precondition(0 <= range.lowerBound)
        precondition(range.upperBound <= bytes.byteCount)
        return unsafe bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return seed }
            // In bounds by the preconditions.
            return unsafe weir_crc32c(seed, base + range.lowerBound, range.count)
        }
    }

    /// What the checksums of a file's frames start from, before the offset is mixed in.
    static func seed(magic: UInt64, stream: StreamUUID, number: UInt64) -> UInt32 {
        let words: [UInt64] = [
            magic.littleEndian, stream.high.bigEndian, stream.low.bigEndian, number.littleEndian,
        ]
        return unsafe Checksum.of(words.span.bytes, 0..<32, seed: 0)
    }

    /// Completes the frame of `size` bytes at `frame`, to be at `offset` of a file with that seed: the checksum of all but its
    /// first four bytes goes there.
    @inline(__always)
    static func seal(_ frame: UnsafeMutableRawPointer, _ size: Int, seed: UInt32, offset: Int) {
        // The caller owns `size` bytes there.
        let crc = unsafe Checksum.of(frame + 4, size - 4, seed: Checksum.seed(seed, at: offset))
        unsafe frame.store(crc, at: 0)
    }

    /// What the checksum of the frame at `offset` starts from in a file with that seed.
    @inline(__always)
    static func seed(_ fileSeed: UInt32, at offset: Int) -> UInt32 {
        fileSeed ^ UInt32(truncatingIfNeeded: offset >> 3)
    }
}
