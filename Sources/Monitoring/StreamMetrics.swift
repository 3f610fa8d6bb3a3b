import Broker
import StreamModel

/// What `/jsz` tells, as metrics, and how far consumers are behind.
struct StreamMetrics {
    /// The server.
    let server: ServerSnapshot
    /// Streams, with their consumers.
    let streams: [StreamSnapshot]
    /// The accounts that may have streams, and what they use.
    let accounts: [Account]
    /// What is left out.
    let options: MetricOptions

    /// An account's name, and what it uses.
    typealias Account = (name: String, usage: Broker.JetStreamUsage)
    private typealias Consumer = (stream: StreamSnapshot, consumer: StreamSnapshot.Consumer)

    /// Writes the metrics.
    func write(to text: inout PrometheusText) {
        self.writeServer(to: &text)
        if self.options.accounts { self.writeAccounts(to: &text) }
        if self.options.streams { self.writeStreams(to: &text) }
        if self.options.consumers { self.writeConsumers(to: &text) }
    }

    private var serverLabels: [PrometheusText.Label] {
        [
            ("server_id", self.server.serverID), ("server_name", self.server.serverName), ("cluster", ""),
            ("domain", self.server.options.domain ?? ""), ("meta_leader", ""), ("is_meta_leader", "true"),
        ]
    }

    private func writeServer(to text: inout PrometheusText) {
        let totals = self.server.streams ?? ServerSnapshot.StreamTotals()
        let options = self.server.options
        let isOn = self.server.streams != nil
        self.write("jetstream_disabled", "1 if there is no JetStream.", isOn ? 0 : 1, to: &text)
        self.write("total_streams", "Streams.", Int64(totals.count), to: &text)
        self.write("total_consumers", "Consumers.", Int64(totals.consumers), to: &text)
        self.write("total_messages", "Messages stored.", Int64(clamping: totals.messages), to: &text)
        self.write(
            "total_message_bytes",
            "Their bytes.",
            Int64(clamping: totals.memory + totals.storage),
            to: &text
        )
        self.write(
            "max_memory",
            "Most bytes of streams in memory; -1: no limit.",
            isOn ? Int64(options.maxMemoryStore ?? -1) : 0,
            to: &text
        )
        self.write(
            "max_storage",
            "Most bytes of streams in files; -1: no limit.",
            isOn ? Int64(options.maxFileStore ?? -1) : 0,
            to: &text
        )
    }

    private func write(_ name: String, _ help: StaticString, _ value: Int64, to text: inout PrometheusText) {
        text.metric("jetstream_server_\(name)", .gauge, help, value, self.serverLabels)
    }

    private func writeAccounts(to text: inout PrometheusText) {
        let limits: StaticString = "The most; 1.8446744073709552e+19: no limit."
        self.write("memory_used", "Bytes of streams in memory.", { Double($0.memory) }, to: &text)
        self.write("storage_used", "Bytes of streams in files.", { Double($0.storage) }, to: &text)
        self.write("max_memory", limits, { Double($0.memoryLimit) }, to: &text)
        self.write("max_storage", limits, { Double($0.storageLimit) }, to: &text)
    }

    private func write(
        _ name: String,
        _ help: StaticString,
        _ value: (Broker.JetStreamUsage) -> Double,
        to text: inout PrometheusText
    ) {
        text.family("jetstream_account_\(name)", .gauge, help)
        for (account, usage) in self.accounts {
            text.sample(value(usage), self.labels(ofAccount: account))
        }
    }

    private func labels(ofAccount name: String) -> [PrometheusText.Label] {
        self.serverLabels + [("account", name), ("account_name", name), ("account_id", name)]
    }

    // MARK: - Streams

    private func writeStreams(to text: inout PrometheusText) {
        self.write("total_messages", "Messages stored.", { Double($0.info.state.messages) }, to: &text)
        self.write("total_bytes", "Their bytes.", { Double($0.info.state.bytes) }, to: &text)
        self.write(
            "limit_messages",
            "The most messages; -1: no limit.",
            { Double($0.info.configuration.maxMessages) },
            to: &text
        )
        self.write(
            "limit_bytes",
            "The most bytes; -1: no limit.",
            { Double($0.info.configuration.maxBytes) },
            to: &text
        )
        self.write(
            "first_seq",
            "The first sequence.",
            { Double($0.info.state.firstSequence.rawValue) },
            to: &text
        )
        self.write(
            "last_seq",
            "The last sequence.",
            { Double($0.info.state.lastSequence.rawValue) },
            to: &text
        )
        self.write("consumer_count", "Consumers.", { Double($0.info.state.consumerCount) }, to: &text)
        self.write("subject_count", "Subjects stored.", { Double($0.info.state.subjectCount) }, to: &text)
        text.family("weir_stream_corrupt_records_total", .counter, "Damaged records met and skipped.")
        for stream in self.streams { text.sample(stream.damagedRecords, self.labels(of: stream)) }
        text.family("weir_stream_frozen", .gauge, "1 if the stream takes no writes.")
        for stream in self.streams { text.sample(stream.frozen == nil ? 0 : 1, self.labels(of: stream)) }
    }

