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
    private let pauseBytes: Int
    /// Bytes that may wait for one stream's disk before those who publish to it are slowed down.
    private let ingestBytesMax: Int
    /// Bytes that may wait for one client before what streams deliver to it waits instead.
    private let deliveryBytesMax: Int
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
    private(set) var traces: [MessageTrace] = []

    private let mail = Mutex(Mail())
    private var letters: [Letter] = []
    private(set) var accounts: [AccountView?] = []
    /// Stages to flush, each with its connection: it may be gone by then, and must not be freed before.
    private var touchedStages: [(stage: OutboundStage, connection: Connection, feeder: Connection?)] = []
    private var touchedStreams: [HostedStream] = []
    /// Answers of other loops' streams that are sent when this cycle ends.
    private var sentLanes: [WaitingAnswers.Lane] = []
    private var awakeStreams: AwakeStreams
    /// Whether messages are refused because the disk is full; as of the batch at hand.
    private(set) var isDiskFull = false
    private var outgoing: [IngestBatch]
    private var spareBatches: [IngestBatch] = []
    private var wakeUp: (at: Timestamp, task: Scheduled<Void>)?
    private var isSettling = false
    /// Whether the cycle ends as soon as all sockets that are ready have been read, and what they brought so far.
    private var isSettleDue = false
    private var readBytes = 0
    /// Looks whether clients take what is sent; see ``watchWrites()``.
    var writeWatch: RepeatedTask?
    private var isOpeningMail = false

    /// Batches kept for reuse.
    private static let spareBatchesMax = 4
    /// Bytes for one client that are handed over before the cycle ends.
    private static let largeStageBytes = 96 << 10
    /// Clients beyond which nobody looks for such: all of them together fill the cache anyway.
    private static let largeStagesMax = 16
    /// Clients written to in a cycle up to which this loop writes to those of other loops itself.
    private static let directWritesMax = 4
    /// Bytes of several sockets after which the cycle ends at once.
    private static let readBytesMax = 256 << 10
    /// Items after which a batch is mailed before the cycle ends.
    private static let batchBytesMax = 1 << 20

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
    /// Sockets are read before letters are opened. Whoever answers a client that all before is done asks for them first:
    /// another loop has handed in what it sent to that client, and the answer must not overtake it.
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

    // MARK: Routing

    /// This loop's view of `account`.
    func view(of account: Account) -> AccountView {
        if account.index < self.accounts.count, let view = self.accounts[account.index] { return view }
        while self.accounts.count <= account.index { self.accounts.append(nil) }
        let view = AccountView(account: account, shard: self.index, seed: self.broker.hashSeed)
        self.accounts[account.index] = view
        return view
    }

    /// Sends a message to everybody whose subscription matches `route`, and into the streams that capture it.
    ///
    /// - Parameters:
    ///   - route: the subject by which subscribers are found.
    ///   - subject: the subject shown in the frame; it differs from `route` when a consumer delivers.
    ///   - sizeText: the size as the publisher wrote it, which a plain `MSG` repeats (core.md §1.5).
    ///   - origin: the publishing connection; nil when the server sends.
    /// - Returns: Whether anybody was interested.
    @discardableResult
    func publish(
        in view: AccountView,
        route: RawSpan,
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        sizeText: RawSpan,
        origin: Connection?
    ) -> Bool {
        self.send(
            along: view.routes.value.route(route),
            in: view,
            route: route,
            subject: subject,
            reply: reply,
            headers: headers,
            payload: payload,
            sizeText: sizeText,
            origin: origin
        )
    }

    /// Sends a message along a route that was found before; see ``publish(in:route:subject:reply:headers:payload:sizeText:origin:)``.
    func send(
        along found: Route,
        in view: AccountView,
        route: RawSpan,
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        sizeText: RawSpan,
        origin: Connection?
    ) -> Bool {
        if let only = found.fan.value.only {
            return self.deliver(
                only,
                in: view,
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload,
                sizeText: sizeText,
                origin: origin
            )
        }
        if found.fan.value.isEmpty { return false }
        // Copied: who receives a message may change the interest, and with it the route.
        let fan = found.fan.value
        let (plain, groups, services) = (fan.plain, fan.groups, fan.services)
        var delivered = false
        for entry in plain {
            let sent = self.deliver(
                entry,
                in: view,
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload,
                sizeText: sizeText,
                origin: origin
            )
            if sent { delivered = true }
        }
        for group in groups {
            let members = group.members.count
            var choice = members == 1 ? 0 : self.random.next(below: members)
            for _ in 0..<members {
                let sent = self.deliver(
                    group.members[choice],
                    in: view,
                    subject: subject,
                    reply: reply,
                    headers: headers,
                    payload: payload,
                    sizeText: sizeText,
                    origin: origin
                )
                if sent {
                    delivered = true
                    break
                }
                choice = choice + 1 == members ? 0 : choice + 1
            }
        }
        for service in services {
            let served = self.serve(
                service,
                in: view,
                subject: route,
                reply: reply,
                headers: headers,
                payload: payload,
                origin: origin
            )
            if served { delivered = true }
        }
        return delivered
    }

    func deliver(
        _ entry: Route.Entry,
        in view: AccountView,
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        sizeText: RawSpan,
        origin: Connection?
    ) -> Bool {
        // Kept alive by the route, which the caller holds.
        unsafe entry.stage._withUnsafeGuaranteedRef { stage in
            unsafe stage.connection._withUnsafeGuaranteedRef { connection in
                if let origin, origin.id == entry.connectionID, !origin.wantsEcho.load(ordering: .relaxed) {
                    return false
                }
                guard connection.isOpen.load(ordering: .relaxed) else { return false }
                if self.dropsInsteadOfStalling, origin != nil, connection.isBehind(self.pauseBytes) {
                    return false
                }
                if entry.isGuarded, !self.admits(entry, subject: subject, reply: reply) { return false }
                switch unsafe entry.subscription._withUnsafeGuaranteedRef({ $0.takeDelivery() }) {
                case .goesOn:
                    break
                case .last:
                    unsafe self.end(entry.subscription.takeUnretainedValue(), of: connection, in: view)
                case .exhausted:
                    return false
                }
                let withHeaders = !headers.isEmpty && connection.wantsHeaders.load(ordering: .relaxed)
                entry.sid.withBytes { sid in
                    if withHeaders {
                        FrameEncoder.writeHeaderMessage(
                            subject: subject,
                            sid: sid,
                            reply: reply,
                            headers: headers,
                            body: payload,
                            into: &stage.bytes.value
                        )
                    } else if sizeText.isEmpty || !headers.isEmpty {
                        FrameEncoder.writeMessage(
                            subject: subject,
                            sid: sid,
                            reply: reply,
                            payload: payload,
                            into: &stage.bytes.value
                        )
                    } else {
                        FrameEncoder.writeMessage(
                            subject: subject,
                            sid: sid,
                            reply: reply,
                            sizeText: sizeText,
                            payload: payload,
                            into: &stage.bytes.value
                        )
                    }
                }
                self.counters.messagesOut += 1
                self.counters.bytesOut += headers.byteCount + payload.byteCount
                // The counters are this loop's own.
                unsafe stage.messagesOut += 1
                unsafe stage.bytesOut += headers.byteCount + payload.byteCount
                if !stage.isTouched { self.touch(stage, feeder: origin) }
                return true
            }
        }
    }

    /// Whether the permissions of the client let a message through.
    @inline(never)
    private func admits(_ entry: Route.Entry, subject: RawSpan, reply: RawSpan) -> Bool {
        // Kept alive by the route, which the caller's caller holds.
        unsafe entry.subscription._withUnsafeGuaranteedRef { subscription in
            subscription.delivery?.admits(subject: subject, reply: reply, clock: self.broker.clock) ?? true
        }
    }

    private func end(_ subscription: Subscription, of connection: Connection, in view: AccountView) {
        view.account.interest.remove(subscription)
        guard case .client(_, let sid) = subscription.target else { return }
        self.broker.shards[connection.shard]
            .post(
                .call { _ in connection.session?.forget(sid: sid, subscription: subscription) }
            )
    }

    func serve(
        _ target: Target,
        in view: AccountView,
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        origin: Connection?
    ) -> Bool {
        switch target {
        case .client:
            return false
        case .stream(let handle):
            self.enqueue(
                .publish,
                handle,
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload
            )
        case .pull(let handle, let consumer):
            self.enqueue(
                .pull,
                handle,
                consumer: consumer,
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload
            )
        case .acknowledge(let handle, let consumer):
            self.enqueue(
                .acknowledge,
                handle,
                consumer: consumer,
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload
            )
        case .directGet(let handle):
            self.enqueue(
                .directGet,
                handle,
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload
            )
        case .api(let jetStream):
            let request = JetStreamRequest(subject: subject, reply: reply, headers: headers, payload: payload)
            if let request { jetStream.receive(request) }
        case .service(let service):
            service.handle(
                Service.Request(
                    account: view.account,
                    clientID: origin?.id,
                    subject: subject.array(),
                    reply: reply.array(),
                    headers: headers.array(),
                    payload: payload.array()
                )
            )
        }
        return true
    }

    private func enqueue(
        _ kind: IngestBatch.Kind,
        _ handle: StreamHandle,
        consumer: ConsumerSlot = ConsumerSlot(index: 0, generation: 0),
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan
    ) {
        let shard = handle.address.shard
        let held = self.outgoing[shard]
            .append(
                kind,
                stream: handle.address.slot,
                consumer: consumer,
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload
            )
        if kind == .publish || kind == .publishTraced {
            let size = subject.byteCount + headers.byteCount + payload.byteCount
            if handle.queuedBytes.wrappingAdd(size, ordering: .relaxed).newValue
                > self.ingestBytesMax
            {
                self.wantsPause = true
            }
        }
        if held > Self.batchBytesMax { self.mail(to: shard) }
    }

    /// Hands a message of which a report is wanted to its stream, which reports.
    func enqueue(
        _ trace: MessageTrace,
        _ handle: StreamHandle,
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan
    ) {
        self.enqueue(
            .publishTraced,
            handle,
            consumer: self.outgoing[handle.address.shard].append(trace),
            subject: subject,
            reply: reply,
            headers: headers,
            payload: payload
        )
    }

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

    /// How many messages the subscribers of `inbox` would still take; 0 when there is nobody, and -1 when all of them
    /// are so far behind that what a stream delivers should wait.
    func interest(in inbox: RawSpan, of view: AccountView) -> Int {
        let route = view.routes.value.route(inbox).fan.value
        var total = route.services.isEmpty ? 0 : Int.max
        var isBehind = false
        for entry in route.plain where entry.isOpen {
            let remaining = entry.remaining
            if remaining > 0, entry.isBehind(self.deliveryBytesMax) {
                isBehind = true
            } else {
                total = max(total, remaining)
            }
        }
        for group in route.groups {
            var members = 0
            for entry in group.members where entry.isOpen {
                let remaining = entry.remaining
                if remaining > 0, entry.isBehind(self.deliveryBytesMax) {
                    isBehind = true
                    continue
                }
                let (sum, overflow) = members.addingReportingOverflow(remaining)
                members = overflow ? .max : sum
            }
            total = max(total, members)
        }
        return total == 0 && isBehind ? -1 : total
    }

    // MARK: Streams

    private func ingest(_ batch: IngestBatch) {
        self.take(batch.contents, from: batch.origin)
        self.recycle(batch)
    }

    private func take(_ contents: borrowing IngestBatch.Contents, from origin: Int) {
        let now = self.now
        self.isDiskFull = self.broker.jetStream?.room?.isFull ?? false
        let items = contents.items
        self.traces = contents.traces
        var hosted: HostedStream?
        var slot: Slot?
        for index in items.indices {
            let item = items[index]
            if item.stream != slot {
                slot = item.stream
                hosted = self.streams[item.stream]
                if let hosted { self.touch(hosted) }
            }
            hosted?.take(item, in: contents.bytes.readableBytesSpan, from: origin, now: now, on: self)
        }
    }

    private func recycle(_ batch: IngestBatch) {
        guard self.spareBatches.count < Self.spareBatchesMax else { return }
        batch.removeAll()
        batch.origin = self.index
        self.spareBatches.append(batch)
    }

    /// Puts a stream on the list of those that settle at the end of the cycle.
    func touch(_ hosted: HostedStream) {
        if hosted.isTouched { return }
        hosted.isTouched = true
        self.touchedStreams.append(hosted)
    }

    /// Sends what an engine wanted sent.
    func send(_ effects: borrowing EffectBuffer, in view: AccountView) {
        for effect in effects.effects {
            self.publish(
                in: view,
                route: effects.arena.span(effect.route),
                subject: effects.arena.span(effect.subject),
                reply: effects.arena.span(effect.reply),
                headers: effects.arena.span(effect.headers),
                payload: effects.arena.span(effect.payload),
                sizeText: RawSpan(),
                origin: nil
            )
        }
    }

    /// Frames the one message in `effects` for the one client that gets it, for another thread to send when it may.
    ///
    /// - Returns: nil where that is not possible, or something else for that client waits here: it has to be sent as
    ///   all others are.
    func frameAlone(_ effects: borrowing EffectBuffer, in view: AccountView) -> FramedMessage? {
        guard let effect = effects.effects.first,
            let entry = view.routes.value.route(effects.arena.span(effect.route)).fan.value.only,
            entry.isOpen, entry.remaining == .max, !entry.isGuarded
        else { return nil }
        let stage = unsafe entry.stage.takeUnretainedValue()
        if stage.isTouched { return nil }
        self.send(effects, in: view)
        guard let last = self.touchedStages.last, last.stage === stage else { return nil }
        self.touchedStages.removeLast()
        stage.isTouched = false
        var bytes = ByteBuffer()
        swap(&bytes, &stage.bytes.value)
        if last.connection.shard == self.index {
            last.connection.session?.share()
            last.connection.session?.releaseSocket()
        }
        return FramedMessage(connection: last.connection, bytes: bytes)
    }

    /// Takes in a stream.
    func host(
        _ stream: StreamEngine.Stream,
        named name: String,
        catalogID: UInt64,
        in view: AccountView
    ) -> HostedStream {
        // Not so much at a time that streams of all loops together would cut a client off.
        let share = self.deliveryBytesMax / self.broker.shards.count
        stream.deliveryBudget.bytes = min(stream.deliveryBudget.bytes, max(1, share))
        let slot = self.streams.nextSlot
        let handle = StreamHandle(name: name, address: StreamAddress(shard: self.index, slot: slot))
        stream.laneCount = self.broker.shards.count
        let hosted = HostedStream(stream: stream, handle: handle, catalogID: catalogID, view: view)
        let taken = self.streams.insert(hosted)
        precondition(taken == slot, "a slot is taken by the stream it was meant for")
        self.touch(hosted)
        return hosted
    }

    /// Whether a stream of this shard waits for a disk thread.
    var hasWorkOnDisk: Bool { self.streams.all.contains { $0.isOnDisk } }

    /// Lets a stream go: its requests are told, nothing more comes in.
    ///
    /// - Returns: Its store.
    func unhost(_ slot: Slot) -> (any StreamStore)? {
        guard let hosted = self.streams.remove(slot) else { return nil }
        hosted.stopListening()
        hosted.withdrawUsage()
        hosted.stream.terminateWaiting(.consumerDeleted)
        hosted.send(on: self)
        return hosted.stream.store
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

    private func mail(to shard: Int) {
        if shard == self.index || self.outgoing[shard].isEmpty { return }
        let batch = self.outgoing[shard]
        self.outgoing[shard] = self.spareBatches.popLast() ?? IngestBatch(origin: self.index)
        self.broker.shards[shard].post(.ingest(batch))
    }

    private func flush() {
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
    private func write(_ stage: OutboundStage, to connection: Connection) -> Bool {
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

    private func flush(_ stage: OutboundStage, of connection: Connection, feeder: Connection?) {
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
        if let feeder, !self.dropsInsteadOfStalling, connection.isBehind(self.pauseBytes) {
            feeder.session?.pause(for: ClientSession.stall)
        }
    }

    /// Closes every client without a word (core.md §1.12).
    func closeClients() {
        for session in Array(self.clients.values) { session.leave() }
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
