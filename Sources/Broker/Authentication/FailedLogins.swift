import StreamModel
import Synchronization

/// How fast each host may be told that its credentials are wrong.
///
/// A host has a hundred failures for free, which come back at ten a second. Once they are used up, the answer to each
/// further failure waits as long as the excess says, up to five seconds. Who is right is never kept waiting.
final class FailedLogins: Sendable {
    /// Nanoseconds in which a host gets back one failure.
    static let interval: Int64 = 100_000_000
    /// Failures that a host has for free.
    static let free: Int64 = 100
    /// The longest an answer waits, in nanoseconds.
    static let delayMax: Int64 = 5_000_000_000
    /// Hosts that are kept apart; beyond, those that are new share one count.
    static let hostsMax = 4096

    /// When all failures of a host will have come back, in nanoseconds since 1970.
    private let hosts = Mutex<[String: Int64]>([:])

    init() {}

    /// Counts a failure of `host` and says how many nanoseconds the answer has to wait.
    func note(_ host: String, at now: Timestamp) -> Int64 {
        let now = now.rawValue
        return self.hosts.withLock { hosts in
            if hosts.count >= Self.hostsMax, hosts[host] == nil { hosts = hosts.filter { $0.value > now } }
            let key = hosts.count >= Self.hostsMax && hosts[host] == nil ? "" : host
            let latest = now + Self.free * Self.interval + Self.delayMax
            let restored = min(max(hosts[key] ?? now, now) + Self.interval, latest)
            hosts[key] = restored
            return max(0, restored - now - Self.free * Self.interval)
        }
    }
}
