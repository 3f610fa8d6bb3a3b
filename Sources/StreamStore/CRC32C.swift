internal import CChecksum

/// The checksum of what is kept in small files and in the catalog.
enum CRC32C {
    /// The CRC-32C of `bytes`, continued from `seed`.
    static func of(_ bytes: RawSpan, seed: UInt32 = 0) -> UInt32 {
        // The function reads just the bytes of the buffer, and accepts none.
        unsafe bytes.withUnsafeBytes { unsafe weir_crc32c(seed, $0.baseAddress, $0.count) }
    }

    /// Bytes that a checksum takes.
    static let byteCount = 4
}

extension [UInt8] {
    /// Adds the CRC-32C of `key` and then these bytes, little-endian.
    ///
    /// With the key in it a value found under another key does not verify.
    mutating func seal(key: RawSpan) {
        let check = unsafe CRC32C.of(self.span.bytes, seed: CRC32C.of(key))
        for shift in stride(from: 0, through: 24, by: 8) {
            self.append(UInt8(truncatingIfNeeded: check >> UInt32(shift)))
        }
    }

    /// The bytes before a checksum that `seal(key:)` added; nil if they do not verify.
    func unsealed(key: RawSpan) -> [UInt8]? {
        if self.count < CRC32C.byteCount { return nil }
        var body = Array(self.dropLast(CRC32C.byteCount))
        let count = body.count
        body.seal(key: key)
        return body == self ? Array(body.prefix(count)) : nil
    }
}
