import Subjects
import Testing
import WireProtocol

@Suite("Repeated publish")
struct RepeatedPublishTests {
    /// The line at the start of `text`, remembered.
    private func line(of text: String) throws -> RepeatedPublish {
        let bytes = Array(text.utf8)
        var parser = ClientOperationParser(headersEnabled: true)
        guard case .operation(.publish(let publish), _) = parser.next(in: bytes.span.bytes, from: 0) else {
            throw Unexpected()
        }
        var line = RepeatedPublish()
        line.remember(publish, in: bytes.span.bytes, from: 0)
        return line
    }

    private struct Unexpected: Error {}

    private func next(_ line: RepeatedPublish, _ text: String, maxPayload: Int = 1000) -> RepeatedPublish
        .Message?
    {
        line.next(in: Array(text.utf8).span.bytes, from: 0, maxPayload: maxPayload, maxControlLine: 4096)
    }

    @Test("A message to the same subject is read, with and without a reply")
    func same() throws {
        let line = try self.line(of: "PUB orders.new 2\r\nab\r\n")
        let padding = String(repeating: "PING\r\n", count: 8)
        let plain = try #require(self.next(line, "PUB orders.new 5\r\nhello\r\n" + padding))
        #expect(plain.reply.isEmpty && plain.sizeText == 15..<16 && plain.payload == 18..<23)
        #expect(plain.end == 25)
        let request = try #require(self.next(line, "PUB orders.new _INBOX.a.1 05\r\nhello\r\n" + padding))
        #expect(request.reply == 15..<25 && request.sizeText == 26..<28 && request.payload == 30..<35)
        #expect(line.subject(from: 7) == 11..<21)
    }

    @Test(
        "What is not such a message is left to the parser",
        arguments: [
            "PUB orders.newer 5\r\nhello\r\n", "PUB orders.ne 5\r\nhello\r\n",
            "HPUB orders.new 5\r\nhello\r\n",
            "pub orders.new 5\r\nhello\r\n", "PUB orders.new  5\r\nhello\r\n",
            "PUB orders.new 5 \r\nhello\r\n",
            "PUB orders.new x\r\nhello\r\n", "PUB orders.new -5\r\nhello\r\n", "PUB orders.new 5\nhello\r\n",
            "PUB orders.new 123456789\r\nhello\r\n", "PUB orders.new 5\r\nhello, \r\n",
            "PUB orders.new 5\r\nhel\r\n",
            "PUB orders.new 1001\r\n", "PUB orders.new a b 5\r\nhello\r\n",
            "PUB orders.new a  5\r\nhello\r\n",
            "PUB orders.new \r\nhello\r\n",
            "PUB orders.new 2000\r\n" + String(repeating: "x", count: 2000) + "\r\n",
        ]
    )
    func others(text: String) throws {
        let line = try self.line(of: "PUB orders.new 2\r\nab\r\n")
        #expect(self.next(line, text + String(repeating: "PING\r\n", count: 8)) == nil)
    }

    @Test("A message that is not all there is left to the parser")
    func parts() throws {
        let text = "PUB orders.new _INBOX.a.1 5\r\nhello\r\n"
        let line = try self.line(of: "PUB orders.new 2\r\nab\r\n")
        for count in 0..<text.utf8.count { #expect(self.next(line, String(text.prefix(count))) == nil) }
    }

    @Test("Nothing is remembered of headers, of long subjects, and of what was forgotten")
    func forgotten() throws {
        #expect(try self.line(of: "HPUB a 12 12\r\nNATS/1.0\r\n\r\n\r\n").isEmpty)
        let long = String(repeating: "a", count: RepeatedPublish.subjectBytesMax + 1)
        #expect(try self.line(of: "PUB \(long) 2\r\nab\r\n").isEmpty)
        #expect(try !self.line(of: "PUB \(long.dropLast()) 2\r\nab\r\n").isEmpty)
        var line = try self.line(of: "PUB a 2\r\nab\r\n")
        line.forget()
        #expect(self.next(line, "PUB a 2\r\nab\r\n" + String(repeating: "PING\r\n", count: 8)) == nil)
    }

    @Test("What it reads, the parser reads to the same result", arguments: [1, 2, 3, 4] as [UInt64])
    func agreement(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let subjects = ["a", "orders.new", "12", "orders.new.12"]
        let pieces = [
            " ", "\t", "  ", "5", "05", "12", "a", "_INBOX.x.1", "\r\n", "\n", "\r", "", "\u{0}", "é",
        ]
        var read = 0
        for _ in 0..<20_000 {
            let subject = subjects.randomElement(using: &random) ?? "a"
            let line = try self.line(of: "PUB \(subject) 2\r\nab\r\n")
            var text = "PUB \(subjects.randomElement(using: &random) ?? "a") "
            if Bool.random(using: &random) {
                text += ["", "r.1 ", "7 "].randomElement(using: &random) ?? ""
                text += "5\r\nhello\r\n"
            } else {
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    text += pieces.randomElement(using: &random) ?? ""
                }
            }
            text += String(repeating: "PING\r\n", count: 8)
            let bytes = Array(text.utf8)
            guard
                let message = line.next(in: bytes.span.bytes, from: 0, maxPayload: 1000, maxControlLine: 4096)
            else { continue }
            read += 1
            var parser = ClientOperationParser(headersEnabled: true)
            guard
                case .operation(.publish(let publish), let consumed) = parser.next(
                    in: bytes.span.bytes,
                    from: 0
                )
            else {
                Issue.record("seed \(seed): \(text)")
                continue
            }
            #expect(consumed == message.end && publish.payload == message.payload, "seed \(seed): \(text)")
            #expect(publish.sizeText == message.sizeText && publish.headerSizeText.isEmpty, "seed \(seed)")
            #expect(publish.reply == message.reply || publish.reply.isEmpty && message.reply.isEmpty)
            #expect(publish.subject == line.subject(from: 0), "seed \(seed): \(text)")
        }
        #expect(read > 1000, "seed \(seed)")
    }
}
