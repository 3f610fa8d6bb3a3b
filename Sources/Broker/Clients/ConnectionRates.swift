import StreamModel
import Synchronization

/// How fast each host may connect.
///
/// A host may open a number of connections in a second, on the average of ten: that many it may open at once. Of IPv6,
/// all addresses that begin with the same 64 bits are one host, as one machine may have all of them.
final class ConnectionRates: Sendable {
    /// What becomes of a connection.
    enum Verdict: Equatable {
        /// It may come in.
        case allowed
        /// It may not; `untold` is how many were refused since that was last to be logged, nil: not to be logged now.
        case refused(untold: Int?)
    }

    /// Nanoseconds whose connections may come at once.
    static let burst: Int64 = 10_000_000_000
    /// Hosts that are kept apart; beyond, those that are new share one count.
    static let hostsMax = 4096
    /// Nanoseconds between two lines of the log.
    static let logInterval: Int64 = 1_000_000_000

    private struct State {
        /// When each host will have paid for all its connections, in nanoseconds since 1970.
        var hosts: [String: Int64] = [:]
        var refused = 0
        var lastTold: Int64?
    }

    private let state = Mutex(State())

    init() {}

    /// Counts a connection from the address `host`, of which `rate` may come in a second; 0 or less: any number.
    func admit(_ host: String, rate: Int, at now: Timestamp) -> Verdict {
        if rate <= 0 { return .allowed }
        let now = now.rawValue
        let cost = max(1, 1_000_000_000 / Int64(rate))
        let name = Self.name(of: host)
        return self.state.withLock { state in
            if state.hosts.count >= Self.hostsMax, state.hosts[name] == nil {
                state.hosts = state.hosts.filter { $0.value > now }
            }
            let key = state.hosts.count >= Self.hostsMax && state.hosts[name] == nil ? "" : name
            let paid = max(state.hosts[key] ?? now, now) + cost
            // The clock may have been set back: nobody owes more than a burst.
            if paid - now <= Self.burst || state.hosts[key] ?? now > now + Self.burst {
                state.hosts[key] = min(paid, now + Self.burst)
                return .allowed
            }
            state.refused += 1
            if let last = state.lastTold, now >= last, now - last < Self.logInterval {
                return .refused(untold: nil)
            }
            state.lastTold = now
            defer { state.refused = 0 }
            return .refused(untold: state.refused)
        }
    }

    /// What hosts are told apart by: an address of IPv4, and of IPv6 its first 64 bits.
    static func name(of host: String) -> String {
        guard host.contains(":") else { return host }
        if host.hasPrefix("::ffff:"), host.contains(".") { return String(host.dropFirst(7)) }
        let address = host.prefix { $0 != "%" }
        var groups: [Substring] = []
        let halves = Self.halves(of: address)
        groups += halves.left
        if let right = halves.right {
            groups += Array(repeating: "0", count: max(0, 8 - halves.left.count - right.count))
            groups += right
        }
        return groups.prefix(4).joined(separator: ":") + "::"
    }

    /// The groups of digits before and behind `::`; nil behind it where there is none.
    private static func halves(of address: Substring) -> (left: [Substring], right: [Substring]?) {
        let groups = address.split(separator: ":", omittingEmptySubsequences: false)
        guard let gap = groups.firstIndex(where: \.isEmpty) else { return (groups, nil) }
        return (Array(groups[..<gap]), groups[gap...].filter { !$0.isEmpty })
    }
}
