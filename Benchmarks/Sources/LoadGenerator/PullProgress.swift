/// How far a pull has come, and what the next message must be.
struct PullProgress {
    private let acknowledges: Bool
    private let replyPrefix: [UInt8]
    private let put = Array("PUB ".utf8)
    private let acknowledgement = Array(" 4\r\n+ACK\r\n".utf8)
    /// Where the reply stood in the line of the message before.
    private var replyOffset = 0
    /// How many messages have come.
    private(set) var received = 0

    init(_ consumer: PullLoop.PullConsumer) {
        self.acknowledges = consumer.acknowledges
        self.replyPrefix = Array("$JS.ACK.\(consumer.stream).\(consumer.name).".utf8)
    }

    /// Takes the messages in `bytes`, queues their acknowledgements, and returns how many bytes they were.
    mutating func scan(_ bytes: RawSpan, _ outgoing: inout ByteQueue) throws(LoadError) -> Int {
        var offset = 0
        while let frame = try Frame.first(in: bytes, at: offset) {
            offset = frame.end
            switch frame.kind {
            case .message:
                try self.take(bytes, frame, &outgoing)
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

    private mutating func take(_ bytes: RawSpan, _ frame: Frame, _ outgoing: inout ByteQueue)
        throws(LoadError)
    {
        // $JS.ACK.<stream>.<consumer>.<delivered>.<stream sequence>.…: mostly where it was before.
        var start = frame.start + self.replyOffset
        if self.replyOffset == 0 || !bytes.matches(self.replyPrefix, at: start)
            || bytes.byte(start - 1) != UInt8(ascii: " ")
        {
            start = try self.findReply(bytes, frame)
        }
        var offset = start + self.replyPrefix.count
        let delivered = bytes.decimal(at: &offset, end: frame.lineEnd)
        offset += 1
        let sequence = bytes.decimal(at: &offset, end: frame.lineEnd)
        guard delivered == 1, sequence == UInt64(self.received + 1) else {
            throw .wrong("message \(self.received + 1) came as \(bytes.text(frame.start, frame.lineEnd))")
        }
        self.received += 1
        guard self.acknowledges else { return }
        while offset < frame.lineEnd, bytes.byte(offset) != UInt8(ascii: " ") { offset += 1 }
        outgoing.append(self.put)
        outgoing.append(bytes.extracting(start..<offset))
        outgoing.append(self.acknowledgement)
    }

    private mutating func findReply(_ bytes: RawSpan, _ frame: Frame) throws(LoadError) -> Int {
        for offset in frame.start + 1..<frame.lineEnd where bytes.matches(self.replyPrefix, at: offset) {
            self.replyOffset = offset - frame.start
            return offset
        }
        throw .wrong("no acknowledgement subject: \(bytes.text(frame.start, frame.lineEnd))")
    }
}
