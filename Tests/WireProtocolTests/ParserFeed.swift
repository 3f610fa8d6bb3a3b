import Subjects
import WireProtocol

/// Feeds a parser as a connection does: keeps the bytes of an unfinished operation, and writes down what comes out.
struct ParserFeed {
    var parser: ClientOperationParser
    /// One line per operation, and `violation: …` at the end if there was one.
    private(set) var log: [String] = []
    private(set) var isClosed = false
    /// The most bytes ever kept for later.
    private(set) var keptMax = 0
    private var kept: [UInt8] = []
    /// Bytes put before everything that is offered, to move the places.
    private let padding: Int

    init(_ parser: ClientOperationParser, padding: Int = 0) {
        self.parser = parser
        self.padding = padding
    }

    /// The log of `bytes` offered whole.
    static func log(
        of bytes: [UInt8],
        maxControlLine: Int = ClientOperationParser.defaultMaxControlLine,
        headersEnabled: Bool = true,
        requiresConnect: Bool = false
    ) -> [String] {
        var feed = ParserFeed(
            ClientOperationParser(
                maxControlLine: maxControlLine,
                headersEnabled: headersEnabled,
                requiresConnect: requiresConnect
            )
        )
        feed.offer(bytes[...])
        return feed.log
    }

    mutating func offer(_ chunk: ArraySlice<UInt8>) {
        if self.isClosed { return }
        let bytes = [UInt8](repeating: UInt8(ascii: "P"), count: self.padding) + self.kept + chunk
        var offset = self.padding
        reading: while true {
            switch self.parser.next(in: bytes.span.bytes, from: offset) {
            case .operation(let operation, let consumed):
                self.log.append(Self.describe(operation, bytes))
                offset += consumed
            case .needsMore: break reading
            case .violation(let violation):
                self.log.append("violation: \(violation)")
                self.isClosed = true
                return
            }
        }
        self.kept = Array(bytes[offset...])
        self.keptMax = max(self.keptMax, self.kept.count)
    }

    static func describe(_ operation: ClientOperation, _ bytes: [UInt8]) -> String {
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        switch operation {
        case .publish(let message):
            var line = "PUB \(text(message.subject))"
            // The places of absent parts are in the bytes too: taking their text would trap otherwise.
            let reply = text(message.reply)
            let headerSize = text(message.headerSizeText)
            if message.hasReply { line += " reply \(reply)" }
            if !message.headerSizeText.isEmpty { line += " headers \(headerSize)" }
            line += " size \(text(message.sizeText)): "
            return line + text(message.headers) + "|" + text(message.body)
        case .subscribe(let subject, let queue, let sid):
            return "SUB \(text(subject)) queue \(text(queue)) sid \(text(sid))"
        case .unsubscribe(let sid, let max): return "UNSUB \(text(sid)) max \(max.map(String.init) ?? "none")"
        case .connect(let json): return "CONNECT \(text(json))"
        case .info(let json): return "INFO \(text(json))"
        case .ping: return "PING"
        case .pong: return "PONG"
        case .ok: return "+OK"
        }
    }
}
