import Testing

@testable import LoadGenerator

@Suite("Frame")
struct FrameTests {
    @Test(
        "An operation is nil until its last byte is there",
        arguments: [
            "MSG a.b 1 5\r\nhello\r\n", "MSG a.b 1 _INBOX.x.1 0\r\n\r\n",
            "HMSG a 1 12 14\r\nNATS/1.0\r\n\r\nhi\r\n",
            "PING\r\n", "PONG\r\n", "-ERR 'no'\r\n", "+OK\r\n", "INFO {}\r\n",
        ]
    )
    func partial(text: String) throws {
        let bytes = Array(text.utf8)
        for count in bytes.indices {
            let part = Array(bytes[..<count])
            #expect(try part.frame(at: 0) == nil)
        }
        #expect(try bytes.frame(at: 0)?.end == bytes.count)
    }

    @Test("A message's payload is found after its headers")
    func payload() throws {
        let bytes = Array("MSG a 1 2\r\nok\r\nHMSG a 1 r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n".utf8)
        let first = try #require(try bytes.frame(at: 0))
        #expect(first.kind == .message)
        #expect(bytes.text(first.payload, first.payload + first.payloadCount) == "ok")
        let second = try #require(try bytes.frame(at: first.end))
        #expect(second.kind == .headerMessage)
        #expect(bytes.text(second.payload, second.payload + second.payloadCount) == "hi")
        #expect(second.end == bytes.count)
    }

    @Test(
        "What is no operation ends the run",
        arguments: [
            "XYZ\r\n", "PING\n", "MSG a 1 x\r\n\r\n", "MSG a 1 99999999\r\n", "MSG a 1 2\r\nhello\r\n",
            "HMSG a 1 9 2\r\nhi\r\n",
            "\r\n",
        ]
    )
    func malformed(text: String) {
        let bytes = Array(text.utf8)
        #expect(throws: LoadError.self) { try bytes.frame(at: 0) }
    }
}
