import Broker
import NIOCore
import StreamModel

/// The server's statistics (core.md §3.8, `STATSZ`): what a monitor keeps of every server.
struct StatisticsReport {
    /// The server.
    let server: ServerSnapshot
    /// What the process uses.
    let usage: ProcessUsage.Reading
    /// Accounts with clients.
    let activeAccounts: Int

    /// Writes the object.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("start", self.server.start)
        writer.field("mem", self.usage.residentBytes)
        writer.field("cores", System.coreCount)
        writer.field("cpu", self.usage.processorPercent)
        writer.field("connections", self.server.connections)
        writer.field("total_connections", self.server.totalConnections)
        writer.field("active_accounts", self.activeAccounts)
        writer.field("subscriptions", self.server.subscriptions)
        for key in ["sent", "sent_to_clients"] {
            writer.key(key)
            Self.write(self.server.messagesOut, self.server.bytesOut, to: &writer)
        }
        for key in ["received", "received_from_clients"] {
            writer.key(key)
            Self.write(self.server.messagesIn, self.server.bytesIn, to: &writer)
        }
        writer.field("slow_consumers", self.server.slowConsumers)
        writer.fieldIfSet("stale_connections", self.server.staleConnections)
        writer.fieldIfSet("stalled_clients", self.server.stalls)
        writer.field("active_servers", 1)
        if self.server.streams != nil {
            writer.key("jetstream")
            JetStreamSummary(server: self.server, showsDirectory: false).write(to: &writer)
        }
        writer.field("gomaxprocs", self.server.options.eventLoops ?? System.coreCount)
        writer.endObject()
    }

    private static func write(_ messages: Int, _ bytes: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("msgs", messages)
        writer.field("bytes", bytes)
        writer.endObject()
    }
}
