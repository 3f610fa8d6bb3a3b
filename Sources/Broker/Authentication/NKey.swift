/// A public key and what it is for, as the text that operators and clients exchange (core.md §3.4).
///
///     base 32 of   | prefix (1) | Ed25519 public key (32) | CRC-16 of both, little-endian (2) |
///
/// 56 characters, the first of which names the role. Seeds and private keys are not keys in this sense: nobody
/// shows them to a server.
struct NKey: Hashable, Sendable {
    /// What the owner of a key is.
    enum Role: UInt8, Sendable {
        case account = 0
        case cluster = 16
        case server = 104
        case `operator` = 112
        case user = 160
        case curve = 184
    }

    /// What its owner is.
    let role: Role
    /// The 32 bytes of the key.
    let bytes: [UInt8]

    /// The bytes of a key's text before base 32 is applied.
    private static let byteCount = 35
    /// The characters of a key's text.
    static let textLength = 56

    /// The key that a text says; nil if it is no key's text, or its checksum does not verify.
    init?(_ text: String) {
        guard let bytes = Base32.decode(text.utf8, count: Self.byteCount), let role = Role(rawValue: bytes[0])
        else { return nil }
        let checksum = UInt16(bytes[33]) | UInt16(bytes[34]) << 8
        guard Self.checksum(bytes[..<33]) == checksum else { return nil }
        self.role = role
        self.bytes = Array(bytes[1..<33])
    }

    /// A key of random bytes: the name of something that never signs.
    init(role: Role, using generator: inout some RandomNumberGenerator) {
        var bytes: [UInt8] = []
        for _ in 0..<4 {
            let word: UInt64 = generator.next()
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        self.role = role
        self.bytes = bytes
    }

    /// The key as text.
    var text: String {
        var bytes = [self.role.rawValue] + self.bytes
        let checksum = Self.checksum(bytes[...])
        bytes.append(UInt8(truncatingIfNeeded: checksum))
        bytes.append(UInt8(truncatingIfNeeded: checksum >> 8))
        return Base32.encode(bytes)
    }

    /// CRC-16/XMODEM: polynomial 0x1021, start 0.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        var crc: UInt16 = 0
        for byte in bytes {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 != 0 ? (crc << 1) ^ 0x1021 : crc << 1 }
        }
        return crc
    }
}
