import Broker
import StreamModel

/// Streams and what they hold (core.md §5.4, `/jsz`).
struct JetStreamReport {
    /// The server.
    let server: ServerSnapshot

    /// The body.
    func json() -> [UInt8] {
        let totals = self.server.streams ?? ServerSnapshot.StreamTotals()
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        if self.server.streams == nil { writer.field("disabled", true) }
        Self.writeUsage(totals, to: &writer)
        writer.field("server_id", self.server.serverID)
        writer.field("now", self.server.now)
        writer.key("config")
        self.writeConfiguration(to: &writer)
        writer.field("streams", totals.count)
        writer.field("consumers", totals.consumers)
        writer.field("messages", totals.messages)
        writer.field("bytes", totals.memory + totals.storage)
        writer.key("weir_storage")
        Self.writeStorage(totals, to: &writer)
        writer.endObject()
        return JSONLayout.indented(writer.bytes)
    }

    /// Writes what is wrong with what is stored; Weir's own.
    private static func writeStorage(_ totals: ServerSnapshot.StreamTotals, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("frozen_streams", totals.frozenCount)
        writer.field("unavailable_streams", totals.unavailable.count)
        writer.field("damaged_streams", totals.damagedStreams)
        writer.field("damaged_records", totals.damagedRecords)
        writer.field("rebuilt_indexes", totals.rebuiltIndexes)
        writer.endObject()
    }

    /// Writes the object `jetstream` of `/varz`; empty when JetStream is off.
    func writeSummary(to writer: inout JSONWriter) {
        writer.beginObject()
        if let totals = self.server.streams {
            writer.key("config")
            self.writeConfiguration(to: &writer)
            writer.key("stats")
            writer.beginObject()
            Self.writeUsage(totals, to: &writer)
            writer.endObject()
        }
        writer.endObject()
    }

    private func writeConfiguration(to writer: inout JSONWriter) {
        writer.beginObject()
        if let directory = self.server.options.storeDirectory { writer.field("store_dir", directory) }
        writer.endObject()
    }

    private static func writeUsage(_ totals: ServerSnapshot.StreamTotals, to writer: inout JSONWriter) {
        writer.field("memory", totals.memory)
        writer.field("storage", totals.storage)
        writer.field("reserved_memory", totals.reservedMemory)
        writer.field("reserved_storage", totals.reservedStorage)
        writer.key("api")
        writer.beginObject()
        writer.field("level", ServerIdentity.apiLevel)
        writer.field("total", totals.requests)
        writer.field("errors", totals.failedRequests)
        writer.endObject()
    }
}
