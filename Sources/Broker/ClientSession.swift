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
    /// The peer's address without port.
    let host: String
    /// What `CONNECT` said; the defaults until it comes.
    private(set) var options = ConnectOptions()
    /// The account it publishes and subscribes in.
    var view: AccountView
    /// Who the client is, or how far it is in saying so.
    var login: Login
    /// What the user may do; nil: everything.
    var rights: ClientRights?

    let broker: Broker
    private var isTracing: Bool
    /// Whether each operation is checked more strictly, or answered: what `options` say, read for each operation.
    private var isPedantic = false
    private var isVerbose: Bool
    var parser: ClientOperationParser
    /// Where the last message went.
    private let recent = LoopCell(RecentRoute())
    /// Whether a message like the one before needs no other treatment than its route.
    private var mayRepeat: Bool { !self.isTracing && !self.isPedantic && !self.isVerbose }
    var leftover = ByteBuffer()
    /// Its subscriptions by their ids.
    private(set) var subscriptions: [[UInt8]: Subscription] = [:]
    /// What it did so far, for whoever watches.
    let activity: LoopCell<ClientActivity>
    private var hasAnsweredFirstPing = false
    private var outstandingPings = 0
    private var pingTask: RepeatedTask?
    /// Whether anything came since its liveness was last checked.
    private var wasActive = false
    /// When it last answered a PING.
    private var lastPong: NIODeadline?
    private(set) var isClosing = false
    private var isPaused = false
    /// Bytes that were ever given to the socket.
    private var handedBytes = 0
    /// How many of them were given when the write that is watched began, and when that was seen.
    private var watchedWrite: (end: Int, since: NIODeadline)?

    /// How long reading pauses when a stream cannot keep up.
    private static let pause = TimeAmount.milliseconds(2)
    /// How long it pauses when a client that is published to cannot (core.md §1.12).
    private static let stall = TimeAmount.milliseconds(10)
    /// The longest time until the first PING.
    private static let firstPing = TimeAmount.seconds(2)
    /// How long a measured round trip time counts.
    private static let roundTripAge = TimeAmount.hours(1)

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
    func readTracing() { self.isTracing = self.broker.isTracing.load(ordering: .relaxed) }

    var stage: OutboundStage { self.connection.stages[self.shard.index] }

    // MARK: Life

    /// Greets the client.
    func start() {
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
        let first = min(interval, Self.firstPing).nanoseconds
        let spread = Int64(self.shard.random.next(below: 20))
        // The task must not keep a session alive whose socket is gone: it looks it up.
        let shard = self.shard
        let id = self.connection.id
        self.pingTask = shard.loop.scheduleRepeatedTask(
            initialDelay: .nanoseconds(first + first / 100 * spread),
            delay: interval
        ) { _ in
            shard.clients[id]?.checkLiveness()
        }
    }

    /// Ends everything the client had: called once, when the socket is gone.
    func didDisconnect() {
        self.isClosing = true
        self.connection.isOpen.store(false, ordering: .relaxed)
        self.pingTask?.cancel()
        self.broker.closedClients.note(self)
        self.dropSubscriptions()
        self.endLogin()
        self.connection.session = nil
        self.broker.clientDidDisconnect(self)
    }

    private func checkLiveness() {
        // Who has not said who he is yet is watched by another timer.
        if self.login.user == nil { return }
        // Whoever sends is alive; but the round trip time is to be known, and from the last hour.
        let now = NIODeadline.now()
        let isMeasured = self.lastPong.map { now - $0 < Self.roundTripAge } ?? false
        let isActive = self.wasActive
        self.wasActive = false
        if isActive, isMeasured { return }
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
        if self.isClosing { return }
        if self.login.user == nil, !self.mayTake(bytes) { return }
        if self.leftover.readableBytes == 0 {
            var bytes = bytes
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
        self.shard.settle()
        if self.shard.wantsPause || self.shard.wantsStall {
            self.pause(for: self.shard.wantsStall ? Self.stall : Self.pause)
            self.shard.wantsPause = false
            self.shard.wantsStall = false
        }
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
                    self.trace(operation, in: bytes.readableBytesSpan.extracting(offset..<offset + consumed))
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

    /// Logs an operation as it came, without secrets (core.md §4.9).
    private func trace(_ operation: ClientOperation, in bytes: RawSpan) {
        var line =
            bytes.extracting(0..<bytes.firstIndex(of: UInt8(ascii: "\n"), from: 0, to: bytes.byteCount))
            .array()
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        var text = String(decoding: line, as: UTF8.self)
        if case .connect = operation { text = "CONNECT [REDACTED]" }
        self.broker.logger.trace("\(self.host) - cid:\(self.connection.id) - <<- [\(text)]")
    }

    private func pause(for time: TimeAmount) {
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
            self.lastPong = .now()
            self.activity.value.didPong(at: self.shard.now)
        case .connect(let json):
            self.connect(bytes.extracting(json))
        case .info, .ok:
            break
        }
    }

    /// Publishes the messages at `offset` that go to the same subject as the last one.
    ///
    /// - Returns: Where the first operation begins that is anything else.
    private func publishAgain(along route: Route, in bytes: RawSpan, from offset: Int) -> Int {
        let maxPayload = self.parser.maxPayload
        let maxControlLine = self.parser.maxControlLine
        let isDeadEnd = route.fan.value.isEmpty
        let (shard, view, connection) = (self.shard, self.view, self.connection)
        var place = offset
        var (messages, size) = (0, 0)
        while let message = self.recent.value.line.next(
            in: bytes,
            from: place,
            maxPayload: maxPayload,
            maxControlLine: maxControlLine
        ) {
            let reply = bytes.extracting(message.reply)
            // Nobody there, or a reply that may not be named: whoever reads whole operations tells the client.
            if !message.reply.isEmpty, isDeadEnd || ReservedSubjects.forbidsReply(reply) { break }
            messages += 1
            size += message.payload.count
            if !isDeadEnd {
                let subject = bytes.extracting(self.recent.value.line.subject(from: place))
                _ = shard.send(
                    along: route,
                    in: view,
                    route: subject,
                    subject: subject,
                    reply: reply,
                    headers: bytes.extracting(place..<place),
                    payload: bytes.extracting(message.payload),
                    sizeText: bytes.extracting(message.sizeText),
                    origin: connection
                )
            }
            place = message.end
        }
        shard.counters.messagesIn += messages
        shard.counters.bytesIn += size
        self.activity.value.messagesIn += messages
        self.activity.value.bytesIn += size
        return place
    }

    private func publish(_ publish: ClientOperation.Publish, in bytes: RawSpan, from offset: Int) {
        let subject = bytes.extracting(publish.subject)
        self.shard.counters.messagesIn += 1
        self.shard.counters.bytesIn += publish.payload.count
        self.activity.value.messagesIn += 1
        self.activity.value.bytesIn += publish.payload.count
        if self.isPedantic, !Subject.isValidLiteral(subject) {
            self.complain("Invalid Publish Subject")
        }
        if self.view.mapper != nil {
            return self.publishMapped(publish, in: bytes, from: offset)
        }
        self.publish(publish, to: subject, in: bytes, from: offset, mayRepeat: true)
    }

    /// Publishes under the subject that the account's mappings make of it (core.md §1.13).
    private func publishMapped(_ publish: ClientOperation.Publish, in bytes: RawSpan, from offset: Int) {
        let subject = bytes.extracting(publish.subject)
        switch self.view.mapper?.map(subject, random: self.shard.random.next()) {
        case .mapped(let mapped): unsafe self.publish(publish, to: mapped.span.bytes, in: bytes, from: offset)
        // Nobody subscribes to a subject without tokens.
        case .dropped: self.publish(publish, to: RawSpan(), in: bytes, from: offset)
        case .unchanged: self.publish(publish, to: subject, in: bytes, from: offset)
        case .unmatched, nil: self.publish(publish, to: subject, in: bytes, from: offset, mayRepeat: true)
        }
    }

    /// Publishes under `subject`; `mayRepeat` says whether the next message for it goes the same way.
    private func publish(
        _ publish: ClientOperation.Publish,
        to subject: RawSpan,
        in bytes: RawSpan,
        from offset: Int,
        mayRepeat: Bool = false
    ) {
        let reply = bytes.extracting(publish.reply)
        if ReservedSubjects.forbidsPublish(subject) {
            self.complain("Permissions Violation for Publish to \(QuotedText.quote(subject))")
            return
        }
        var mayRepeat = mayRepeat && self.mayRepeat
        if let rights = self.rights {
            switch rights.publish(to: subject, clock: self.broker.clock) {
            case .allowed: break
            case .granted: mayRepeat = false
            case .refused:
                return self.complain("Permissions Violation for Publish to \(QuotedText.quote(subject))")
            }
        }
        if ReservedSubjects.forbidsReply(reply) {
            self.complain("Permissions Violation for Publish with Reply of \(QuotedText.quote(reply))")
            return
        }
        self.acknowledgeIfVerbose()
        let route = self.view.routes.value.route(subject)
        if mayRepeat { self.recent.value.note(publish, along: route, in: bytes, from: offset) }
        let delivered = self.shard.send(
            along: route,
            in: self.view,
            route: subject,
            subject: subject,
            reply: reply,
            headers: bytes.extracting(publish.headers),
            payload: bytes.extracting(publish.body),
            sizeText: bytes.extracting(publish.sizeText),
            origin: self.connection
        )
        if !delivered, !reply.isEmpty, self.options.noResponders {
            self.reportNoResponders(to: reply, of: subject)
        }
    }

    /// Tells the publisher that nobody was there (core.md §1.10): once, on its own plain subscription.
    private func reportNoResponders(to reply: RawSpan, of subject: RawSpan) {
        let route = self.view.routes.value.route(reply)
        guard let own = route.fan.value.plain.first(where: { $0.connectionID == self.connection.id }) else {
            return
        }
        own.sid.withBytes { sid in
            FrameEncoder.writeNoResponders(
                reply: reply,
                sid: sid,
                subject: subject,
                into: &self.stage.bytes.value
            )
        }
        self.shard.touch(self.stage)
    }

    private func subscribe(subject: RawSpan, queue: RawSpan, sid: RawSpan) {
        if ReservedSubjects.isSystemQueue(queue) {
            return self.complain(
                "Permissions Violation for Subscription to \(QuotedText.quote(subject)) using queue \(QuotedText.quote(queue))"
            )
        }
        let tokensMax = self.broker.options.maxSubscriptionTokens
        if tokensMax > 0, Subject.tokenCount(subject) > tokensMax {
            let subject = QuotedText.quote(subject)
            return self.complain("Permissions Violation for Subscription to \(subject), too many tokens")
        }
        guard Subject.isValidPattern(subject) else { return self.complain("Invalid Subject") }
        guard self.maySubscribe(to: subject, queue: queue) else { return }
        let sid = sid.array()
        // One that had its last message may still be listed: the loop that delivered it says so by letter.
        if self.subscriptions[sid]?.remaining ?? 0 == 0 {
            if let ended = self.subscriptions[sid] { self.remove(ended, of: sid) }
            if self.subscriptions.count >= self.subscriptionsMax {
                return self.complain("maximum subscriptions exceeded")
            }
            self.view.account.limits.takeSubscription()
            self.subscriptions[sid] = self.view.account.interest.add(
                pattern: subject.array(),
                queue: queue.array(),
                target: .client(self.connection, sid: sid),
                delivery: self.rights?.makeGuard(of: subject, queue: queue)
            )
        }
        self.acknowledgeIfVerbose()
    }

    private func unsubscribe(sid: [UInt8], limit: UInt64?) {
        if let subscription = self.subscriptions[sid] {
            let goesOn = if let limit { subscription.setLimit(limit) } else { false }
            if !goesOn {
                self.remove(subscription, of: sid)
            }
        }
        self.acknowledgeIfVerbose()
    }

    /// Ends a subscription that is listed under `sid`.
    func remove(_ subscription: Subscription, of sid: [UInt8]) {
        self.subscriptions[sid] = nil
        subscription.end()
        self.view.account.interest.remove(subscription)
        self.view.account.limits.giveSubscriptions(1)
    }

    /// Puts another subscription in the place of one, with other rules for its deliveries.
    ///
    /// What other loops publish meanwhile may be missed, and does not come twice.
    func replace(_ old: Subscription, of sid: [UInt8], delivery: DeliveryGuard?) {
        let interest = self.view.account.interest
        interest.remove(old)
        let new = interest.add(
            pattern: old.pattern,
            queue: old.queue,
            target: old.target,
            delivery: delivery,
            after: old
        )
        self.subscriptions[sid] = new
    }

    /// Forgets where the last message went: what is allowed has changed.
    func forgetRoute() { self.recent.value = RecentRoute() }

    private func dropSubscriptions() {
        for subscription in self.subscriptions.values {
            subscription.end()
            self.view.account.interest.remove(subscription)
        }
        self.view.account.limits.giveSubscriptions(self.subscriptions.count)
        self.subscriptions.removeAll()
    }

    /// Forgets a subscription that another loop ended because its limit was reached.
    func forget(sid: [UInt8], subscription: Subscription) {
        if self.subscriptions[sid] === subscription { self.remove(subscription, of: sid) }
    }

    private func connect(_ json: RawSpan) {
        guard self.options.merge(json) else { return self.close() }
        if self.broker.options.noHeaders { self.options.headers = false }
        self.activity.value.didConnect(at: self.shard.now)
        self.isPedantic = self.options.pedantic
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
        self.shard.takeMail()
        FrameEncoder.writePong(into: &self.stage.bytes.value)
        self.shard.touch(self.stage)
        guard !self.hasAnsweredFirstPing else { return }
        self.hasAnsweredFirstPing = true
        guard self.options.protocolVersion >= 1 else { return }
        self.writeInfo(account: self.view.account.name)
    }

    // MARK: Output

    private func acknowledgeIfVerbose() {
        guard self.isVerbose else { return }
        FrameEncoder.writeOK(into: &self.stage.bytes.value)
        self.shard.touch(self.stage)
    }

    private func writeInfo(account: String?) {
        var place = ServerInfo.Connection(clientID: self.connection.id, clientIP: self.host)
        place.remoteAccount = account
        self.describeLogin(in: &place)
        self.broker.info.write(place, into: &self.stage.bytes.value)
        self.shard.touch(self.stage)
    }

    func complain(_ text: String) {
        FrameEncoder.writeError(text, into: &self.stage.bytes.value)
        self.shard.touch(self.stage)
    }

    private func violate(_ violation: ProtocolViolation) {
        if violation == .connectExpected { return self.refuseLogin() }
        let reason = CloseReason(rawValue: "\(violation.closeReason)") ?? .protocolViolation
        if let text = violation.errorText { self.complain("\(text)") }
        self.close(reason)
    }

    /// Says why, and closes.
    func fail(_ text: String) {
        self.complain(text)
        self.close(CloseReason(errorText: text))
    }

    /// Writes a filled stage to the socket.
    ///
    /// Called when its cycle ends, with bytes of any loop's stage.
    func send(_ buffer: inout ByteBuffer) {
        let channel = self.connection.channel
        let count = buffer.readableBytes
        guard count > 0 else { return }
        self.handedBytes += count
        self.activity.value.last = self.shard.now
        channel.writeAndFlush(buffer, promise: nil)
        if buffer.capacity <= 64 << 10 { buffer.clear() } else { buffer = ByteBuffer() }
        self.measureBacklog()
        if self.isClosing { channel.close(promise: nil) }
    }

    /// Notes how much waits at the socket, and cuts a client that is too far behind.
    func measureBacklog() {
        let channel = self.connection.channel
        if channel.isWritable {
            if self.connection.backlog.load(ordering: .relaxed) != 0 {
                self.connection.backlog.store(0, ordering: .relaxed)
            }
            return
        }
        let waiting = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        self.connection.backlog.store(waiting, ordering: .relaxed)
        let most = self.broker.options.maxPending
        if waiting > most { self.cut(.slowConsumerPendingBytes, "MaxPending of \(most) Exceeded") }
    }

    /// Cuts it off, without a word, if a write takes longer than it may (core.md §1.12).
    func checkWrites(at now: NIODeadline) {
        let waiting = (try? self.connection.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        guard waiting > 0, !self.isClosing else {
            self.watchedWrite = nil
            return
        }
        let written = self.handedBytes - waiting
        guard let watched = self.watchedWrite, written < watched.end else {
            self.watchedWrite = (self.handedBytes, now)
            return
        }
        let deadline = self.broker.current.writeDeadline
        if now - watched.since > deadline {
            let seconds = Double(deadline.nanoseconds) / 1e9
            self.cut(
                .slowConsumerWriteDeadline,
                "WriteDeadline of \(seconds)s exceeded with \(waiting) bytes waiting"
            )
        }
    }

    private func cut(_ reason: CloseReason, _ text: String) {
        self.activity.value.didClose(reason)
        self.broker.slowConsumer(self, text)
        self.isClosing = true
        self.connection.isOpen.store(false, ordering: .relaxed)
        self.connection.channel.close(promise: nil)
    }

    /// Tells a client that understands it that the server is about to stop (core.md §1.12).
    func announceLameDuck(_ info: EncodedServerInfo) {
        guard self.options.protocolVersion >= 1, self.hasAnsweredFirstPing, !self.isClosing else { return }
        var place = ServerInfo.Connection(clientID: self.connection.id, clientIP: self.host)
        self.describeLogin(in: &place)
        info.write(place, into: &self.stage.bytes.value)
        self.shard.touch(self.stage)
    }

    /// Closes it without a word: the server stops (core.md §1.12).
    func leave() {
        self.activity.value.didClose(.serverShutdown)
        self.connection.channel.close(promise: nil)
    }

    /// Closes once everything framed so far is written.
    func close(_ reason: CloseReason = .protocolViolation) {
        guard !self.isClosing else { return }
        self.activity.value.didClose(reason)
        if reason == .staleConnection { self.shard.counters.staleConnections += 1 }
        self.isClosing = true
        if self.stage.bytes.value.readableBytes == 0 { self.connection.channel.close(promise: nil) }
    }
}
