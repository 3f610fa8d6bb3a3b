import Logging
import NIOCore
import StreamModel
import Subjects
import Synchronization
import WireProtocol

/// One client's conversation: what it said in CONNECT, its subscriptions, and what each operation does.
///
/// Confined to the loop of its shard. Bytes come in through ``receive(_:)`` and ``endOfRead()``; everything for the
/// client goes through its own stage, so that answers and messages keep their order.
final class ClientSession {
    /// What other loops may know of it.
    let connection: Connection
    /// The shard it lives on.
    let shard: Shard
    /// The peer's address without port; behind a proxy, what that says.
    var host: String
    /// What `CONNECT` said; the defaults until it comes.
    var options = ConnectOptions()
    /// The account it publishes and subscribes in.
    var view: AccountView
    /// Who the client is, or how far it is in saying so.
    var login: Login
    /// What the user may do; nil: everything.
    var rights: ClientRights?

    let broker: Broker
    var isTracing: Bool
    /// Whether each operation is checked more strictly, or answered: what `options` say, read for each operation.
    var isPedantic = false
    var isVerbose: Bool
    var parser: ClientOperationParser
    /// Where the last message went.
    let recent = LoopCell(RecentRoute())
    /// Whether a message like the one before needs no other treatment than its route.
    var mayRepeat: Bool { !self.isTracing && !self.isPedantic && !self.isVerbose }
    var leftover = ByteBuffer()
    /// Its subscriptions by their ids.
    var subscriptions: [[UInt8]: Subscription] = [:]
    /// What it did so far, for whoever watches.
    let activity: LoopCell<ClientActivity>
    var hasAnsweredFirstPing = false
    var outstandingPings = 0
    var pingTask: RepeatedTask?
    /// Whether anything came since its liveness was last checked.
    var wasActive = false
    var isClosing = false
    /// Whether a proxy has yet to say where the client comes from.
    var awaitsProxy = false
    /// Whether it is closed as soon as what waits for it is written.
    var isHangingUp = false
    var isPaused = false
    /// Bytes that came since the shard was last told to end its cycle.
    private var readBytes = 0
    /// Whether other loops may write to the socket.
    var isShared = false
    /// Whether they are kept from it for now.
    var isSocketHeld = false
    /// Bytes that were ever given to the socket.
    var handedBytes = 0
    /// How many of them were written and given when the write that is watched began, and when that was seen.
    var watchedWrite: (start: Int, end: Int, since: NIODeadline)?

    /// How long reading pauses when a stream cannot keep up.
    static let pause = TimeAmount.milliseconds(2)
    /// How long it pauses when a client that is published to cannot (core.md §1.12).
    static let stall = TimeAmount.milliseconds(10)

    init(connection: Connection, shard: Shard, host: String) {
        self.connection = connection
        self.shard = shard
        self.broker = shard.broker
        self.isTracing = shard.broker.isTracing.load(ordering: .relaxed)
        self.host = host
        self.activity = LoopCell(ClientActivity(start: shard.now, address: connection.channel.remoteAddress))
        self.isVerbose = self.options.verbose
        self.view = shard.view(of: shard.broker.defaultAccount)
        self.login = Login(shard.broker.authenticator)
        self.parser = ClientOperationParser(
            maxControlLine: shard.broker.current.maxControlLine,
            maxPayload: shard.broker.options.maxPayload
        )
    }

    /// Finds out anew whether operations are logged.
    func readTracing() {
        self.isTracing = self.broker.isTracing.load(ordering: .relaxed)
        if self.isTracing { self.stopSharing() }
    }

    var stage: OutboundStage { self.connection.stages[self.shard.index] }

    // MARK: Life

    /// Greets the client.
    func start() {
        if self.broker.options.proxyProtocol { self.awaitProxy() }
        self.startLogin()
        self.writeInfo(account: nil)
        self.shard.settle()
        self.watchLiveness()
        self.shard.watchWrites()
    }

