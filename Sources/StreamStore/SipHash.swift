/// SipHash-2-4 with a result of 128 bits: a keyed hash whose collisions nobody without the key can make.
///
/// Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), with the 128-bit finish its authors
/// published later. Used where the result stands for the bytes (message ids, long subjects) and as the checksum
/// of small files.
public struct SipHash: Sendable {
    private let key: (UInt64, UInt64)

    /// Makes the function with that key.
    public init(_ low: UInt64, _ high: UInt64) { self.key = (low, high) }

    /// The hash of `bytes`.
    public func hash(_ bytes: RawSpan) -> Hash128 {
        var v0 = 0x736f_6d65_7073_6575 ^ self.key.0
        var v1 = 0x646f_7261_6e64_6f6d ^ self.key.1 ^ 0xee
        var v2 = 0x6c79_6765_6e65_7261 ^ self.key.0
        var v3 = 0x7465_6462_7974_6573 ^ self.key.1

        let count = bytes.byteCount
        var offset = 0
        while count - offset >= 8 {
            let word = bytes.littleEndian64(at: offset)
            v3 ^= word
            Self.round(&v0, &v1, &v2, &v3)
            Self.round(&v0, &v1, &v2, &v3)
            v0 ^= word
            offset += 8
        }
        var last = UInt64(count & 0xff) << 56
        var shift: UInt64 = 0
        while offset < count {
            last |= UInt64(bytes.octet(offset)) << shift
            shift += 8
            offset += 1
        }
        v3 ^= last
        Self.round(&v0, &v1, &v2, &v3)
        Self.round(&v0, &v1, &v2, &v3)
        v0 ^= last

        v2 ^= 0xee
        for _ in 0..<4 { Self.round(&v0, &v1, &v2, &v3) }
        let low = v0 ^ v1 ^ v2 ^ v3
        v1 ^= 0xdd
        for _ in 0..<4 { Self.round(&v0, &v1, &v2, &v3) }
        return Hash128(low: low, high: v0 ^ v1 ^ v2 ^ v3)
    }

    @inline(__always)
    private static func round(_ v0: inout UInt64, _ v1: inout UInt64, _ v2: inout UInt64, _ v3: inout UInt64)
    {
        // Wrapping is the definition of the function.
        v0 &+= v1
        v1 = v1 << 13 | v1 >> 51
        v1 ^= v0
        v0 = v0 << 32 | v0 >> 32
        v2 &+= v3
        v3 = v3 << 16 | v3 >> 48
        v3 ^= v2
        v0 &+= v3
        v3 = v3 << 21 | v3 >> 43
        v3 ^= v0
        v2 &+= v1
        v1 = v1 << 17 | v1 >> 47
        v1 ^= v2
        v2 = v2 << 32 | v2 >> 32
    }
}

/// A hash of 128 bits.
public struct Hash128: Hashable, Sendable {
    /// The first eight bytes, little-endian.
    public let low: UInt64
    /// The last eight bytes, little-endian.
    public let high: UInt64

    /// Makes the hash of the two halves.
    public init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }
}
