import Broker
import Testing

@Suite("Last words")
struct LastWordsTests {
    /// A client for whom more waits than the kernel takes, and that has read nothing of it.
    private func makeBusy(port: Int) throws -> ClientSocket {
        let slow = try ClientSocket(port: port, receiveBuffer: 65_536)
        try slow.send("CONNECT {\"verbose\":false}\r\nSUB big 1\r\nPING\r\n")
        _ = try slow.readLine()
        #expect(try slow.readLine() == Array("PONG".utf8))
        let publisher = try TestClient(port: port)
        let payload = String(repeating: "x", count: 1 << 20)
        for _ in 0..<14 { try publisher.publish("big", payload) }
        // The bytes may go over another loop, whose answers come after it has handed them on.
        try TestClient.settle([publisher])
        return slow
    }

    private static let whole = 14 * ((1 << 20) + "MSG big 1 1048576\r\n\r\n".utf8.count)

    @Test(
        "What waits for a client that makes a mistake is written before it is closed",
        arguments: [("FOO\r\n", "-ERR 'Unknown Protocol Operation'\r\n"), ("PUB x\r\n", "")]
    )
    func flushed(mistake: String, word: String) async throws {
        try await RunningServer.with { port in
            let slow = try self.makeBusy(port: port)
            // It has a PONG behind everything that was published: the mistake comes last.
            try slow.send("PING\r\n" + mistake)
            let all = try slow.readToEnd()
            #expect(all.count == Self.whole + "PONG\r\n".utf8.count + word.utf8.count)
            #expect(all.suffix(word.utf8.count).elementsEqual(word.utf8))
        }
    }
}
