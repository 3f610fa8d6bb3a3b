/// Checks the text of a public key (core.md §3.4).
///
///     base 32 of   | role (1) | Ed25519 public key (32) | CRC-16 of both, little-endian (2) |
enum PublicKeyText {
    /// What the first byte says of the owner.
    enum Role: UInt8 {
        case account = 0
        case user = 160
    }

    /// Whether `text` is the public key of such an owner.
    static func isValid(_ text: String, role: Role) -> Bool {
        guard let bytes = self.decode(text), bytes[0] == role.rawValue else { return false }
        var crc: UInt16 = 0
        // CRC-16/XMODEM: polynomial 0x1021, start 0.
        for byte in bytes[..<33] {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 != 0 ? (crc << 1) ^ 0x1021 : crc << 1 }
        }
        return crc == UInt16(bytes[33]) | UInt16(bytes[34]) << 8
    }

    /// The 35 bytes that 56 characters of base 32 stand for; nil if they do not.
    private static func decode(_ text: String) -> [UInt8]? {
        guard text.utf8.count == 56 else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for character in text.utf8 {
            let value: UInt8
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
            case UInt8(ascii: "2")...UInt8(ascii: "7"): value = character - UInt8(ascii: "2") + 26
            default: return nil
            }
            // At most 7 bits are left over, so 12 are never exceeded.
            bits = (bits << 5 | UInt32(value)) & 0xFFF
            count += 5
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        return bytes.count == 35 ? bytes : nil
    }
}