    /// Asks for a sign of life now and then (core.md §1.12).
    private func watchLiveness() {
        let interval = self.broker.current.pingInterval
        // The first time earlier, to learn the round trip time; not all clients of a restarted server at once.
        let first = min(interval, self.broker.options.firstPing).nanoseconds
        let spread = Int64(self.shard.random.next(below: 20))
        self.watchLiveness(first: .nanoseconds(first + first / 100 * spread), interval: interval)
    }

    /// Asks for a sign of life after `first`, and then each `interval`, instead of what was before.
    func watchLiveness(first: TimeAmount, interval: TimeAmount) {
        self.pingTask?.cancel()
        // The task must not keep a session alive whose socket is gone: it looks it up.
        let shard = self.shard
        let id = self.connection.id
        self.pingTask = shard.loop.scheduleRepeatedTask(initialDelay: first, delay: interval) { _ in
            shard.clients[id]?.checkLiveness()
        }
    }

    /// Ends everything the client had: called once, when the socket is gone.
    func didDisconnect() {
        self.isClosing = true
        self.connection.isOpen.store(false, ordering: .relaxed)
        self.connection.gate.close()
        self.pingTask?.cancel()
        self.broker.closedClients.note(self)
        let reason = self.activity.value.closeReason ?? .clientClosed
        self.broker.logger.debug("\(self.logName) - Client connection closed: \(reason.rawValue)")
        self.dropSubscriptions()
        self.endLogin()
        self.connection.session = nil
        self.broker.clientDidDisconnect(self)
    }

    private func checkLiveness() {
        // Who has not said who he is yet is watched by another timer.
        if self.login.user == nil { return }
        // Whoever sends is alive; but the round trip time is to be known, and from the last hour.
        let isMeasured = self.activity.value.isMeasured(at: self.shard.now)
        let isActive = self.wasActive
        self.wasActive = false
        if isActive, isMeasured { return }
        self.broker.logger.debug("\(self.logName) - Client Ping Timer")
        if self.outstandingPings + 1 > self.broker.current.pingsOutstandingMax {
            self.fail("Stale Connection")
        } else {
            self.outstandingPings += 1
            self.activity.value.pinged = self.shard.now
            FrameEncoder.writePing(into: &self.stage.bytes.value)
            self.shard.touch(self.stage)
        }
        self.shard.settle()
    }

    // MARK: Input

    /// Takes what the socket read.
    func receive(_ bytes: ByteBuffer) {
        self.shard.takeMail()
        if self.isClosing { return }
        self.readBytes += bytes.readableBytes
        var bytes = bytes
        if self.awaitsProxy {
            guard let rest = self.takeProxyHeader(bytes) else { return }
            bytes = rest
        }
        if self.login.user == nil, !self.mayTake(bytes) { return }
        if self.leftover.readableBytes == 0 {
            self.consume(&bytes)
            self.leftover = bytes
        } else {
            // Made anew: what is left over is a slice, and would be copied with all the room around it.
            var joined = ByteBuffer()
            joined.reserveCapacity(self.leftover.readableBytes + bytes.readableBytes)
            joined.writeImmutableBuffer(self.leftover)
            joined.writeImmutableBuffer(bytes)
            self.leftover = ByteBuffer()
            self.consume(&joined)
            self.leftover = joined
        }
        if self.leftover.readableBytes == 0 { self.leftover = ByteBuffer() }
        self.shard.flushLarge()
    }

    /// Ends a read cycle.
    func endOfRead() {
        self.activity.value.last = self.shard.now
        if self.leftover.readableBytes > 0, self.leftover.readerIndex > 0 {
            // A slice would keep the whole read buffer alive while the rest of an operation is awaited.
            self.leftover = ByteBuffer(buffer: self.leftover)
        }
        self.wasActive = true
        if self.shard.wantsPause {
            self.pause(for: Self.pause)
            self.shard.wantsPause = false
        }
        self.shard.settleSoon(after: self.readBytes)
        self.readBytes = 0
    }

