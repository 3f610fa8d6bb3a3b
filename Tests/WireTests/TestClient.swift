import Foundation

/// A client that sees messages instead of bytes, and hides nothing.
final class TestClient {
    /// A delivered message.
    struct Message: Equatable {
        var subject: String
        var sid: String
        var reply: String?
        var headers: [UInt8] = []
        var payload: [UInt8]

        /// The payload as text.
        var text: String { String(decoding: self.payload, as: UTF8.self) }
    }

    /// What the server said.
    enum Event: Equatable {
        case message(Message)
        case pong
        case ok
        case info
        case error(String)
    }

    /// What came instead of what was expected.
    struct Unexpected: Error {
        let event: String
    }

    private let socket: ClientSocket
    /// Messages that came while a PONG was awaited.
    private var early: [Message] = []
    private var earlyIndex = 0

    /// Connects, and says how it wants to talk.
    init(
        _ host: ClientSocket.Host = .usual,
        port: Int,
        receiveBuffer: CInt? = nil,
        connect: String = #"{"verbose":false,"pedantic":false,"headers":true,"no_responders":true}"#
    ) throws {
        self.socket = try ClientSocket(host, port: port, receiveBuffer: receiveBuffer)
        _ = try self.socket.readLine()
        try self.socket.send("CONNECT \(connect)\r\n")
    }

    // MARK: Sending

    /// Sends text as it is.
    func send(_ text: String) throws { try self.socket.send(text) }

    /// Subscribes.
    func subscribe(_ pattern: String, queue: String = "", sid: String = "1") throws {
        try self.send("SUB \(pattern) \(queue) \(sid)\r\n")
    }

    /// Publishes.
    func publish(_ subject: String, reply: String = "", _ payload: String = "") throws {
        let words = ["PUB", subject, reply, "\(payload.utf8.count)"].filter { !$0.isEmpty }
        try self.send("\(words.joined(separator: " "))\r\n\(payload)\r\n")
    }

    /// Publishes a request and returns the answer.
    func request(_ subject: String, _ payload: String = "") throws -> Message {
        let inbox = "_INBOX.\(UUID().uuidString)"
        let sid = "r\(inbox)"
        try self.subscribe(inbox, sid: sid)
        try self.send("UNSUB \(sid) 1\r\n")
        try self.publish(subject, reply: inbox, payload)
        let answer = try self.nextMessage()
        guard answer.sid == sid else { throw Unexpected(event: "\(answer)") }
        return answer
    }

    // MARK: Receiving

    /// The next thing the server says; its PINGs are answered.
    func next() throws -> Event {
        while true {
            let line = String(decoding: try self.socket.readLine(), as: UTF8.self)
            let fields = line.split(separator: " ")
            switch fields.first {
            case "MSG", "HMSG": return .message(try self.message(fields))
            case "PING": try self.send("PONG\r\n")
            case "PONG": return .pong
            case "+OK": return .ok
            case "INFO": return .info
            case "-ERR": return .error(String(line.dropFirst(6).dropLast()))
            default: throw Unexpected(event: line)
            }
        }
    }

    private func message(_ fields: [Substring]) throws -> Message {
        let hasHeaders = fields[0] == "HMSG"
        let sizes = hasHeaders ? 2 : 1
        guard (3 + sizes...4 + sizes).contains(fields.count), let size = Int(fields[fields.count - 1]),
            let headerSize = hasHeaders ? Int(fields[fields.count - 2]) : 0, headerSize <= size
        else {
            throw Unexpected(event: fields.joined(separator: " "))
        }
        let bytes = try self.socket.read(size + 2)
        guard bytes.suffix(2) == [13, 10] else { throw Unexpected(event: printable(bytes)) }
        return Message(
            subject: String(fields[1]),
            sid: String(fields[2]),
            reply: fields.count == 4 + sizes ? String(fields[3]) : nil,
            headers: Array(bytes[..<headerSize]),
            payload: Array(bytes[headerSize..<size])
        )
    }

    /// The next message.
    func nextMessage() throws -> Message {
        if self.earlyIndex < self.early.count {
            self.earlyIndex += 1
            return self.early[self.earlyIndex - 1]
        }
        self.early = []
        self.earlyIndex = 0
        let event = try self.next()
        guard case .message(let message) = event else { throw Unexpected(event: "\(event)") }
        return message
    }

    /// Waits until the server has done everything that was sent so far.
    ///
    /// Returns the messages that came before, in their order.
    @discardableResult
    func flush() throws -> Int {
        try self.send("PING\r\n")
        while true {
            switch try self.next() {
            case .message(let message): self.early.append(message)
            case .pong: return self.early.count - self.earlyIndex
            case .ok, .info: break
            case .error(let text): throw Unexpected(event: text)
            }
        }
    }

    /// Takes the messages that came so far.
    func takeMessages() -> [Message] {
        defer {
            self.early = []
            self.earlyIndex = 0
        }
        return Array(self.early[self.earlyIndex...])
    }

    /// Everything up to the end of the connection, but for a PING that comes first.
    func readToEnd() throws -> [UInt8] {
        let bytes = try self.socket.readToEnd()
        let ping = Array("PING\r\n".utf8)
        return begins(bytes[...], with: ping[...]) ? Array(bytes.dropFirst(ping.count)) : bytes
    }

    /// Says that nothing more will be sent, and waits for the server to close.
    func finish() throws { try self.socket.finish() }

    /// Waits until what `clients` sent has reached each of them, over whichever event loop.
    ///
    /// A message to another loop is on its way when the loop's *next* answer is written, and handled when the
    /// other loop has answered twice: hence two rounds.
    static func settle(_ clients: [TestClient]) throws {
        for _ in 0..<2 {
            for client in clients { try client.flush() }
        }
    }
}

/// Tries until `condition` holds; false if it does not for very long.
///
/// For what follows soon and tells nobody when. The condition asks a server, and so lets it have its turn.
func soon(_ condition: () throws -> Bool) rethrows -> Bool {
    let start = ContinuousClock.now
    while try !condition() {
        if start.duration(to: .now) > .seconds(ClientSocket.patience) { return false }
    }
    return true
}

/// Runs `body` on `count` threads at a time and waits for all of them; throws the first error.
func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<count {
            group.addTask {
                // A thread each, because they block: tasks would block one another.
                try await withCheckedThrowingContinuation { continuation in
                    Thread.detachNewThread { continuation.resume(with: Result { try body(index) }) }
                }
            }
        }
        try await group.waitForAll()
    }
}
