/// Publishes over any number of connections as fast as their sockets take it.
final class PublishLoop {
    /// One connection and what it still has to publish.
    private final class Lane {
        let connection: Connection
        var template: MessageTemplate
        var block: ByteQueue
        var blockFilled = false
        var remaining: Int
        var owedPongs = 0
        var awaitsPong = false
        var done = false

        init(_ connection: Connection, _ template: MessageTemplate, remaining: Int, blockBytes: Int) {
            self.connection = connection
            self.template = template
            self.remaining = remaining
            self.block = ByteQueue(capacity: blockBytes)
        }
    }

    /// How many bytes one `send` offers to the kernel.
    private static let blockBytes = 128 * 1024

    private let lanes: [Lane]

    /// - Parameters:
    ///   - publishers: each connection with what it publishes and how often.
    init(_ publishers: [(connection: Connection, template: MessageTemplate, count: Int)]) {
        self.lanes = publishers.map {
            Lane($0.connection, $0.template, remaining: $0.count, blockBytes: Self.blockBytes)
        }
    }

    /// Publishes everything, and returns when each connection's last `PING` has been answered: the server
    /// has then read it all.
    func run() throws(LoadError) {
        var poller = Poller(self.lanes.map(\.connection))
        var ready = Array(self.lanes.indices)
        var turn = 0
        while !self.lanes.allSatisfy(\.done) {
            var blocked = true
            for index in ready where !self.lanes[index].done {
                let lane = self.lanes[index]
                if try self.publishOneBlock(lane) { blocked = false }
                turn += 1
                // The server may ask something while its socket never fills up.
                if blocked || lane.awaitsPong || turn % 64 == 0 { try self.read(lane) }
            }
            if self.lanes.allSatisfy(\.done) { return }
            if !blocked {
                if self.lanes.count > ready.count { ready = Array(self.lanes.indices) }
                continue
            }
            for (index, lane) in self.lanes.enumerated() {
                let waits = lane.block.count + lane.connection.outgoing.count + lane.remaining > 0
                poller.watch(index, toSend: waits)
            }
            try poller.wait(&ready)
        }
    }

    /// Sends one block or less; false when the socket takes no more or there is nothing to send.
    private func publishOneBlock(_ lane: Lane) throws(LoadError) -> Bool {
        if lane.block.count > 0 {
            return try lane.block.send(to: lane.connection.descriptor)
        }
        for _ in 0..<lane.owedPongs { lane.connection.outgoing.append("PONG\r\n") }
        lane.owedPongs = 0
        if lane.remaining == 0, !lane.awaitsPong {
            lane.connection.outgoing.append("PING\r\n")
            lane.awaitsPong = true
        }
        guard try lane.connection.flush(), lane.remaining > 0 else { return false }
        let messages = min(lane.remaining, max(1, Self.blockBytes / lane.template.count))
        if lane.template.isConstant {
            if !lane.blockFilled { lane.template.append(messages, to: &lane.block) }
            lane.blockFilled = true
            lane.block.rewind(to: messages * lane.template.count)
        } else {
            lane.template.append(messages, to: &lane.block)
        }
        lane.remaining -= messages
        return try lane.block.send(to: lane.connection.descriptor)
    }

    private func read(_ lane: Lane) throws(LoadError) {
        while try lane.connection.receive() {
            try lane.connection.consume { (bytes) throws(LoadError) in try self.scan(bytes, lane) }
        }
    }

    private func scan(_ bytes: RawSpan, _ lane: Lane) throws(LoadError) -> Int {
        var offset = 0
        while let frame = try Frame.first(in: bytes, at: offset) {
            offset = frame.end
            switch frame.kind {
            case .ping: lane.owedPongs += 1
            case .pong where lane.awaitsPong: lane.done = true
            case .error: throw .refused(bytes.text(frame.start, frame.lineEnd))
            default: continue
            }
        }
        return offset
    }
}
