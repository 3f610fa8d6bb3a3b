/// Makes the public key text by which a server is known: `N` and 55 more characters (core.md §3.4).
enum ServerKey {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
    private static let serverPrefix: UInt8 = 13 << 3

    /// The text of 32 random bytes.
    static func random(using generator: inout some RandomNumberGenerator) -> String {
        var bytes = [self.serverPrefix]
        for _ in 0..<4 {
            let word: UInt64 = generator.next()
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        let checksum = self.crc16(bytes)
        bytes.append(UInt8(truncatingIfNeeded: checksum))
        bytes.append(UInt8(truncatingIfNeeded: checksum >> 8))
        return self.base32(bytes)
    }

    /// CRC-16/XMODEM: polynomial 0x1021, start 0.
    private static func crc16(_ bytes: [UInt8]) -> UInt16 {
        var crc: UInt16 = 0
        for byte in bytes {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 != 0 ? (crc << 1) ^ 0x1021 : crc << 1 }
        }
        return crc
    }

    /// RFC 4648 base 32 without padding.
    private static func base32(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = (bits << 8) | UInt32(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(self.alphabet[Int((bits >> UInt32(count)) & 31)])
            }
        }
        if count > 0 { text.append(self.alphabet[Int((bits << UInt32(5 - count)) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }
}
