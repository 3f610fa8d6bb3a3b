import Testing

@testable import LoadGenerator

@Suite("Message template")
struct MessageTemplateTests {
    private func text(_ template: inout MessageTemplate, _ count: Int) throws -> String {
        var queue = ByteQueue(capacity: 16)
        template.append(count, to: &queue)
        return try queue.withReadable { (bytes) throws(LoadError) in bytes.text(0, bytes.byteCount) }
    }

    @Test("A constant message is the same every time")
    func constant() throws {
        var template = MessageTemplate(subject: "a", payloadBytes: 3)
        #expect(template.isConstant)
        #expect(try self.text(&template, 2) == "PUB a 3\r\naho\r\nPUB a 3\r\naho\r\n")
    }

    @Test("Replies count up, and subjects start again after the last")
    func counted() throws {
        var template = MessageTemplate(
            subject: "a.",
            subjects: 9..<11,
            reply: "r.",
            countsReplies: true,
            payloadBytes: 0
        )
        let lines = try self.text(&template, 3).split(separator: "\r\n")
        #expect(
            lines == [
                "PUB a.00000009 r.00000000 0", "PUB a.00000010 r.00000001 0", "PUB a.00000009 r.00000002 0",
            ]
        )
        #expect(
            try self.text(&template, 8)
                .hasSuffix("PUB a.00000010 r.00000009 0\r\n\r\nPUB a.00000009 r.00000010 0\r\n\r\n")
        )
    }
}
