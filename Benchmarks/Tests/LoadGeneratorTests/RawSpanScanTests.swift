import Testing

@testable import LoadGenerator

@Suite("Scanning bytes")
struct RawSpanScanTests {
    @Test("The first line feed is found at every place")
    func lineFeed() {
        for count in 1...40 {
            for place in 0..<count {
                var bytes = [UInt8](repeating: 0x0b, count: count)
                bytes[place] = 0x0a
                bytes[count - 1] = 0x0a
                #expect(bytes.lineFeed() == place)
            }
        }
        let none = [UInt8](repeating: 0x8a, count: 33)
        #expect(none.lineFeed() == nil)
    }

    @Test("One byte that differs is a difference, wherever it is")
    func matches() {
        let pattern = Array("_INBOX.0123456789abcdef.".utf8)
        for place in pattern.indices {
            var bytes = [0x20] + pattern
            #expect(bytes.matches(pattern, at: 1))
            bytes[place + 1] ^= 1
            #expect(!bytes.matches(pattern, at: 1))
        }
        #expect(!pattern.matches(pattern, at: 1))
    }

    @Test(
        "A number ends at its first other byte",
        arguments: [("12x", 12, 2), ("007", 7, 3), ("x", nil, 0), ("", nil, 0)] as [(String, UInt64?, Int)]
    )
    func decimal(text: String, value: UInt64?, end: Int) {
        let bytes = Array(text.utf8)
        var offset = 0
        let number = bytes.decimal(at: &offset)
        #expect(number == value)
        #expect(offset == end)
    }
}
