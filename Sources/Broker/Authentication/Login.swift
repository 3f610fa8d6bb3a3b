import NIOCore

/// How far a client is in saying who it is.
struct Login {
    /// Who it is; nil until that is known.
    var user: User?
    /// Whether its input is held back: its password is being checked, or it is to be told later that it was wrong.
    var isHeld = false
    /// What decides who it is; of the time it connected or last said `CONNECT`.
    var authenticator: Authenticator
    /// What `INFO` asked it to sign; empty if nothing.
    let nonce: [UInt8]
    /// Tells one attempt from the next.
    var attempt = 0
    /// Whether it is counted among those that have to say who they are.
    var isCounted = false
    /// Ends the connection when it takes too long.
    var timer: Scheduled<Void>?

    /// The random bytes of which a nonce is made (core.md §1.3).
    private static let nonceBytes = 11

    init(_ authenticator: Authenticator) {
        self.authenticator = authenticator
        guard authenticator.needsNonce else {
            self.nonce = []
            return
        }
        // The system's generator, which nobody can foresee: a signature must not fit another connection.
        let random = (0..<Self.nonceBytes).map { _ in UInt8.random(in: .min ... .max) }
        self.nonce = Array(Base64Text.encode(random).utf8)
    }
}
