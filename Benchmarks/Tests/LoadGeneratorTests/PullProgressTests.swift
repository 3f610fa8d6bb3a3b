import Testing

@testable import LoadGenerator

@Suite("Pull progress")
struct PullProgressTests {
    /// Takes messages whose acknowledgement subjects carry these (delivered, stream sequence) pairs.
    private func take(_ messages: [(delivered: Int, sequence: Int)], acknowledges: Bool) throws -> String {
        var progress = PullProgress(
            PullLoop.PullConsumer(
                stream: "S",
                name: "c",
                messages: 3,
                batch: 3,
                requestsAhead: 1,
                acknowledges: acknowledges
            )
        )
        var outgoing = ByteQueue(capacity: 16)
        let text = messages.enumerated()
            .map { index, message -> String in
                // Subjects of different lengths, so that the reply moves.
                let subject = "s." + String(repeating: "x", count: index)
                let reply = "$JS.ACK.S.c.\(message.delivered).\(message.sequence).9.1700.5"
                return "MSG \(subject) 1 \(reply) 2\r\nhi\r\n"
            }
        let bytes = Array(text.joined().utf8)
        let used = try progress.scan(bytes.span.bytes, &outgoing)
        #expect(used == bytes.count)
        #expect(progress.received == messages.count)
        return try outgoing.withReadable { (bytes) throws(LoadError) in bytes.text(0, bytes.byteCount) }
    }

    @Test("Messages in order are taken, and acknowledged when asked")
    func inOrder() throws {
        #expect(try self.take([(1, 1), (1, 2)], acknowledges: false).isEmpty)
        #expect(
            try self.take([(1, 1), (1, 2)], acknowledges: true)
                == "PUB $JS.ACK.S.c.1.1.9.1700.5 4\r\n+ACK\r\nPUB $JS.ACK.S.c.1.2.9.1700.5 4\r\n+ACK\r\n"
        )
    }

    @Test("A message that is missing, comes twice or again ends the run")
    func outOfOrder() {
        for messages in [[(1, 1), (1, 3)], [(1, 1), (1, 1)], [(1, 2)], [(2, 1)]] {
            #expect(throws: LoadError.self) { try self.take(messages, acknowledges: true) }
        }
    }
}
