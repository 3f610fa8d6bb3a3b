import Testing

@testable import LoadGenerator

@Suite("Respond loop")
struct RespondLoopTests {
    @Test("Each request is answered where it asks for it")
    func answers() throws {
        let pair = SocketPair(
            answers: "MSG s 1 _INBOX.a.1 2\r\nhi\r\nPING\r\nMSG s 1 _INBOX.b.2 2\r\nhi\r\n"
        )
        try RespondLoop(pair.connection, expected: 2, payloadBytes: 1).run()
        #expect(pair.sent() == "PUB _INBOX.a.1 1\r\na\r\nPONG\r\nPUB _INBOX.b.2 1\r\na\r\n")
    }

    @Test("A request without a reply ends the run", arguments: ["MSG s 1 2\r\nhi\r\n", "MSG 2\r\nhi\r\n"])
    func noReply(text: String) {
        let pair = SocketPair(answers: text)
        let loop = RespondLoop(pair.connection, expected: 1, payloadBytes: 1)
        #expect(throws: LoadError.self) { try loop.run() }
    }
}
