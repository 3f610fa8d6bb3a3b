/// Who may connect (core.md §3.1).
public struct AuthenticationOptions: Sendable, Equatable {
    /// The token that every client must show, in plain text or as its bcrypt hash.
    public var token: String?
    /// The one name and password that every client must show; its account is `$G`.
    public var single: UserOptions?
    /// The users of all accounts, those with an nkey among them.
    public var users: [UserOptions] = []
    /// The user as whom a client without credentials comes in; nil: such clients are sent away.
    public var noAuthUser: String?
    /// Nanoseconds a client may take until it has shown its credentials.
    public var timeout: Int64 = 2_000_000_000

    /// Nobody is asked who he is.
    public init() {}

    /// Whether anybody is asked who he is.
    public var isRequired: Bool { self.token != nil || self.single != nil || !self.users.isEmpty }
}