    private func consume(_ bytes: inout ByteBuffer) {
        var offset = 0
        // A local copy: the parser is asked for every operation, and changes by CONNECT alone.
        var parser = self.parser
        parsing: while !self.isClosing {
            if parser.isBetweenOperations, let recent = self.recent.value.route(self.view.account.interest) {
                offset = self.publishAgain(along: recent, in: bytes.readableBytesSpan, from: offset)
            }
            switch parser.next(in: bytes.readableBytesSpan, from: offset) {
            case .operation(let operation, let consumed):
                if self.isTracing {
                    self.trace(operation, in: bytes.readableBytesSpan, at: offset..<offset + consumed)
                }
                self.perform(operation, in: bytes.readableBytesSpan, from: offset)
                offset += consumed
                if case .connect = operation {
                    self.settleParser(&parser)
                    if self.login.isHeld { break parsing }
                }
            case .needsMore:
                break parsing
            case .violation(let violation):
                self.violate(violation)
                // It is over, even where the client is told so later.
                break parsing
            }
        }
        self.parser = parser
        if self.isClosing { bytes.clear() } else { bytes.moveReaderIndex(forwardBy: offset) }
    }

    func pause(for time: TimeAmount) {
        if self.isPaused || self.isClosing { return }
        self.isPaused = true
        self.activity.value.stalls += 1
        self.shard.counters.stalls += 1
        let channel = self.connection.channel
        _ = channel.setOption(.autoRead, value: false)
        let shard = self.shard
        let id = self.connection.id
        shard.loop.scheduleTask(in: time) {
            shard.clients[id]?.isPaused = false
            if shard.clients[id]?.login.isHeld == true { return }
            _ = channel.setOption(.autoRead, value: true)
        }
    }

    // MARK: Operations

    private func perform(_ operation: ClientOperation, in bytes: RawSpan, from offset: Int) {
        switch operation {
        case .publish(let publish):
            self.publish(publish, in: bytes, from: offset)
        case .subscribe(let subject, let queue, let sid):
            self.subscribe(
                subject: bytes.extracting(subject),
                queue: bytes.extracting(queue),
                sid: bytes.extracting(sid)
            )
        case .unsubscribe(let sid, let limit):
            self.unsubscribe(sid: bytes.extracting(sid).array(), limit: limit.map { UInt64(clamping: $0) })
        case .ping:
            self.pong()
        case .pong:
            self.outstandingPings = 0
            self.activity.value.didPong(at: self.shard.now)
        case .connect(let json):
            self.connect(bytes.extracting(json))
        case .info, .ok:
            break
        }
    }

    private func connect(_ json: RawSpan) {
        guard self.options.merge(json) else { return self.close() }
        if self.broker.options.noHeaders { self.options.headers = false }
        self.activity.value.didConnect(at: self.shard.now)
        self.isPedantic = self.options.pedantic
        self.connection.name.withLock { $0 = self.options.name }
        self.isVerbose = self.options.verbose
        self.recent.value = RecentRoute()
        // A second CONNECT drops the subscriptions of the first (core.md §1.1).
        self.dropSubscriptions()
        if !self.options.account.isEmpty || self.options.newAccount {
            return self.refuseLogin()
        }
        self.logIn()
    }

    /// Goes on with `CONNECT` once it is known who the client is.
    func didLogIn() {
        guard self.options.protocolVersion == 0 || self.options.protocolVersion == 1 else {
            return self.fail("invalid client protocol")
        }
        if self.options.noResponders, !self.options.headers {
            return self.fail("no responders requires headers support")
        }
        self.connection.wantsHeaders.store(self.options.headers, ordering: .relaxed)
        self.connection.wantsEcho.store(self.options.echo, ordering: .relaxed)
        self.parser.headersEnabled = self.options.headers
        self.acknowledgeIfVerbose()
    }

    private func pong() {
        FrameEncoder.writePong(into: &self.stage.bytes.value)
        self.shard.touch(self.stage)
        guard !self.hasAnsweredFirstPing else { return }
        self.hasAnsweredFirstPing = true
        guard self.options.protocolVersion >= 1 else { return }
        self.writeInfo(account: self.view.account.name)
    }
}
