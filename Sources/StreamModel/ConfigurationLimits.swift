/// All limits under which a configuration is checked: those of the server and those of the account.
public struct ConfigurationLimits: Hashable, Sendable {
    /// The server's limits.
    public var server: ServerLimits
    /// The account's limits.
    public var account: AccountLimits

    /// Makes the value; without arguments nothing is limited.
    public init(server: ServerLimits = ServerLimits(), account: AccountLimits = AccountLimits()) {
        self.server = server
        self.account = account
    }
}
