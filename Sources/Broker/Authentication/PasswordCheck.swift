/// A password to be compared with a hash, on a thread that may take its time.
struct PasswordCheck: Sendable {
    /// What it must be.
    let secret: Secret
    /// What the client said.
    var text: [UInt8]
    /// Who the client is if it is right; nil for a check that is made for its time alone.
    let user: User?

    /// Whether the client is ``user``.
    func run() -> Bool {
        let isRight = self.secret.matches(self.text)
        return isRight && self.user != nil
    }
}
