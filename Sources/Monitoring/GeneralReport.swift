import Broker
import NIOCore
import StreamModel

/// The server as a whole (core.md §5.2, `/varz`): what this version knows of it, under the names that tools read.
struct GeneralReport {
    /// The server.
    let server: ServerSnapshot
    /// The port of these endpoints.
    let monitoringPort: Int
    /// What the process uses.
    let usage: ProcessUsage.Reading
    /// How often each endpoint was asked.
    let requests: [Endpoint: Int]

    /// The version of the protocol that INFO announces.
    private static let protocolVersion = 1

    /// The body.
    func json() -> [UInt8] {
        var writer = JSONWriter(capacity: 2048)
        writer.beginObject()
        self.writeIdentity(to: &writer)
        self.writeLimits(to: &writer)
        self.writeParts(to: &writer)
        self.writeProcess(to: &writer)
        self.writeCounters(to: &writer)
        writer.endObject()
        return JSONLayout.indented(writer.bytes)
    }

    private func writeIdentity(to writer: inout JSONWriter) {
        writer.field("server_id", self.server.serverID)
        writer.field("server_name", self.server.serverName)
        writer.field("version", ServerIdentity.natsVersion)
        writer.field("proto", Self.protocolVersion)
        writer.field("go", "weir-\(ServerIdentity.version)")
        writer.field("host", self.server.options.host)
        writer.field("port", self.server.port)
    }

    private func writeLimits(to writer: inout JSONWriter) {
        let options = self.server.options
        writer.field("max_connections", options.maxConnections)
        writer.fieldIfSet("max_subscriptions", options.maxSubscriptions)
        writer.field("ping_interval", options.pingInterval.nanoseconds)
        writer.field("ping_max", options.pingsOutstandingMax)
        writer.field("http_host", MonitoringServer.host)
        writer.field("http_port", self.monitoringPort)
        writer.field("http_base_path", "")
        writer.field("https_port", 0)
        writer.field("max_control_line", options.maxControlLine)
        writer.field("max_payload", options.maxPayload)
        writer.field("max_pending", options.maxPending)
    }

    private func writeParts(to writer: inout JSONWriter) {
        for part in ["cluster", "gateway", "leaf", "mqtt", "websocket"] {
            writer.key(part)
            writer.beginObject()
            writer.endObject()
        }
        writer.key("jetstream")
        JetStreamReport(server: self.server).writeSummary(to: &writer)
    }

    private func writeProcess(to writer: inout JSONWriter) {
        let nanoseconds = self.server.now.nanoseconds(since: self.server.start)
        writer.field("start", self.server.start)
        writer.field("now", self.server.now)
        writer.field("uptime", Uptime(seconds: nanoseconds / 1_000_000_000).text)
        writer.field("mem", self.usage.residentBytes)
        writer.field("cores", System.coreCount)
        writer.field("cpu", self.usage.processorPercent)
    }

    private func writeCounters(to writer: inout JSONWriter) {
        writer.field("connections", self.server.connections)
        writer.field("total_connections", self.server.totalConnections)
        writer.field("routes", 0)
        writer.field("remotes", 0)
        writer.field("leafnodes", 0)
        writer.field("in_msgs", self.server.messagesIn)
        writer.field("in_bytes", self.server.bytesIn)
        writer.field("in_client_msgs", self.server.messagesIn)
        writer.field("in_client_bytes", self.server.bytesIn)
        writer.field("out_msgs", self.server.messagesOut)
        writer.field("out_bytes", self.server.bytesOut)
        writer.field("out_client_msgs", self.server.messagesOut)
        writer.field("out_client_bytes", self.server.bytesOut)
        writer.field("slow_consumers", self.server.slowConsumers)
        writer.field("subscriptions", self.server.subscriptions)
        writer.key("http_req_stats")
        writer.beginObject()
        for endpoint in Endpoint.allCases.sorted(by: { $0.rawValue < $1.rawValue }) {
            guard let count = self.requests[endpoint] else { continue }
            writer.key(endpoint.rawValue)
            writer.integer(count)
        }
        writer.endObject()
    }
}
