import NIOCore
import StreamEngine
import StreamModel
import StreamStore
import Subjects
import Synchronization
import WireProtocol

/// Everything that belongs to one event loop: its streams, its view of the accounts, and what it has gathered
/// for clients and other shards since it last settled.
///
/// Work comes in cycles: a socket was read, letters arrived, a timer fired. Each ends in ``settle()``, where
/// streams deliver and hand their writes to the disk, batches go to other shards, and every client that was
/// written to is flushed once.
final class Shard: @unchecked Sendable {
    // Unchecked: all but `mail` is touched on `loop` only; `mail` is behind its lock.

    /// One thing for a shard to do, from another thread.
    enum Letter {
        /// Messages, requests and acknowledgements for its streams.
        case ingest(IngestBatch)
        /// Framed bytes for a client of its loop.
        case frames(Connection, ByteBuffer)
        /// Answers of a stream of another loop that waited for a commit, for the clients of an account.
        case answers(WaitingAnswers.Lane, Account)
        /// A commit that was performed.
        case committed(Slot, StoreCommit)
        /// A checkpoint that was performed.
        case checkpointed(Slot, StoreCheckpoint)
        /// A disk thread has rewritten a segment.
        case rewritten(Slot, StoreRewrite)
        /// Anything rare.
        case call(@Sendable (Shard) -> Void)
    }

    private struct Mail: @unchecked Sendable {
        // Unchecked: letters are handed over, never shared.
        var letters: [Letter] = []
        var isAwake = false
    }

    /// Place among the shards.
    let index: Int
    /// Where all of this runs.
    let loop: any EventLoop
    /// The server this is a part of.
    unowned let broker: Broker
    /// Bytes that may wait for one client before those who publish to it are slowed down.
    let pauseBytes: Int
    /// Bytes that may wait for one stream's disk before those who publish to it are slowed down.
    let ingestBytesMax: Int
    /// Bytes that may wait for one client before what streams deliver to it waits instead.
    let deliveryBytesMax: Int
    /// Whether a client that is behind misses messages, and nobody is slowed down.
    var dropsInsteadOfStalling: Bool

    /// Streams that live here.
    var streams = SlotTable<HostedStream>()
    /// Clients whose sockets live here, by id.
    var clients: [UInt64: ClientSession] = [:]
    /// What this loop has counted.
    var counters = Counters()
    /// Whether the publisher whose bytes are being read should pause: somebody downstream cannot keep up.
    var wantsPause = false
    /// Numbers that spread deliveries over the members of queue groups, and other things.
    var random: RandomNumbers

    /// The reports that messages of the batch at hand wait for.
    var traces: [MessageTrace] = []

    private let mail = Mutex(Mail())
    private var letters: [Letter] = []
    var accounts: [AccountView?] = []
    /// Stages to flush, each with its connection: it may be gone by then, and must not be freed before.
    var touchedStages: [(stage: OutboundStage, connection: Connection, feeder: Connection?)] = []
    var touchedStreams: [HostedStream] = []
    /// Answers of other loops' streams that are sent when this cycle ends.
    var sentLanes: [WaitingAnswers.Lane] = []
    private var awakeStreams: AwakeStreams
    /// Whether messages are refused because the disk is full; as of the batch at hand.
    var isDiskFull = false
    var outgoing: [IngestBatch]
    var spareBatches: [IngestBatch] = []
    private var wakeUp: (at: Timestamp, task: Scheduled<Void>)?
    private var isSettling = false
    /// Whether the cycle ends as soon as all sockets that are ready have been read, and what they brought so far.
    private var isSettleDue = false
    private var readBytes = 0
    /// Looks whether clients take what is sent; see ``watchWrites()``.
    var writeWatch: RepeatedTask?
    private var isOpeningMail = false

    /// Batches kept for reuse.
    static let spareBatchesMax = 4
    /// Bytes for one client that are handed over before the cycle ends.
    static let largeStageBytes = 96 << 10
    /// Clients beyond which nobody looks for such: all of them together fill the cache anyway.
    static let largeStagesMax = 16
    /// Clients written to in a cycle up to which this loop writes to those of other loops itself.
    static let directWritesMax = 4
    /// Bytes of several sockets after which the cycle ends at once.
    private static let readBytesMax = 256 << 10
    /// Items after which a batch is mailed before the cycle ends.
    static let batchBytesMax = 1 << 20

    init(index: Int, loop: any EventLoop, broker: Broker, shards: Int, seed: UInt64) {
        self.index = index
        self.loop = loop
        self.broker = broker
        // Copied: a look through `broker` would count references on an object that all loops share.
        self.pauseBytes = broker.options.pauseBytes
        self.ingestBytesMax = broker.options.ingestBytesMax
        self.deliveryBytesMax = broker.options.deliveryBytesMax
        self.dropsInsteadOfStalling = broker.options.noFastProducerStall
        self.outgoing = (0..<shards).map { _ in IngestBatch(origin: index) }
        self.awakeStreams = AwakeStreams(limit: broker.options.awakeStreamsMax / shards)
        self.random = RandomNumbers(seed: seed)
    }

    /// The time, from the server's clock.
    var now: Timestamp { self.broker.clock() }

    // MARK: Letters

