import Broker

/// What `/accstatz` tells, as metrics.
struct AccountMetrics {
    /// All accounts.
    let accounts: [AccountSnapshot]
    /// What tells servers apart.
    let identity: [PrometheusText.Label]

    /// Writes the metrics.
    func write(to text: inout PrometheusText) {
        self.write("current_connections", "Clients.", { $0.clients }, to: &text)
        self.write("total_connections", "Clients and leaf nodes.", { $0.clients }, to: &text)
        self.write("subscriptions", "Subscriptions.", { $0.subscriptions.count }, to: &text)
        self.write("leaf_nodes", "Leaf nodes.", { _ in 0 }, to: &text)
        self.write("sent_messages", "Messages to clients.", { $0.sent.messages }, to: &text)
        self.write("sent_bytes", "Their bytes.", { $0.sent.bytes }, to: &text)
        self.write("received_messages", "Messages of clients.", { $0.received.messages }, to: &text)
        self.write("received_bytes", "Their bytes.", { $0.received.bytes }, to: &text)
        self.write(
            "slow_consumers",
            "Clients cut off because they did not read.",
            { $0.slowConsumers },
            to: &text
        )
    }

    private func write(
        _ name: String,
        _ help: StaticString,
        _ value: (AccountSnapshot) -> Int,
        to text: inout PrometheusText
    ) {
        text.family("gnatsd_accstatz_\(name)", .gauge, help)
        for account in self.accounts {
            let labels: [PrometheusText.Label] = [
                ("account", account.name), ("account_id", account.name), ("account_name", account.name),
            ]
            text.sample(value(account), self.identity + labels)
        }
    }
}
