/// Answers requests with a payload of a fixed size until a known number has come.
final class RespondLoop {
    private let connection: Connection
    private let expected: Int
    private let tail: [UInt8]
    private var answered = 0

    init(_ connection: Connection, expected: Int, payloadBytes: Int) {
        self.connection = connection
        self.expected = expected
        self.tail =
            Array(" \(payloadBytes)\r\n".utf8) + MessageTemplate.payload(payloadBytes) + Array("\r\n".utf8)
    }

    /// Returns when the last answer has been handed to the kernel.
    func run() throws(LoadError) {
        var poller = Poller([self.connection])
        var ready: [Int] = []
        var blocked = false
        while self.answered < self.expected || blocked {
            try poller.wait(&ready)
            if try self.connection.receive() {
                try self.connection.consume { (bytes) throws(LoadError) in
                    try self.scan(bytes, &self.connection.outgoing)
                }
            }
            let isBlocked = try !self.connection.flush()
            if isBlocked != blocked {
                blocked = isBlocked
                poller.watch(0, toSend: blocked)
            }
        }
    }

    private func scan(_ bytes: RawSpan, _ outgoing: inout ByteQueue) throws(LoadError) -> Int {
        let put = Array("PUB ".utf8)
        var offset = 0
        while let frame = try Frame.first(in: bytes, at: offset) {
            offset = frame.end
            switch frame.kind {
            case .message:
                guard let (start, end) = Self.reply(bytes, frame) else {
                    throw .wrong("a request without reply: \(bytes.text(frame.start, frame.lineEnd))")
                }
                outgoing.append(put)
                outgoing.append(bytes.extracting(start..<end))
                outgoing.append(self.tail)
                self.answered += 1
            case .ping:
                outgoing.append("PONG\r\n")
            case .headerMessage, .error:
                throw .refused(bytes.text(frame.start, min(frame.end, frame.start + 200)))
            case .pong, .other:
                continue
            }
        }
        return offset
    }

    /// Where the reply stands: between the last two spaces of `MSG subject sid reply size`.
    private static func reply(_ bytes: RawSpan, _ frame: Frame) -> (start: Int, end: Int)? {
        var end = frame.lineEnd
        while end > frame.start, bytes.byte(end) != UInt8(ascii: " ") { end -= 1 }
        var start = end
        while start > frame.start, bytes.byte(start - 1) != UInt8(ascii: " ") { start -= 1 }
        return bytes.matches(Self.inbox, at: start) ? (start, end) : nil
    }

    private static let inbox = Array("_INBOX.".utf8)
}
