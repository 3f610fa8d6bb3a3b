import Testing

@testable import LoadGenerator

@Suite("Count loop")
struct CountLoopTests {
    private func run(_ messages: String, expected: Int) throws(LoadError) -> [Int] {
        let pair = SocketPair(answers: messages)
        let loop = CountLoop([pair.connection], expected: expected, payloadBytes: 2)
        try loop.run()
        return loop.counts
    }

    @Test("Messages alike and not alike are counted one by one")
    func counted() throws {
        let text = "MSG a 1 2\r\nhi\r\nMSG a 1 2\r\nho\r\nPING\r\nMSG b 1 2\r\n\r\n\r\nMSG a 1 2\r\nhi\r\n"
        #expect(try self.run(text, expected: 4) == [4])
    }

    @Test("One message too many, of another size or no message ends the run")
    func wrong() {
        let one = "MSG a 1 2\r\nhi\r\n"
        for text in [
            one + one, "MSG a 1 3\r\nhi!\r\n", "-ERR 'Slow Consumer'\r\n",
            one.replacing("hi\r\n", with: "hi!!"),
        ] {
            #expect(throws: LoadError.self) { try self.run(text, expected: 1) }
        }
    }
}
