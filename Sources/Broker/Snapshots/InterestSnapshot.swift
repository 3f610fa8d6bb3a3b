import NIOCore

/// The table of an account's subscriptions at one time, and what loops remember of it.
public struct InterestSnapshot: Sendable {
    /// Subscriptions now, the server's own included.
    public var count = 0
    /// Subscriptions that ever came.
    public var inserts: UInt64 = 0
    /// Subscriptions that ever went.
    public var removes: UInt64 = 0
    /// How often the table was asked: by a loop that had not the answer.
    public var matches: UInt64 = 0
    /// How often a loop looked for a route, at the least; 0 if that is not known.
    public var lookups: UInt64 = 0
    /// Routes that loops remember; one that two of them do counts twice.
    public var remembered = 0
    /// To how many the widest of them leads.
    public var widest = 0
    /// To how many they lead together.
    public var widths = 0

    /// An empty table.
    public init() {}

    /// What of the look-ups was remembered, from 0 to 1; 0 if that is not known.
    public var hitRate: Double {
        self.lookups > self.matches ? 1 - Double(self.matches) / Double(self.lookups) : 0
    }

    /// To how many a remembered route leads on average.
    public var averageWidth: Double {
        self.remembered == 0 ? 0 : Double(self.widths) / Double(self.remembered)
    }

    /// Adds another account's, or what another loop remembers.
    public static func += (one: inout Self, other: Self) {
        one.count += other.count
        one.inserts += other.inserts
        one.removes += other.removes
        one.matches += other.matches
        one.lookups += other.lookups
        one.remembered += other.remembered
        one.widest = max(one.widest, other.widest)
        one.widths += other.widths
    }

    /// Counts a route that is remembered.
    fileprivate mutating func add(_ route: Route) {
        let fan = route.fan.value
        let width = fan.plain.count + fan.groups.count + fan.services.count
        self.remembered += 1
        self.widest = max(self.widest, width)
        self.widths += width
    }
}

extension Broker {
    /// The table of subscriptions of one account, or of all together; an account that is not known has none.
    ///
    /// What loops remember is not in it.
    public func interest(of account: String? = nil) -> InterestSnapshot {
        var sum = InterestSnapshot()
        for one in self.watchedAccounts where account == nil || one.name == account {
            sum += one.interest.snapshot
        }
        return sum
    }

    /// The same with what loops remember, which each of them is asked for, account by account.
    ///
    /// To be called between the start and the end of the server.
    public func interestAndRoutes(of account: String?) async -> InterestSnapshot {
        var sum = self.interest(of: account)
        let accounts = self.watchedAccounts.filter { account == nil || $0.name == account }
        for shard in self.shards {
            for one in accounts {
                sum += (try? await shard.loop.submit { shard.rememberedRoutes(of: one) }.get()) ?? .init()
            }
            guard account == nil else { continue }
            // Each message of a client is looked up once; what the server itself publishes is not counted.
            let messages = try? await shard.loop.submit { shard.counters.messagesIn }.get()
            sum.lookups += UInt64(clamping: messages ?? 0)
        }
        return sum
    }
}

extension Shard {
    /// What this loop remembers of routes in an account.
    fileprivate func rememberedRoutes(of account: Account) -> InterestSnapshot {
        var snapshot = InterestSnapshot()
        guard account.index < self.accounts.count, let view = self.accounts[account.index] else {
            return snapshot
        }
        for route in view.routes.value.remembered { snapshot.add(route) }
        return snapshot
    }
}
