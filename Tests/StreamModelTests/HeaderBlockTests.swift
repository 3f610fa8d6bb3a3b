import StreamModel
import Testing

@Suite("Header block")
struct HeaderBlockTests {
    private static func value(_ name: StaticString, _ block: String) -> String? {
        let block = bytes(block)
        return HeaderBlock.value(of: name, in: block.span.bytes)
            .map { String(decoding: block[$0], as: UTF8.self) }
    }

    @Test(
        "The first header of that very name is found, without blanks around its value",
        arguments: [
            ("NATS/1.0\r\nA: 1\r\n\r\n", "1"), ("NATS/1.0\r\nA:1\r\n\r\n", "1"),
            ("NATS/1.0\r\nA: \t 1 2 \t\r\n\r\n", "1 2"),
            ("NATS/1.0\r\nA:\r\n\r\n", ""), ("NATS/1.0\r\nB: 2\r\nA: 1\r\nA: 3\r\n\r\n", "1"),
            ("NATS/1.0 503 x\r\nA: 1\r\n\r\n", "1"), ("NATS/1.0\r\nA: 1", "1"),
            ("NATS/1.0\r\nB\r\nA: 1\r\n", "1"),
            ("NATS/1.0\r\nA: a:b\rc\r\n\r\n", "a:b\rc"), ("NATS/1.0\r\na: 1\r\n\r\n", nil),
            ("NATS/1.0\r\nAB: 1\r\nXA: 2\r\n\r\n", nil), ("NATS/1.0\r\nA\r\n\r\n", nil),
            ("NATS/1.0\r\nA : 1\r\n\r\n", nil),
            ("A: 1\r\n\r\n", nil), ("", nil), ("NATS/1.0", nil), ("\r\n", nil), ("NATS/1.0\nA: 1\n\n", nil),
        ] as [(String, String?)]
    )
    func value(block: String, value: String?) { #expect(Self.value("A", block) == value) }

    @Test("A line end is found wherever it lies in a word of eight bytes", arguments: 0..<40)
    func lineEnds(length: Int) {
        let filler = String(repeating: "x", count: length)
        #expect(Self.value("A", "NATS/1.0\r\nB: \(filler)\r\nA: \(filler)\r\n\r\n") == filler)
        #expect(Self.value("A", "NATS/1.0\r\nB: \(filler)\r\(filler)\u{c}\u{e}\r\nA: 1\r\n\r\n") == "1")
    }

    @Test(
        "A status is not stored, nor a block that holds nothing else",
        arguments: [
            ("NATS/1.0\r\nA: 1\r\n\r\n", .keep), ("NATS/1.0\r\n\r\n", .keep), ("", .keep),
            ("NATS/1.0 503\r\n\r\n", .drop), ("NATS/1.0 100 Idle Heartbeat\r\n\r\n", .drop),
            ("NATS/1.0 503", .drop),
            ("NATS/1.0 100 x\r\nA: 1\r\n\r\n", .cut(8..<14)),
        ] as [(String, HeaderBlock.Disposition)]
    )
    func status(block: String, disposition: HeaderBlock.Disposition) {
        #expect(HeaderBlock.disposition(of: bytes(block).span.bytes) == disposition)
    }

    @Test("Headers are added behind those that are there, whatever the block's end looks like")
    func append() {
        for start in ["NATS/1.0\r\nB: 2\r\n\r\n", "NATS/1.0\r\nB: 2\r\n", "NATS/1.0\r\nB: 2"] {
            var block = bytes(start)
            HeaderBlock.append("A", "1", to: &block)
            HeaderBlock.append("C", 7, to: &block)
            #expect(String(decoding: block, as: UTF8.self) == "NATS/1.0\r\nB: 2\r\nA: 1\r\nC: 7\r\n\r\n")
        }
        var block: [UInt8] = []
        HeaderBlock.append("A", "a\r\nB: 1", to: &block)
        #expect(String(decoding: block, as: UTF8.self) == "NATS/1.0\r\nA: a  B: 1\r\n\r\n")
        #expect(
            String(decoding: HeaderBlock.status("404 No Messages"), as: UTF8.self)
                == "NATS/1.0 404 No Messages\r\n\r\n"
        )
    }

    @Test("A header is taken out, and an empty block with it")
    func remove() {
        var block = bytes("NATS/1.0\r\nA: 1\r\nB: 2\r\nA: 3\r\n\r\n")
        #expect(HeaderBlock.remove("A", from: &block))
        #expect(String(decoding: block, as: UTF8.self) == "NATS/1.0\r\nB: 2\r\nA: 3\r\n\r\n")
        #expect(HeaderBlock.remove("A", from: &block))
        #expect(!HeaderBlock.remove("A", from: &block))
        #expect(HeaderBlock.remove("B", from: &block))
        #expect(block.isEmpty)
    }
}
