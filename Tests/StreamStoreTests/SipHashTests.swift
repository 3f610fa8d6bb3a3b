import Testing

@testable import StorageTorture
@testable import StreamStore

@Suite("SipHash")
struct SipHashTests {
    /// The key and the inputs of the authors' own test vectors: bytes 0, 1, 2 … each.
    private let hash = SipHash(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)

    @Test(
        "Gives the results that its authors published for 128 bits",
        arguments: [
            (0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"),
            (2, "8177228da4a45dc7fca38bdef60affe4"), (3, "9c70b60c5267a94e5f33b6b02985ed51"),
            (8, "3b62a9ba6258f5610f83e264f31497b4"),
        ] as [(Int, String)]
    )
    func vectors(count: Int, expected: String) {
        let bytes = (0..<count).map { UInt8($0) }
        let hash = self.hash.hash(bytes.span.bytes)
        var result: [UInt8] = []
        result.appendWord(hash.low)
        result.appendWord(hash.high)
        #expect(result.hex == expected)
    }

    @Test("Another key gives another result")
    func keyed() {
        let bytes = "id-1".bytes
        let one = SipHash(1, 2).hash(bytes.span.bytes)
        let other = SipHash(1, 3).hash(bytes.span.bytes)
        #expect(one != other)
    }
}
