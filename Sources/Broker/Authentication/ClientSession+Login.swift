import Logging
import NIOCore
import StreamModel
import Synchronization
import WireProtocol

/// Finding out who a client is. Nothing it sends has any effect before (core.md §1.1, §3.1).
extension ClientSession {
    /// Bytes that may wait while a client's password is checked: its reads are stopped, and what was under way is little.
    private static let heldBytesMax = 256 << 10

    /// Lets the client in at once if nobody has to say who he is, or sets it a time to do so.
    func startLogin() {
        let authenticator = self.login.authenticator
        if !authenticator.isRequired {
            if let user = authenticator.anonymous { _ = self.bind(user) }
            return
        }
        self.broker.unknownClients.wrappingAdd(1, ordering: .relaxed)
        self.login.isCounted = true
        self.prepareParser()
        let shard = self.shard
        let id = self.connection.id
        self.login.timer = shard.loop.scheduleTask(in: .nanoseconds(authenticator.timeout)) {
            guard let session = shard.clients[id], session.login.user == nil, !session.login.isHeld else {
                return
            }
            session.log("authentication timeout")
            session.fail("Authentication Timeout")
            shard.settle()
        }
    }

    /// Forgets who the client was.
    func endLogin() {
        self.login.timer?.cancel()
        self.stopCounting()
        self.unbind()
    }

    /// Whether the operations in `bytes` may be read; if not, they are kept, or the client is sent away.
    ///
    /// Called while it is not known who the client is.
    func mayTake(_ bytes: ByteBuffer) -> Bool {
        if self.login.isHeld {
            self.leftover.writeImmutableBuffer(bytes)
            if self.leftover.readableBytes > Self.heldBytesMax { self.close() }
            return false
        }
        let first = self.leftover.readableBytesView.first ?? bytes.readableBytesView.first
        // Whoever begins with CONNECT says who he is; with anything else he comes in as nobody, if that is allowed.
        let anonymous = self.login.authenticator.anonymous
        guard let first, first & 0xdf != UInt8(ascii: "C"), let user = anonymous
        else { return true }
        return self.bind(user)
    }

    /// Decides by what `CONNECT` said.
    func logIn() {
        self.unbind()
        // Nobody, until that is decided; the subscriptions in the account that it was in are gone already.
        self.view = self.shard.view(of: self.broker.defaultAccount)
        self.login.timer?.cancel()
        self.login.authenticator = self.broker.authenticator
        self.decide()
    }

    private func decide() {
        switch self.login.authenticator.decide(self.options, nonce: self.login.nonce) {
        case .accepted(let user): if self.bind(user) { self.didLogIn() }
        case .refused: self.refuseLogin()
        case .depends(let check): self.wait(for: check)
        }
    }

    private func wait(for check: PasswordCheck) {
        self.hold()
        let (shard, connection, attempt) = (self.shard, self.connection, self.login.attempt)
        self.broker.passwords.submit(
            check,
            of: self.options.user,
            from: self.host,
            isWanted: { connection.isOpen.load(ordering: .relaxed) },
            answer: { answer in
                shard.post(
                    .call { shard in
                        guard let session = shard.clients[connection.id], session.login.attempt == attempt
                        else { return }
                        switch answer {
                        case .right: session.finish(check.user)
                        case .wrong: session.finish(nil)
                        case .notChecked: session.shed()
                        }
                    }
                )
            }
        )
    }

    /// Sends the client away whose password could not be checked.
    ///
    /// Not told that it is wrong: libraries give up then, and this one may be right.
    private func shed() {
        if self.broker.failedLogins.note(self.host, at: self.shard.now) == 0 {
            self.log("too many passwords wait to be checked")
        }
        self.close("Authentication Timeout")
    }

    /// Goes on when a password was checked; `user` is nil if it was wrong.
    private func finish(_ user: User?) {
        if self.isClosing { return }
        guard let user else { return self.refuseLogin() }
        if self.broker.authenticator !== self.login.authenticator {
            // The configuration changed meanwhile: what was right may not be any more.
            self.login.isHeld = false
            self.logIn()
            if self.login.isHeld || self.isClosing { return }
        } else if self.bind(user) {
            self.didLogIn()
        }
        self.release()
    }

