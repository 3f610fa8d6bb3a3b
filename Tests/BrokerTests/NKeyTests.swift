import Testing

@testable import Broker

/// Keys of users, accounts and servers, made by another program, and what they are.
private let known: [(text: String, role: NKey.Role)] = [
    ("UBA4ZTYUI6D5GLUA7NS4MLKKQQ44H3EPYMOOKXQLJMZ2ULPPWJ73HH3C", .user),
    ("AA67RVIDKGVJH2NYVV6YNYMRD4F5PAZ6DSKVJ5HV72VRF3ICRHKBIZGR", .account),
    ("NA5VSMBPKXTQW4MAZX6NNDOVI26IPUTCNZPGHLBMZTPPPSCKFXNRLWO4", .server),
]

@Suite("NKey")
struct NKeyTests {
    /// Gives the same bytes again and again.
    private struct Constant: RandomNumberGenerator {
        var word: UInt64
        mutating func next() -> UInt64 { self.word }
    }

    private func decode(_ text: String) -> [UInt8]? {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var bytes: [UInt8] = []
        var (bits, count): (UInt32, Int) = (0, 0)
        for character in text {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            bits = (bits << 5 | UInt32(value)) & 0xffff
            count += 5
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    /// CRC-16/XMODEM by long division, one bit at a time over the message and 16 zero bits.
    private func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var remainder: UInt32 = 0
        for byte in Array(bytes) + [0, 0] {
            for bit in (0..<8).reversed() {
                remainder = remainder << 1 | UInt32(byte >> UInt8(bit) & 1)
                if remainder & 0x1_0000 != 0 { remainder ^= 0x1_1021 }
            }
        }
        return UInt16(remainder)
    }

    @Test("The check value of the test's own checksum is the published one")
    func checkValue() { #expect(self.checksum("123456789".utf8) == 0x31c3) }

    @Test(
        "A key has 56 characters, begins with N, and its checksum verifies",
        arguments: [0, 1, .max, 0x0123_4567_89ab_cdef] as [UInt64]
    )
    func form(word: UInt64) throws {
        var generator = Constant(word: word)
        let key = NKey(role: .server, using: &generator).text
        #expect(key.count == 56)
        #expect(key.hasPrefix("N"))
        let bytes = try #require(self.decode(key))
        try #require(bytes.count == 35)
        #expect(bytes[0] == 13 << 3)
        #expect(UInt16(bytes[33]) | UInt16(bytes[34]) << 8 == self.checksum(bytes[..<33]))
    }

    @Test("Two keys are different")
    func different() {
        var generator = SystemRandomNumberGenerator()
        #expect(NKey(role: .server, using: &generator).text != NKey(role: .server, using: &generator).text)
    }

    @Test("A key's text is read and written", arguments: known)
    func form(text: String, role: NKey.Role) throws {
        let key = try #require(NKey(text))
        #expect(key.role == role)
        #expect(key.bytes.count == 32)
        #expect(key.text == text)
    }

    @Test("A text with one character changed is no key, whichever it is")
    func damaged() {
        let characters = Array(known[0].text)
        for index in characters.indices {
            for other in "ABQ27" where other != characters[index] {
                var changed = characters
                changed[index] = other
                #expect(NKey(String(changed)) == nil, "\(String(changed))")
            }
        }
    }

    @Test(
        "Texts of another length, in lower case, or with strange characters are no keys",
        arguments: ["", "U", "UA", String(repeating: "U", count: 56), String(repeating: "U", count: 55)]
    )
    func noKeys(text: String) { #expect(NKey(text) == nil) }

    @Test("Lower case, padding and blanks make no key")
    func spelling() {
        let text = known[0].text
        #expect(NKey(text.lowercased()) == nil)
        #expect(NKey(text + "=") == nil)
        #expect(NKey(" " + text.dropFirst()) == nil)
        #expect(NKey(text + "A") == nil)
    }
}
