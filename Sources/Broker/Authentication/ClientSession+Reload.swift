import Synchronization
import WireProtocol

/// What another configuration means for a client that is connected (core.md §4.6).
extension ClientSession {
    /// Decides anew whether the client may be here, and what it may do.
    func reconsider(_ authenticator: Authenticator) {
        guard !self.isClosing else { return }
        guard let user = self.login.user else {
            // It has said nothing yet, or is being checked: both end with the new configuration.
            if !self.login.isHeld { self.login.authenticator = authenticator }
            return self.prepareParser()
        }
        self.login.authenticator = authenticator
        if user.isImplicit {
            self.reconsiderCredentials(of: user, isNamed: false)
        } else if let successor = authenticator.successor(of: user), successor.account === user.account {
            if successor.options.credential == user.options.credential {
                self.become(successor)
            } else {
                self.reconsiderCredentials(of: user, isNamed: true)
            }
        } else {
            self.close(.clientClosed)
        }
    }

    /// Checks what the client said in `CONNECT` once more.
    private func reconsiderCredentials(of user: User, isNamed: Bool) {
        switch self.login.authenticator.decide(self.options, nonce: self.login.nonce) {
        case .accepted(let now) where now.account === user.account: self.become(now)
        case .accepted: self.close(.clientClosed)
        case .refused: self.fail("Authorization Violation")
        case .depends(let check):
            // It goes on as it was until the answer is there, but with what it may do now.
            if let now = check.user, now.account === user.account { self.become(now) }
            self.recheck(check)
        }
    }

    /// Has a password checked while the client goes on.
    private func recheck(_ check: PasswordCheck) {
        self.login.attempt += 1
        let (shard, connection, attempt) = (self.shard, self.connection, self.login.attempt)
        self.broker.passwords.submit(
            check,
            of: self.options.user,
            from: self.host,
            isWanted: { connection.isOpen.load(ordering: .relaxed) },
            answer: { answer in
                if case .right = answer { return }
                shard.post(
                    .call { shard in
                        guard let session = shard.clients[connection.id], session.login.attempt == attempt
                        else { return }
                        if case .wrong = answer { return session.fail("Authorization Violation") }
                        // It comes again, and is checked then.
                        session.close(.authenticationFailure)
                    }
                )
            }
        )
    }

    /// Takes over what `user` may do, of the same account as before; or makes room where there are too many clients.
    private func become(_ user: User) {
        if self.broker.closesSurplus() { return self.fail("maximum connections exceeded") }
        if user.account.limits.isOverConnections {
            self.endLogin()
            return self.fail("maximum account active connections exceeded")
        }
        if self.subscriptions.count > self.subscriptionsMax {
            return self.fail("maximum subscriptions exceeded")
        }
        self.login.user = user
        self.rights = user.permissions.map { ClientRights($0, seed: self.broker.hashSeed) }
        self.forgetRoute()
        self.prepareParser()
        self.reconsiderSubscriptions()
    }
}