    /// Hands `letter` to this shard, from any thread.
    func post(_ letter: Letter) {
        let wake = self.mail.withLock { mail in
            mail.letters.append(letter)
            defer { mail.isAwake = true }
            return !mail.isAwake
        }
        if wake { self.loop.execute { self.openMail() } }
    }

    /// Letters that were not opened yet.
    var waitingLetters: Int { self.mail.withLock { $0.letters.count } }

    private func openMail() {
        self.mail.withLock { $0.isAwake = false }
        self.takeMail()
        self.settle()
    }

    /// Opens the letters that have come, before their turn.
    ///
    /// Sockets are read before letters are opened. What a client says may follow from a letter, so whoever takes it asks for
    /// them first: a PONG must not overtake what another loop has sent to that client, and a stream must know of the
    /// commit whose acknowledgement the disk's thread has written.
    func takeMail() {
        if self.isOpeningMail { return }
        self.isOpeningMail = true
        self.mail.withLock { swap(&$0.letters, &self.letters) }
        for index in self.letters.indices { self.open(self.letters[index]) }
        self.letters.removeAll(keepingCapacity: true)
        self.isOpeningMail = false
    }

    private func open(_ letter: Letter) {
        switch letter {
        case .ingest(let batch):
            self.ingest(batch)
        case .frames(let connection, var buffer):
            let count = buffer.readableBytes
            if connection.isOpen.load(ordering: .relaxed) { connection.session?.sendMailed(&buffer) }
            // Only now: who finds that nothing is mailed may write past it.
            connection.mailedBytes.wrappingSubtract(count, ordering: .releasing)
        case .answers(let lane, let account):
            self.send(lane.effects, in: self.view(of: account))
            self.sentLanes.append(lane)
        case .committed(let slot, let commit):
            if let hosted = self.streams[slot] { hosted.finish(commit, on: self) }
        case .checkpointed(let slot, let checkpoint):
            if let hosted = self.streams[slot] { hosted.finish(checkpoint, on: self) }
        case .rewritten(let slot, let rewrite):
            if let hosted = self.streams[slot] { hosted.finish(rewrite, on: self) }
        case .call(let body):
            body(self)
        }
    }

    // MARK: The end of a cycle

    /// Ends the cycle once every socket that is ready has been read: what they brought is handed on together.
    ///
    /// - Parameter count: how many bytes one of them brought.
    func settleSoon(after count: Int) {
        self.readBytes += count
        if self.readBytes > Self.readBytesMax { return self.settle() }
        if self.isSettleDue { return }
        self.isSettleDue = true
        self.loop.execute {
            self.isSettleDue = false
            self.settle()
        }
    }

    /// Ends a cycle: streams deliver and commit, batches leave, clients are flushed.
    func settle() {
        if self.isSettling { return }
        self.isSettling = true
        defer { self.isSettling = false }
        self.readBytes = 0
        var rounds = 0
        repeat {
            rounds += 1
            if !self.outgoing[self.index].isEmpty {
                let batch = self.outgoing[self.index]
                self.outgoing[self.index] = self.spareBatches.popLast() ?? IngestBatch(origin: self.index)
                self.ingest(batch)
            }
            self.settleStreams()
        } while !self.outgoing[self.index].isEmpty && rounds < 16
        for shard in self.outgoing.indices where shard != self.index { self.mail(to: shard) }
        self.flush()
        if !self.outgoing[self.index].isEmpty || !self.touchedStreams.isEmpty {
            self.post(.call { _ in })  // more to do: let the sockets of this loop have their turn first
        }
    }

    private func settleStreams() {
        guard !self.touchedStreams.isEmpty else { return }
        let now = self.now
        let touched = self.touchedStreams
        self.touchedStreams.removeAll(keepingCapacity: true)
        for hosted in touched {
            hosted.isTouched = false
            hosted.settle(now: now, on: self)
            if hosted.catalogID != 0 { self.awakeStreams.note(hosted) }
            if let deadline = hosted.nextDeadline { self.wake(at: deadline, now: now) }
        }
        self.awakeStreams.shrink(self.streams)
    }

    func mail(to shard: Int) {
        if shard == self.index || self.outgoing[shard].isEmpty { return }
        let batch = self.outgoing[shard]
        self.outgoing[shard] = self.spareBatches.popLast() ?? IngestBatch(origin: self.index)
        self.broker.shards[shard].post(.ingest(batch))
    }

    // MARK: Time

    private func wake(at deadline: Timestamp, now: Timestamp) {
        if let wakeUp = self.wakeUp {
            if wakeUp.at <= deadline { return }
            wakeUp.task.cancel()
        }
        let delay = max(0, deadline.nanoseconds(since: now))
        let task = self.loop.scheduleTask(in: .nanoseconds(delay)) { self.tick() }
        self.wakeUp = (deadline, task)
    }

    private func tick() {
        self.wakeUp = nil
        let now = self.now
        var next: Timestamp?
        for hosted in self.streams.all {
            guard let deadline = hosted.nextDeadline else { continue }
            if deadline <= now {
                self.touch(hosted)
                hosted.tick(now: now, on: self)
            } else {
                next = min(next ?? deadline, deadline)
            }
        }
        if let next { self.wake(at: next, now: now) }
        self.settle()
    }
}
