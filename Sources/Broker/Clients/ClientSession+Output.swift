import Logging
import NIOCore
import Synchronization
import WireProtocol

extension ClientSession {
    func acknowledgeIfVerbose() {
        guard self.isVerbose else { return }
        FrameEncoder.writeOK(into: &self.stage.bytes.value)
        self.shard.touch(self.stage)
    }

    func writeInfo(account: String?) {
        var place = ServerInfo.Connection(
            clientID: self.connection.id,
            clientIP: self.awaitsProxy ? "" : self.host
        )
        place.remoteAccount = account
        self.describeLogin(in: &place)
        self.broker.info.write(place, into: &self.stage.bytes.value)
        self.shard.touch(self.stage)
    }

    func complain(_ text: String) {
        FrameEncoder.writeError(text, into: &self.stage.bytes.value)
        self.shard.touch(self.stage)
    }

    func violate(_ violation: ProtocolViolation) {
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
        guard count > 0 else { return self.releaseSocket() }
        if self.isTracing { self.traceSent(buffer) }
        self.handedBytes += count
        self.activity.value.last = self.shard.now
        if self.isShared { self.writeShared(buffer) } else { channel.writeAndFlush(buffer, promise: nil) }
        if buffer.capacity <= 64 << 10 { buffer.clear() } else { buffer = ByteBuffer() }
        self.measureBacklog()
        if self.isClosing { self.hangUp() }
    }

    /// Writes what another loop has framed, and lets it write itself the next time.
    ///
    /// An empty buffer says that it did so, and that its write was not finished.
    func sendMailed(_ buffer: inout ByteBuffer) {
        self.share()
        if buffer.readableBytes == 0 { self.writeShared(buffer) } else { self.send(&buffer) }
    }

    /// Lets other threads write to the socket.
    func share() {
        // What is traced comes here: nobody else sees all of it.
        if self.isShared || self.isTracing { return }
        self.isShared = true
        self.connection.gate.open(self.connection.channel)
    }

    /// Lets no other thread write any more.
    func stopSharing() {
        guard self.isShared else { return }
        self.holdSocket()
        self.connection.gate.close()
        (self.isShared, self.isSocketHeld) = (false, false)
    }

    /// Keeps other threads from writing: something is being gathered here that comes first.
    func holdSocket() {
        guard self.isShared, !self.isSocketHeld else { return }
        self.isSocketHeld = true
        let rest = self.connection.gate.begin()
        if rest.readableBytes == 0 { return }
        self.handedBytes += rest.readableBytes
        self.connection.channel.writeAndFlush(rest, promise: nil)
    }

    /// Ends that, unless something waits at the socket: then it ends with the next write.
    func releaseSocket() {
        guard self.isSocketHeld, self.waitingBytes == 0 else { return }
        self.isSocketHeld = false
        self.connection.gate.end()
    }

    /// Writes to a socket that other loops may write to.
    private func writeShared(_ buffer: ByteBuffer) {
        self.holdSocket()
        if buffer.readableBytes > 0 { self.connection.channel.writeAndFlush(buffer, promise: nil) }
        self.releaseSocket()
    }

    /// Bytes that the socket did not take yet.
    private var waitingBytes: Int {
        (try? self.connection.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
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
        let waiting = self.waitingBytes
        self.connection.backlog.store(waiting, ordering: .relaxed)
        let most = self.broker.options.maxPending
        if waiting > most { self.cut(.slowConsumerPendingBytes, "MaxPending of \(most) Exceeded") }
    }

    /// Cuts it off, without a word, if a write takes longer than it may (core.md §1.12).
    func checkWrites(at now: NIODeadline) {
        let waiting = self.waitingBytes
        guard waiting > 0, !self.isClosing else {
            self.watchedWrite = nil
            return
        }
        let written = self.handedBytes - waiting
        guard let watched = self.watchedWrite, written < watched.end else {
            self.watchedWrite = (written, self.handedBytes, now)
            return
        }
        let deadline = self.broker.current.writeDeadline
        if now - watched.since > deadline {
            let seconds = Double(deadline.nanoseconds) / 1e9
            let text = "WriteDeadline of \(seconds)s exceeded with \(waiting) bytes waiting"
            guard self.broker.options.keepsSlowClients, written > watched.start else {
                return self.cut(.slowConsumerWriteDeadline, text)
            }
            // It takes something: that is told, and it gets as long again.
            self.broker.slowConsumer(self, text)
            self.watchedWrite = (written, self.handedBytes, now)
        }
    }

    func cut(_ reason: CloseReason, _ text: String) {
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
        if self.stage.bytes.value.readableBytes == 0 { self.hangUp() }
    }

    /// Closes once what waits at the socket is written (core.md, terms), or the client takes too long to read it.
    private func hangUp() {
        // Another loop may have begun a write that the socket did not take whole.
        self.holdSocket()
        let channel = self.connection.channel
        if self.waitingBytes == 0 { return channel.close(promise: nil) }
        if self.isHangingUp { return }
        self.isHangingUp = true
        let limit = self.shard.loop.scheduleTask(in: self.broker.current.writeDeadline) {
            channel.close(promise: nil)
        }
        channel.writeAndFlush(ByteBuffer())
            .whenComplete { _ in
                limit.cancel()
                channel.close(promise: nil)
            }
    }
}
