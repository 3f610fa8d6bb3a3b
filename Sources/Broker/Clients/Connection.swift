import NIOCore
import StreamModel
import Synchronization

/// What every event loop may know of one client connection: how to reach it, and whether it keeps up.
final class Connection: @unchecked Sendable {
    // Unchecked: `stages` is set once in `init`; every stage belongs to one loop, the
    // session to the socket's; the rest is constant or atomic.

    /// The client id (`cid`): counted from 1, never reused while the server runs.
    let id: UInt64
    /// The shard on whose loop the socket lives.
    let shard: Int
    /// The socket.
    let channel: any Channel
    /// One stage for each shard.
    private(set) var stages: [OutboundStage] = []
    /// The session; touched on the loop of `shard` only.
    ///
    /// Nil once the socket is gone.
    var session: ClientSession?

    /// The name that it gave itself in `CONNECT`; for what is told of it, never on the way of a message.
    let name = Mutex("")
    /// Whether messages may still be queued for it.
    let isOpen = Atomic<Bool>(true)
    /// Bytes that wait at the socket, as of the last flush.
    let backlog = Atomic<Int>(0)
    /// Bytes on their way to it from other loops: written, or behind the gate, when they no longer count.
    let mailedBytes = Atomic<Int>(0)
    /// The way for small writes of other loops.
    let gate = SocketGate()
    /// When another loop last wrote to it, in nanoseconds since 1970; 0: never.
    let lastDirectWrite = Atomic<Int64>(0)
    /// Whether it asked for headers; without, they are cut off on the way out (core.md §1.11).
    let wantsHeaders = Atomic<Bool>(false)
    /// Whether it wants its own messages back.
    let wantsEcho = Atomic<Bool>(true)

    init(id: UInt64, shard: Int, shards: Int, channel: any Channel) {
        self.id = id
        self.shard = shard
        self.channel = channel
        self.stages = (0..<shards).map { _ in OutboundStage(connection: self) }
    }

    /// Whether more than `most` bytes wait for it.
    func isBehind(_ most: Int) -> Bool {
        self.backlog.load(ordering: .relaxed) + self.mailedBytes.load(ordering: .relaxed) > most
    }

    /// Writes little to the socket from another thread than its loop's; false if it has to be mailed.
    func write(_ bytes: ByteBuffer, by broker: Broker) -> Bool {
        guard bytes.readableBytes <= SocketGate.directBytesMax, self.isOpen.load(ordering: .relaxed),
            self.mailedBytes.load(ordering: .acquiring) == 0
        else { return false }
        switch self.gate.write(bytes) {
        case .refused:
            return false
        case .begun:
            // The loop writes the rest before anything else.
            self.mail(ByteBuffer(), by: broker)
        case .written:
            break
        }
        self.lastDirectWrite.store(broker.clock().rawValue, ordering: .relaxed)
        return true
    }

    /// Hands bytes to the socket's loop.
    func mail(_ bytes: ByteBuffer, by broker: Broker) {
        self.mailedBytes.wrappingAdd(bytes.readableBytes, ordering: .relaxed)
        broker.shards[self.shard].post(.frames(self, bytes))
    }
}
