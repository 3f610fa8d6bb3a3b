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

/// The table of an account's subscriptions at one time.
public struct InterestSnapshot: Sendable {
    /// Subscriptions now, the server's own included.
    public var count = 0
    /// Subscriptions that ever came.
    public var inserts: UInt64 = 0
    /// Subscriptions that ever went.
    public var removes: UInt64 = 0
    /// How often the table was asked: by a loop that had not the answer.
    public var matches: UInt64 = 0

    /// An empty table.
    public init() {}

    /// Adds another account's.
    public static func += (one: inout Self, other: Self) {
        one.count += other.count
        one.inserts += other.inserts
        one.removes += other.removes
        one.matches += other.matches
    }
}

extension Broker {
    /// Names of all accounts.
    public var accountNames: [String] { self.watchedAccounts.map(\.name) }

    /// The accounts that are watched.
    var watchedAccounts: [Account] { self.accounts.all }

    /// The table of subscriptions of one account, or of all together; an account that is not known has none.
    public func interest(of account: String? = nil) -> InterestSnapshot {
        var sum = InterestSnapshot()
        for one in self.watchedAccounts where account == nil || one.name == account {
            sum += one.interest.snapshot
        }
        return sum
    }

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
