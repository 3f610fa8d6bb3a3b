/// What of the metrics is left out, or asked for beside, to keep the number of series in bounds.
struct MetricOptions: Equatable {
    /// Whether there are series for each stream.
    var streams = true
    /// Whether there are series for each consumer.
    var consumers = true
    /// Whether consumers say how far they are behind in time, for which a message of each may be read.
    var lag = true
    /// Whether there are series for each account.
    var accounts = true
    /// Whether there are series for each client.
    var clients = false
    /// The most streams and consumers together, and the most clients, that get series of their own.
    var limit = 10_000

    /// Reads the parameters of a URL; what makes no sense counts as not said.
    init(_ parameters: [(name: String, value: String)]) {
        for (name, value) in parameters {
            switch name {
            case "streams": self.streams = Self.flag(value) ?? self.streams
            case "consumers": self.consumers = Self.flag(value) ?? self.consumers
            case "lag": self.lag = Self.flag(value) ?? self.lag
            case "accounts": self.accounts = Self.flag(value) ?? self.accounts
            case "connections": self.clients = Self.flag(value) ?? self.clients
            case "limit": self.limit = Int(value).map { max(0, $0) } ?? self.limit
            default: break
            }
        }
    }

    private static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "1", "t", "true", "yes", "on": true
        case "0", "f", "false", "no", "off": false
        default: nil
        }
    }
}
