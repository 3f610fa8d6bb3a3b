/// The digest of FIPS 180-4, for the files of a backup.
struct SHA256 {
    private var state: [8 of UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
        0x5be0_cd19,
    ]
    private var words: [64 of UInt32] = .init(repeating: 0)
    private var pending: [UInt8] = []
    private var count: UInt64 = 0

    private static let constants: [64 of UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
        0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7,
        0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc,
        0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351,
        0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e,
        0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585,
        0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f,
        0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
        0xc671_78f2,
    ]

    /// Adds bytes.
    mutating func update(_ bytes: RawSpan) {
        self.count += UInt64(bytes.byteCount)
        var offset = 0
        if !self.pending.isEmpty {
            let wanted = min(64 - self.pending.count, bytes.byteCount)
            for index in 0..<wanted {
                self.pending.append(unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
            }
            offset = wanted
            if self.pending.count < 64 { return }
            let block = self.pending
            self.compress(unsafe block.span.bytes, 0)
            self.pending.removeAll(keepingCapacity: true)
        }
        while bytes.byteCount - offset >= 64 {
            self.compress(bytes, offset)
            offset += 64
        }
        while offset < bytes.byteCount {
            // The load checks its bounds.
            self.pending.append(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
            offset += 1
        }
    }

    /// The digest of all bytes added, in hexadecimal digits.
    mutating func finish() -> String {
        let bits = self.count * 8
        var end = self.pending + [0x80]
        while end.count % 64 != 56 { end.append(0) }
        for shift in stride(from: 56, through: 0, by: -8) {
            end.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
        }
        for offset in stride(from: 0, to: end.count, by: 64) { self.compress(unsafe end.span.bytes, offset) }
        var text = ""
        for index in 0..<8 {
            let digits = String(self.state[index], radix: 16)
            text += String(repeating: "0", count: 8 - digits.utf8.count) + digits
        }
        return text
    }

    /// The digest of `bytes`.
    static func digest(_ bytes: [UInt8]) -> String {
        var hash = SHA256()
        hash.update(unsafe bytes.span.bytes)
        return hash.finish()
    }

    /// Mixes in the 64 bytes at `offset`.
    private mutating func compress(_ bytes: RawSpan, _ offset: Int) {
        for index in 0..<16 {
            // Every bit pattern is a number, and the load checks its bounds.
            self.words[index] = unsafe UInt32(
                bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset + 4 * index, as: UInt32.self)
            )
        }
        // Sums wrap: that is how the standard defines them.
        for index in 16..<64 {
            let a = self.words[index - 15]
            let b = self.words[index - 2]
            let s0 = Self.rotate(a, 7) ^ Self.rotate(a, 18) ^ (a >> 3)
            let s1 = Self.rotate(b, 17) ^ Self.rotate(b, 19) ^ (b >> 10)
            self.words[index] = self.words[index - 16] &+ s0 &+ self.words[index - 7] &+ s1
        }
        var (a, b, c, d) = (self.state[0], self.state[1], self.state[2], self.state[3])
        var (e, f, g, h) = (self.state[4], self.state[5], self.state[6], self.state[7])
        for index in 0..<64 {
            let s1 = Self.rotate(e, 6) ^ Self.rotate(e, 11) ^ Self.rotate(e, 25)
            let choice = (e & f) ^ (~e & g)
            let one = h &+ s1 &+ choice &+ Self.constants[index] &+ self.words[index]
            let s0 = Self.rotate(a, 2) ^ Self.rotate(a, 13) ^ Self.rotate(a, 22)
            let two = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
            (h, g, f, e, d, c, b, a) = (g, f, e, d &+ one, c, b, a, one &+ two)
        }
        for (index, value) in [a, b, c, d, e, f, g, h].enumerated() { self.state[index] &+= value }
    }

    @inline(__always)
    private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
        value >> count | value << (32 - count)
    }
}
