import Broker
import StreamModel

/// What a server's streams hold and may hold together: a part of several reports.
struct JetStreamSummary {
    /// The server.
    let server: ServerSnapshot
    /// Whether the place of the store is shown: not to everybody who is shown the rest.
    var showsDirectory = true

    /// Writes the object: configuration, use and limits; empty when JetStream is off.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        if let totals = self.server.streams {
            writer.key("config")
            self.writeConfiguration(to: &writer)
            writer.key("stats")
            writer.beginObject()
            self.writeUsage(totals, to: &writer)
            writer.endObject()
            writer.key("limits")
            Self.writeLimits(to: &writer)
        }
        writer.endObject()
    }

    /// Writes the object `config`.
    func writeConfiguration(to writer: inout JSONWriter) {
        let options = self.server.options
        writer.beginObject()
        guard self.server.streams != nil else {
            writer.field("max_memory", 0)
            writer.field("max_storage", 0)
            return writer.endObject()
        }
        // -1 stands for no limit, as in the limits of an account.
        writer.field("max_memory", options.maxMemoryStore ?? -1)
        writer.field("max_storage", options.maxFileStore ?? -1)
        if self.showsDirectory, let directory = options.storeDirectory {
            writer.field("store_dir", directory)
        }
        if let interval = options.syncInterval {
            writer.field("sync_interval", interval)
        } else {
            writer.field("sync_always", true)
        }
        writer.fieldIfSet("domain", options.domain ?? "")
        writer.field("strict", options.strictRequests)
        writer.endObject()
    }

    /// Writes the members of the object `stats`.
    func writeUsage(_ totals: ServerSnapshot.StreamTotals, to writer: inout JSONWriter) {
        writer.field("memory", totals.memory)
        writer.field("storage", totals.storage)
        writer.field("reserved_memory", totals.reservedMemory)
        writer.field("reserved_storage", totals.reservedStorage)
        writer.field("accounts", self.server.jetStreamAccounts)
        writer.field("ha_assets", 0)
        writer.key("api")
        writer.beginObject()
        writer.field("level", ServerIdentity.apiLevel)
        writer.field("total", totals.requests)
        writer.field("errors", totals.failedRequests)
        writer.endObject()
    }

    /// Writes the object `limits`: there are none that a configuration could set.
    static func writeLimits(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.endObject()
    }
}
