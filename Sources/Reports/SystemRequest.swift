/// A request in the system account (core.md §3.9), as its subject names it.
enum SystemRequest: Equatable {
    /// The server's name and id.
    case identity
    /// The server's statistics.
    case statistics
    /// A report.
    case report(ReportKind)
    /// A report on one account.
    case account(String, AccountReport)
    /// How many subscriptions would get a message: `subject [queue]` in the body.
    case subscribers
    /// How many subscriptions an account has for a subject: named in the body.
    case subscriptionCount
    /// Who the requestor is.
    case user
    /// Ends a connection.
    case kick
    /// Tells a client to go elsewhere.
    case lameDuck
    /// Reads the configuration anew.
    case reload
    /// A profile of the process.
    case profile
    /// Removes all streams of an account.
    case purge(String)

    /// What can be asked of one account.
    enum AccountReport: String, CaseIterable {
        case subscriptions = "SUBSZ"
        case clients = "CONNZ"
        case leafNodes = "LEAFZ"
        case jetStream = "JSZ"
        case information = "INFO"
        case traffic = "STATZ"
        case connections = "CONNS"
    }

    /// The reports that every server is asked for by the last token of the subject.
    static let reports: [ReportKind] = [
        .general, .subscriptions, .clients, .routes, .gateways, .leafNodes, .accounts, .jetStream, .health,
        .queues, .groups, .variables,
    ]

    /// The subjects that are served in the system account, with what each asks for.
    ///
    /// An account's name stands where the pattern has a `*`.
    static func served(by serverID: String) -> [(pattern: String, make: @Sendable (String) -> SystemRequest)]
    {
        var all: [(String, @Sendable (String) -> SystemRequest)] = [
            ("$SYS.REQ.SERVER.PING", { _ in .statistics }),
            ("$SYS.REQ.ACCOUNT.NSUBS", { _ in .subscriptionCount }),
            ("$SYS.REQ.USER.INFO", { _ in .user }),
            ("$SYS.DEBUG.SUBSCRIBERS", { _ in .subscribers }),
            ("$SYS.REQ.SERVER.\(serverID).KICK", { _ in .kick }),
            ("$SYS.REQ.SERVER.\(serverID).LDM", { _ in .lameDuck }),
            ("$SYS.REQ.SERVER.\(serverID).RELOAD", { _ in .reload }),
            ("$JS.API.ACCOUNT.PURGE.*", { .purge($0) }),
        ]
        for server in ["PING", serverID] {
            all.append(("$SYS.REQ.SERVER.\(server).IDZ", { _ in .identity }))
            all.append(("$SYS.REQ.SERVER.\(server).STATSZ", { _ in .statistics }))
            all.append(("$SYS.REQ.SERVER.\(server).PROFILEZ", { _ in .profile }))
            for kind in Self.reports {
                all.append(("$SYS.REQ.SERVER.\(server).\(kind.requestName)", { _ in .report(kind) }))
            }
        }
        for report in AccountReport.allCases {
            all.append(("$SYS.REQ.ACCOUNT.*.\(report.rawValue)", { .account($0, report) }))
        }
        return all
    }

    /// The subjects that are served in every other account, for the requestor's account alone.
    static let servedEverywhere: [(pattern: String, report: AccountReport?)] = [
        ("$SYS.REQ.USER.INFO", nil),
        ("$SYS.REQ.SERVER.PING.CONNZ", .clients),
        ("$SYS.REQ.ACCOUNT.PING.CONNZ", .clients),
        ("$SYS.REQ.ACCOUNT.PING.STATZ", .traffic),
    ]

    /// The token of a subject that names an account: the one where the pattern has a `*`; empty if it has none.
    static func account(in subject: [UInt8], pattern: String) -> String {
        let place = pattern.split(separator: ".").firstIndex(of: "*")
        let tokens = subject.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let place, place < tokens.count else { return "" }
        return String(decoding: tokens[place], as: UTF8.self)
    }
}
