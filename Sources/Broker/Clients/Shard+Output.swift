import NIOCore
import StreamEngine
import Synchronization

/// What was framed for clients, on its way to their sockets.
extension Shard {
    /// Whether a client is so far behind that those who publish to it are slowed down.
    func isBehind(_ connection: Connection) -> Bool { connection.isBehind(self.pauseBytes) }

    /// Puts a stage on the list of those that are flushed at the end of the cycle.
    ///
    /// `feeder` is the client that published what is in it first: it is slowed down if it is too much.
    func touch(_ stage: OutboundStage, feeder: Connection? = nil) {
        if stage.isTouched { return }
        stage.isTouched = true
        stage.makeRoom()
        let connection = unsafe stage.connection.takeUnretainedValue()
        // What a message leads to must not overtake it: the acknowledgement of a stream, or somebody's reply.
        if connection.shard == self.index { connection.session?.holdSocket() }
        self.touchedStages.append((stage, connection, feeder))
    }

    func flush() {
        var index = 0
        // Waking another loop costs more than one small write, and less than many.
        let mayWrite = self.touchedStages.count <= Self.directWritesMax
        // Writing to one client may lead to words for another.
        while index < self.touchedStages.count {
            let (stage, connection, feeder) = self.touchedStages[index]
            if !mayWrite || !self.write(stage, to: connection) {
                self.flush(stage, of: connection, feeder: feeder)
            }
            index += 1
        }
        self.touchedStages.removeAll(keepingCapacity: true)
        for lane in self.sentLanes { lane.finish() }
        self.sentLanes.removeAll(keepingCapacity: true)
    }

    /// Writes little to a client of another loop, if nothing waits for it there.
    func write(_ stage: OutboundStage, to connection: Connection) -> Bool {
        guard connection.shard != self.index, connection.write(stage.bytes.value, by: self.broker) else {
            return false
        }
        stage.isTouched = false
        stage.bytes.value.clear()
        return true
    }

    /// Hands over what is so much that it would not stay in the processor's cache until the cycle ends.
    func flushLarge() {
        guard self.touchedStages.count <= Self.largeStagesMax else { return }
        var index = 0
        while index < self.touchedStages.count {
            let (stage, connection, feeder) = self.touchedStages[index]
            if stage.bytes.value.readableBytes >= Self.largeStageBytes {
                self.touchedStages.remove(at: index)
                if !self.write(stage, to: connection) { self.flush(stage, of: connection, feeder: feeder) }
            } else {
                index += 1
            }
        }
    }

    func flush(_ stage: OutboundStage, of connection: Connection, feeder: Connection?) {
        stage.isTouched = false
        if !connection.isOpen.load(ordering: .relaxed) {
            stage.bytes.value = ByteBuffer()
        } else if connection.shard == self.index {
            // Taken out: what writing leads to may write to the client again.
            var bytes = ByteBuffer()
            swap(&bytes, &stage.bytes.value)
            connection.session?.send(&bytes)
            if stage.bytes.value.readableBytes == 0 { swap(&bytes, &stage.bytes.value) }
        } else {
            stage.noteUsualBytes()
            connection.mail(stage.bytes.value, by: self.broker)
            stage.bytes.value = ByteBuffer()
        }
        if let feeder, !self.dropsInsteadOfStalling, self.isBehind(connection) {
            feeder.session?.pause(for: ClientSession.stall)
        }
    }

    /// Closes every client without a word (core.md §1.12).
    func closeClients() {
        for session in Array(self.clients.values) { session.leave() }
    }
}
