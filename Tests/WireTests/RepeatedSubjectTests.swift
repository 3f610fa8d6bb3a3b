import Testing

// All messages of a test come in one read, so that all but the first two go the short way.
@Suite("Many messages to one subject", .serialized, .server)
struct RepeatedSubjectTests {
    private static func publications(_ subject: String, _ numbers: Range<Int>, reply: String = "") -> String {
        numbers.map { number in
            let text = "\(number)"
            return "PUB \(subject) \(reply.isEmpty ? "" : reply + " ")\(text.utf8.count)\r\n\(text)\r\n"
        }
        .joined()
    }

    @Test("Subscriptions made between them see what comes after them, and nothing else")
    func subscriptions() throws {
        let client = try TestClient(port: RunningServer.port)
        let subject = "repeated.between"
        try client.send(
            Self.publications(subject, 0..<5) + "SUB \(subject) 1\r\n" + Self.publications(subject, 5..<10)
                + "SUB repeated.> 2\r\n" + Self.publications(subject, 10..<15) + "UNSUB 1\r\n"
                + Self.publications(subject, 15..<20) + "UNSUB 2\r\n" + Self.publications(subject, 20..<25)
        )
        try client.flush()
        let messages = client.takeMessages()
        #expect(messages.filter { $0.sid == "1" }.map(\.text) == (5..<15).map { "\($0)" })
        #expect(messages.filter { $0.sid == "2" }.map(\.text) == (10..<20).map { "\($0)" })
        #expect(messages.allSatisfy { $0.subject == subject && $0.reply == nil })
        try client.finish()
    }

    @Test("Replies are passed on, and may be missing in some")
    func replies() throws {
        let client = try TestClient(port: RunningServer.port)
        try client.send(
            "SUB repeated.reply 1\r\n" + Self.publications("repeated.reply", 0..<3)
                + Self.publications("repeated.reply", 3..<6, reply: "answers.here")
                + Self.publications("repeated.reply", 6..<9)
        )
        try client.flush()
        let messages = client.takeMessages()
        #expect(messages.map(\.text) == (0..<9).map { "\($0)" })
        #expect(messages.map(\.reply) == (0..<9).map { (3..<6).contains($0) ? "answers.here" : nil })
        try client.finish()
    }

    @Test("Each request that nobody serves is told so")
    func noResponders() throws {
        let client = try TestClient(port: RunningServer.port)
        try client.send(
            "SUB answers.* 1\r\n" + Self.publications("repeated.nobody", 0..<4)
                + Self.publications("repeated.nobody", 4..<8, reply: "answers.here")
        )
        try client.flush()
        let messages = client.takeMessages()
        #expect(messages.count == 4)
        #expect(messages.allSatisfy { String(decoding: $0.headers, as: UTF8.self).hasPrefix("NATS/1.0 503") })
        try client.finish()
    }

    @Test("A reply subject that only the server may name is refused each time")
    func reservedReply() throws {
        let client = try TestClient(port: RunningServer.port)
        try client.send(
            "SUB repeated.reserved 1\r\n" + Self.publications("repeated.reserved", 0..<3)
                + Self.publications("repeated.reserved", 3..<5, reply: "_R_.a.b") + "PING\r\n"
        )
        var errors = 0
        reading: while true {
            switch try client.next() {
            case .error: errors += 1
            case .pong: break reading
            default: break
            }
        }
        #expect(errors == 2)
        try client.finish()
    }

    @Test("After a CONNECT that asks for it, each is answered")
    func verbose() throws {
        let client = try TestClient(port: RunningServer.port)
        try client.send(
            Self.publications("repeated.verbose", 0..<4) + "CONNECT {\"verbose\":true}\r\n"
                + Self.publications("repeated.verbose", 4..<8) + "PING\r\n"
        )
        var answers = 0
        while try client.next() == .ok { answers += 1 }
        #expect(answers == 5)
        try client.finish()
    }
}
