import Testing

@testable import Broker

@Suite("Members of gzip")
struct GzipMemberTests {
    @Test(
        "Bytes, repetitions and their lengths have the fixed codes",
        arguments: [
            // The block and the checksum; zlib reads each of them back.
            ([], "0300", "00000000"), (Array("a".utf8), "4b0400", "43beb7e8"),
            ([UInt8](repeating: 0x61, count: 10), "4b840300", "f0cd114c"),
            ([UInt8](repeating: 0x61, count: 600), "4b1c05a380060000", "2d6c70fa"),
            (
                Array("abcd".utf8) + (100..<160) + Array("abcd".utf8),
                "4b4c4a4e49494d4bcfc8cccacec9cdcb2f282c2a2e292d2bafa8acaaaea9adab6f686c6a6e696d6befe8eceaeee9edeb"
                    + "9f3071d2e42953a74d9f3173d6ec3973e7cd07e90700",
                "fe1a114f"
            ),
        ] as [([UInt8], String, String)]
    )
    func vectors(bytes: [UInt8], block: String, checksum: String) {
        let member = GzipMember.compress(bytes)
        let hex = member.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let length = String(bytes.count & 255, radix: 16)
        let end = (length.count == 1 ? "0" + length : length) + (bytes.count > 255 ? "020000" : "000000")
        #expect(hex == "1f8b08000000000000ff" + block + checksum + end)
    }
}