    private func write(
        _ name: String,
        _ help: StaticString,
        _ value: (StreamSnapshot) -> Double,
        to text: inout PrometheusText
    ) {
        text.family("jetstream_stream_\(name)", .gauge, help)
        for stream in self.streams { text.sample(value(stream), self.labels(of: stream)) }
    }

    private func labels(of stream: StreamSnapshot) -> [PrometheusText.Label] {
        self.labels(ofAccount: stream.account) + [
            ("stream_name", stream.info.configuration.name), ("stream_leader", stream.info.leader),
            ("is_stream_leader", "true"),
        ]
    }

    // MARK: - Consumers

    private func writeConsumers(to text: inout PrometheusText) {
        let all = self.streams.flatMap { stream in stream.consumers.map { Consumer(stream, $0) } }
        self.write(all, "delivered_consumer_seq", "Deliveries.", { Double($0.delivered.consumer) }, to: &text)
        self.write(
            all,
            "delivered_stream_seq",
            "The sequence delivered last.",
            { Double($0.delivered.stream.rawValue) },
            to: &text
        )
        self.write(all, "num_ack_pending", "Unacknowledged.", { Double($0.ackPendingCount) }, to: &text)
        self.write(all, "num_redelivered", "Redelivered.", { Double($0.redeliveredCount) }, to: &text)
        self.write(all, "num_waiting", "Pull requests that wait.", { Double($0.waitingCount) }, to: &text)
        self.write(all, "num_pending", "Messages to be delivered.", { Double($0.pendingCount) }, to: &text)
        self.write(
            all,
            "ack_floor_stream_seq",
            "The sequence up to which all is settled.",
            { Double($0.ackFloor.stream.rawValue) },
            to: &text
        )
        self.write(
            all,
            "ack_floor_consumer_seq",
            "The delivery up to which all is settled.",
            { Double($0.ackFloor.consumer) },
            to: &text
        )
        self.write(
            all,
            "last_delivery_seconds",
            "When it last delivered.",
            { Self.seconds($0.delivered) },
            to: &text
        )
        self.write(
            all,
            "last_ack_seconds",
            "When it was last acknowledged.",
            { Self.seconds($0.ackFloor) },
            to: &text
        )
        self.writeLag(all, to: &text)
    }

    private func writeLag(_ all: [Consumer], to text: inout PrometheusText) {
        text.family("weir_consumer_lag_messages", .gauge, "Messages that the consumer has not settled.")
        for one in all {
            text.sample(
                one.consumer.info.pendingCount + one.consumer.info.ackPendingCount,
                self.labels(of: one)
            )
        }
        guard self.options.lag else { return }
        text.family("weir_consumer_lag_seconds", .gauge, "Age of the oldest message it has not settled.")
        for one in all { text.sample(Double(one.consumer.lag ?? 0) / 1e9, self.labels(of: one)) }
    }

    private func write(
        _ all: [Consumer],
        _ name: String,
        _ help: StaticString,
        _ value: (ConsumerInfo) -> Double,
        to text: inout PrometheusText
    ) {
        text.family("jetstream_consumer_\(name)", .gauge, help)
        for one in all { text.sample(value(one.consumer.info), self.labels(of: one)) }
    }

    private func labels(of one: Consumer) -> [PrometheusText.Label] {
        self.labels(of: one.stream) + [
            ("consumer_name", one.consumer.info.name), ("consumer_leader", one.stream.info.leader),
            ("is_consumer_leader", "true"), ("consumer_desc", one.consumer.info.configuration.description),
        ]
    }

    /// Seconds since 1970; 0 if it never was.
    private static func seconds(_ position: ConsumerPosition) -> Double {
        Double(position.lastActive?.rawValue ?? 0) / 1e9
    }
}
