import Broker
import Reports
import StreamModel

/// Metrics of the server for Prometheus: under the names that the exporter for NATS gives to what the other endpoints
/// tell (core.md §5.6), and Weir's own.
extension ServerReports {
    /// Makes the text.
    ///
    /// To be called between the start and the end of the server.
    func metrics(_ options: MetricOptions) async -> [UInt8] {
        var text = PrometheusText()
        let server = await self.broker.snapshot()
        let identity: [PrometheusText.Label] = [("server_id", server.serverID)]
        if let report = try? await self.report(.general, ReportParameters()) {
            GeneralMetrics(identity: identity).write(report.json, to: &text)
        }
        await self.writeClients(options, identity, to: &text)
        if options.accounts {
            AccountMetrics(accounts: await self.broker.accountSnapshots(), identity: identity)
                .write(to: &text)
        }
        if let report = try? await self.report(.health, ReportParameters()) {
            text.metric(
                "gnatsd_healthz_status",
                .gauge,
                "0 while all is well, else 1.",
                report.status == 200 ? 0 : 1,
                identity
            )
        }
        var streams: [StreamSnapshot] = []
        if server.streams != nil, options.streams || options.consumers {
            var query = StreamQuery()
            query.wantsConsumers = options.consumers
            query.wantsLag = options.lag
            query.limit = options.limit
            streams = await self.broker.streams(query)
        }
        let accounts = self.broker.jetStreamAccountNames.map { ($0, self.broker.jetStreamUsage(of: $0)) }
        StreamMetrics(server: server, streams: streams, accounts: accounts, options: options).write(to: &text)
        StorageMetrics(
            totals: server.streams ?? ServerSnapshot.StreamTotals(),
            timing: self.broker.diskTiming,
            index: server.streams?.index ?? IndexTotals(),
            identity: identity
        )
        .write(to: &text)
        return text.bytes
    }

    private func writeClients(
        _ options: MetricOptions,
        _ identity: [PrometheusText.Label],
        to text: inout PrometheusText
    ) async {
        var query = ClientQuery()
        query.limit = .max
        let page = await self.broker.clients(query)
        ClientMetrics(
            clients: page.clients,
            shown: options.clients ? options.limit : 0,
            now: self.broker.now,
            identity: identity
        )
        .write(to: &text)
    }
}
