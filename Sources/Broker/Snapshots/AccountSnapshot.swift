import NIOCore

/// An account at one time.
public struct AccountSnapshot: Sendable {
    /// The name.
    public var name: String
    /// Whether the server tells of itself in it.
    public var isSystem: Bool
    /// Whether it may have streams.
    public var hasJetStream: Bool
    /// Its clients now.
    public var clients = 0
    /// Its subscriptions now, the server's own included.
    public var subscriptions: InterestSnapshot
    /// What its clients published.
    public var received = ClientSnapshot.Traffic()
    /// What its clients were sent.
    public var sent = ClientSnapshot.Traffic()
    /// Its clients that were cut off because they did not read.
    public var slowConsumers = 0
}

extension Broker {
    /// Names of all accounts.
    public var accountNames: [String] { self.watchedAccounts.map(\.name) }

    /// The accounts that are watched.
    var watchedAccounts: [Account] { self.accounts.all }

    /// All accounts, with what their clients did.
    ///
    /// To be called between the start and the end of the server.
    public func accountSnapshots() async -> [AccountSnapshot] {
        let gone = self.closedClients.traffic
        var accounts: [String: AccountSnapshot] = [:]
        let watched = self.watchedAccounts
        for account in watched {
            var snapshot = AccountSnapshot(
                name: account.name,
                isSystem: account.isSystem,
                hasJetStream: self.hasJetStream(account),
                subscriptions: account.interest.snapshot
            )
            let traffic = gone[account.name] ?? ClosedClients.Traffic()
            snapshot.received = traffic.received
            snapshot.sent = traffic.sent
            snapshot.slowConsumers = traffic.slowConsumers
            accounts[account.name] = snapshot
        }
        var query = ClientQuery()
        query.limit = .max
        for client in await self.clients(query).clients {
            accounts[client.account]?.clients += 1
            accounts[client.account]?.received += client.received
            accounts[client.account]?.sent += client.sent
        }
        return watched.compactMap { accounts[$0.name] }
    }

    /// Whether streams of that account are served.
    func hasJetStream(_ account: Account) -> Bool { account.jetStream?.isEnabled ?? false }
}
