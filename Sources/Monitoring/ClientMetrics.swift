import Broker
import StreamModel

/// What `/connz` tells, as metrics: sums over all clients, and single ones where they are wanted.
struct ClientMetrics {
    /// All clients.
    let clients: [ClientSnapshot]
    /// How many of them get series of their own.
    let shown: Int
    /// The time.
    let now: Timestamp
    /// What tells servers apart.
    let identity: [PrometheusText.Label]

    private typealias Value = (ClientSnapshot) -> Int

    /// Writes the metrics.
    func write(to text: inout PrometheusText) {
        text.family("gnatsd_connz_num_connections", .gauge, "Clients.")
        text.sample(self.clients.count, self.identity)
        for client in self.clients.prefix(self.shown) { text.sample(1, self.labels(of: client)) }
        text.metric("gnatsd_connz_total", .gauge, "Clients.", self.clients.count, self.identity)
        text.metric("gnatsd_connz_offset", .gauge, "Clients left out at the start.", 0, self.identity)
        text.metric(
            "gnatsd_connz_limit",
            .gauge,
            "The most clients that are told of.",
            self.clients.count,
            self.identity
        )
        self.write("pending_bytes", .gauge, "Bytes that wait at sockets.", { $0.pendingBytes }, to: &text)
        self.write("subscriptions", .gauge, "Subscriptions.", { $0.subscriptionCount }, to: &text)
        self.write("in_msgs", .counter, "Messages of connected clients.", { $0.received.messages }, to: &text)
        self.write("in_bytes", .counter, "Their bytes.", { $0.received.bytes }, to: &text)
        self.write("out_msgs", .counter, "Messages to connected clients.", { $0.sent.messages }, to: &text)
        self.write("out_bytes", .counter, "Their bytes.", { $0.sent.bytes }, to: &text)
        if self.shown > 0 { self.writeTimes(to: &text) }
    }

    private func write(
        _ name: String,
        _ kind: PrometheusText.Kind,
        _ help: StaticString,
        _ value: Value,
        to text: inout PrometheusText
    ) {
        text.family("gnatsd_connz_\(name)", kind, help)
        text.sample(self.clients.reduce(0) { $0 + value($1) }, self.identity)
        for client in self.clients.prefix(self.shown) { text.sample(value(client), self.labels(of: client)) }
    }

    /// Writes what has no sum.
    private func writeTimes(to text: inout PrometheusText) {
        let shown = self.clients.prefix(self.shown)
        text.family("gnatsd_connz_start", .gauge, "When the client came, in milliseconds since 1970.")
        for client in shown { text.sample(client.start.rawValue / 1_000_000, self.labels(of: client)) }
        text.family(
            "gnatsd_connz_last_activity",
            .gauge,
            "When it last did something, in milliseconds since 1970."
        )
        for client in shown { text.sample(client.lastActivity.rawValue / 1_000_000, self.labels(of: client)) }
        text.family("gnatsd_connz_rtt", .gauge, "The way there and back, in microseconds.")
        for client in shown { text.sample(client.roundTrip / 1_000, self.labels(of: client)) }
        text.family("gnatsd_connz_uptime", .gauge, "How long it is there, in milliseconds.")
        for client in shown {
            text.sample(self.now.nanoseconds(since: client.start) / 1_000_000, self.labels(of: client))
        }
        text.family("gnatsd_connz_idle", .gauge, "How long it did nothing, in milliseconds.")
        for client in shown {
            text.sample(self.now.nanoseconds(since: client.lastActivity) / 1_000_000, self.labels(of: client))
        }
    }

    private func labels(of client: ClientSnapshot) -> [PrometheusText.Label] {
        self.identity + [
            ("cid", "\(client.id)"), ("kind", "Client"), ("type", "nats"), ("ip", client.host),
            ("port", "\(client.port)"), ("name", client.name), ("name_tag", client.account),
            ("lang", client.language), ("version", client.version), ("tls_version", ""),
            ("tls_cipher_suite", ""), ("account", client.account), ("account_id", client.account),
        ]
    }
}
