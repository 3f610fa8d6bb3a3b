import Broker
import NIOCore
import StreamModel

/// The server as a whole (core.md §5.2, `/varz`).
struct GeneralReport {
    /// The server.
    let server: ServerSnapshot
    /// Where monitoring is served; nil: nowhere.
    let address: ServerReports.Address?
    /// What the process uses.
    let usage: ProcessUsage.Reading
    /// How often each path was asked for.
    let requests: [String: Int]

    /// The version of the protocol that INFO announces.
    private static let protocolVersion = 1

    /// Writes the object.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        self.writeIdentity(to: &writer)
        self.writeLimits(to: &writer)
        self.writeParts(to: &writer)
        self.writeProcess(to: &writer)
        self.writeCounters(to: &writer)
        self.writeConfiguration(to: &writer)
        self.writeFaults(to: &writer)
        writer.endObject()
    }

    private func writeIdentity(to writer: inout JSONWriter) {
        let options = self.server.options
        writer.field("server_id", self.server.serverID)
        writer.field("server_name", self.server.serverName)
        writer.field("version", ServerIdentity.natsVersion)
        writer.field("proto", Self.protocolVersion)
        writer.field("go", "weir-\(ServerIdentity.version)")
        writer.field("host", options.host)
        writer.field("port", self.server.port)
        writer.fieldIfSet("auth_required", options.authentication.isRequired)
        if let advertised = options.clientAdvertise { writer.field("connect_urls", [advertised]) }
    }

    private func writeLimits(to writer: inout JSONWriter) {
        let options = self.server.options
        writer.field("max_connections", options.maxConnections)
        writer.fieldIfSet("max_subscriptions", options.maxSubscriptions)
        writer.field("ping_interval", options.pingInterval.nanoseconds)
        writer.field("ping_max", options.pingsOutstandingMax)
        writer.field("http_host", self.address?.host ?? "")
        writer.field("http_port", self.address?.port ?? 0)
        writer.field("http_base_path", self.address?.basePath ?? "")
        writer.field("https_port", 0)
        writer.key("auth_timeout")
        writer.number(Double(options.authentication.timeout) / 1e9)
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
        JetStreamSummary(server: self.server).write(to: &writer)
        writer.field("tls_timeout", 2)
        writer.field("write_deadline", self.server.options.writeDeadline.nanoseconds)
    }

    private func writeProcess(to writer: inout JSONWriter) {
        let nanoseconds = self.server.now.nanoseconds(since: self.server.start)
        writer.field("start", self.server.start)
        writer.field("now", self.server.now)
        writer.field("uptime", Uptime(seconds: nanoseconds / 1_000_000_000).text)
        writer.field("mem", self.usage.residentBytes)
        writer.field("cores", System.coreCount)
        writer.field("gomaxprocs", self.server.options.eventLoops ?? System.coreCount)
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
        writer.field("stale_connections", self.server.staleConnections)
        writer.field("stalled_clients", self.server.stalls)
        writer.field("subscriptions", self.server.subscriptions)
        writer.key("http_req_stats")
        writer.beginObject()
        for (path, count) in self.requests.sorted(by: { $0.key < $1.key }) {
            writer.key(path)
            writer.integer(count)
        }
        writer.endObject()
    }

    private func writeConfiguration(to writer: inout JSONWriter) {
        let options = self.server.options
        writer.field("config_load_time", self.server.start)
        writer.field("config_digest", options.configurationDigest)
        writer.fieldIfSet("tags", options.serverTags)
        writer.fieldIfSet("metadata", options.serverMetadata)
        writer.fieldIfSet("system_account", options.systemAccount ?? "")
    }

    private func writeFaults(to writer: inout JSONWriter) {
        for (name, count) in [
            ("slow_consumer_stats", self.server.slowConsumers),
            ("stale_connection_stats", self.server.staleConnections),
        ] {
            writer.key(name)
            writer.beginObject()
            writer.field("clients", count)
            for kind in ["routes", "gateways", "leafs"] {
                writer.key(kind)
                writer.integer(0)
            }
            writer.endObject()
        }
        writer.key("disk_io_wait_stats")
        writer.beginObject()
        for key in ["waiters", "waits", "wait_time", "max_wait_time"] {
            writer.key(key)
            writer.integer(0)
        }
        writer.endObject()
    }
}
