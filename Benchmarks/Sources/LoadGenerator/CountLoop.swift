/// Counts what subscribers receive.
final class CountLoop {
    private let connections: [Connection]
    private let expected: Int
    private let payloadBytes: Int
    /// How many messages each connection has received.
    private(set) var counts: [Int]
    private var total = 0

    /// - Parameters:
    ///   - expected: how many messages all connections together will receive.
    ///   - payloadBytes: the size that each payload must have.
    init(_ connections: [Connection], expected: Int, payloadBytes: Int) {
        self.connections = connections
        self.expected = expected
        self.payloadBytes = payloadBytes
        self.counts = Array(repeating: 0, count: connections.count)
    }

    /// Returns when the last expected message is there.
    func run() throws(LoadError) {
        var poller = Poller(self.connections)
        var ready: [Int] = []
        while self.total < self.expected {
            do throws(LoadError) {
                try poller.wait(&ready)
            } catch {
                throw .stalled("received \(self.total) of \(self.expected) messages (\(error))")
            }
            for index in ready {
                let connection = self.connections[index]
                guard try connection.receive() else { continue }
                try connection.consume { (bytes) throws(LoadError) in try self.scan(bytes, connection, index)
                }
            }
        }
        if self.total > self.expected {
            throw .wrong("received \(self.total) messages, not \(self.expected)")
        }
    }

    private func scan(_ bytes: RawSpan, _ connection: Connection, _ index: Int) throws(LoadError) -> Int {
        var offset = 0
        var count = 0
        while let frame = try Frame.first(in: bytes, at: offset) {
            offset = frame.end
            switch frame.kind {
            case .message:
                guard frame.payloadCount == self.payloadBytes else {
                    throw .wrong("a payload of \(frame.payloadCount) bytes, not \(self.payloadBytes)")
                }
                count += 1
                // Messages with the same first line have the same length: no need to parse each.
                let line = frame.payload - frame.start
                let length = frame.end - frame.start
                while bytes.repeats(frame.start, at: offset, count: line),
                    bytes.repeats(frame.end - 2, at: offset + length - 2, count: 2)
                {
                    count += 1
                    offset += length
                }
            case .ping:
                connection.outgoing.append("PONG\r\n")
                _ = try connection.flush()
            case .headerMessage, .error:
                throw .refused(bytes.text(frame.start, min(frame.end, frame.start + 200)))
            case .pong, .other:
                continue
            }
        }
        self.counts[index] += count
        self.total += count
        return offset
    }
}