    /// Makes the client that user; false if it is sent away instead.
    func bind(_ user: User) -> Bool {
        if user.isImplicit, self.login.authenticator.isRequired, self.broker.current.protectedMode,
            self.isStranger
        {
            self.close(Broker.protectedMode)
            return false
        }
        guard user.account.limits.takeConnection() else {
            self.log("maximum account active connections exceeded")
            // Shown as one of those clients, though it never was.
            self.view = self.shard.view(of: user.account)
            self.close("maximum account active connections exceeded")
            return false
        }
        self.login.timer?.cancel()
        self.login.timer = nil
        self.login.user = user
        self.stopCounting()
        self.view = self.shard.view(of: user.account)
        self.rights = user.permissions.map { ClientRights($0, seed: self.broker.hashSeed) }
        self.forgetRoute()
        self.prepareParser()
        self.broker.didBind(self)
        return true
    }

    /// Sends the client away because it is nobody, at once or, if its host is wrong too often, after a while.
    func refuseLogin() {
        let wait = self.broker.failedLogins.note(self.host, at: self.shard.now)
        guard wait > 0 else {
            let name = self.options.user.isEmpty ? self.options.nkey : self.options.user
            self.log("authentication error" + (name.isEmpty ? "" : " - User \(Self.quote(name))"))
            return self.close("Authorization Violation")
        }
        // Not logged: a flood of them would fill the disk.
        self.hold()
        let (shard, id, attempt) = (self.shard, self.connection.id, self.login.attempt)
        shard.loop.scheduleTask(in: .nanoseconds(wait)) {
            guard let session = shard.clients[id], session.login.attempt == attempt else { return }
            session.close("Authorization Violation")
            shard.settle()
        }
    }

    /// Says in `INFO` what the client needs to know of this.
    func describeLogin(in place: inout ServerInfo.Connection) {
        let authenticator = self.login.authenticator
        if place.remoteAccount == nil {
            place.authRequired =
                authenticator.asksAtOnce || (self.login.user != nil && authenticator.isRequired)
            place.nonce = String(decoding: self.login.nonce, as: UTF8.self)
        } else {
            place.authRequired = authenticator.isRequired
            place.isSystemAccount = self.view.account.isSystem
        }
        place.maxPayload = self.parser.maxPayload
    }

    /// Sets what may be read from now on.
    func prepareParser() {
        let limit = self.login.user?.account.limits.maxPayload.load(ordering: .relaxed) ?? .max
        self.parser.maxPayload = min(self.broker.maxPayload.load(ordering: .relaxed), limit)
        self.parser.requiresConnect = self.login.user == nil && !self.login.authenticator.takesAnyVerb
    }

    /// Hands what ``prepareParser()`` set to the copy of the parser that is at work.
    func settleParser(_ parser: inout ClientOperationParser) {
        parser.headersEnabled = self.options.headers
        parser.maxPayload = self.parser.maxPayload
        parser.requiresConnect = self.parser.requiresConnect
    }

    private func unbind() {
        guard let user = self.login.user else { return }
        user.account.limits.giveConnection()
        self.login.user = nil
    }

    // MARK: Holding back

    /// Reads nothing more until ``release()``.
    private func hold() {
        self.unbind()
        self.login.attempt += 1
        self.login.isHeld = true
        self.connection.channel.setOption(.autoRead, value: false).whenFailure { _ in }
    }

    /// Performs what was held back, and reads on.
    private func release() {
        self.login.isHeld = false
        if self.isClosing { return }
        let held = self.leftover
        self.leftover = ByteBuffer()
        if held.readableBytes > 0 { self.receive(held) }
        if self.login.isHeld { return }
        self.connection.channel.setOption(.autoRead, value: true).whenFailure { _ in }
    }

    private func stopCounting() {
        guard self.login.isCounted else { return }
        self.login.isCounted = false
        self.broker.unknownClients.wrappingSubtract(1, ordering: .relaxed)
    }

    /// Tells the client why, and closes.
    private func close(_ text: String) {
        self.login.isHeld = false
        self.fail(text)
    }

    // MARK: Log lines

    func log(_ text: String) { self.broker.logger.error("\(self.logName) - \(text)") }
}
