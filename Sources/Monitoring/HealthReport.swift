import Broker
import StreamModel

/// Whether all is well; what probes ask for (core.md §5.4, `/healthz`).
struct HealthReport {
    /// A stream that takes no writes; nil if there is none.
    let frozen: ServerSnapshot.FrozenStream?
    /// Streams whose store could not be opened.
    let unavailable: [String]
    /// Whether the disk is full.
    let isDiskFull: Bool

    /// What `totals` say; nil stands for a server without JetStream.
    init(_ totals: ServerSnapshot.StreamTotals?) {
        self.init(
            frozen: totals?.frozen,
            unavailable: totals?.unavailable ?? [],
            isDiskFull: totals?.isDiskFull ?? false
        )
    }

    init(frozen: ServerSnapshot.FrozenStream?, unavailable: [String] = [], isDiskFull: Bool = false) {
        self.frozen = frozen
        self.unavailable = unavailable
        self.isDiskFull = isDiskFull
    }

    /// Whether the answer is 200, not 503.
    var isHealthy: Bool { self.frozen == nil && self.unavailable.isEmpty && !self.isDiskFull }

    /// The body, in one line.
    func json() -> [UInt8] {
        var writer = JSONWriter(capacity: 128)
        writer.beginObject()
        if let frozen = self.frozen {
            writer.field("status", "unavailable")
            writer.field("error", "JetStream stream '\(frozen.name)' takes no writes: \(frozen.reason)")
        } else if let name = self.unavailable.first {
            let more = self.unavailable.count == 1 ? "" : " and \(self.unavailable.count - 1) more"
            writer.field("status", "unavailable")
            writer.field("error", "JetStream stream '\(name)'\(more) could not be opened")
        } else if self.isDiskFull {
            writer.field("status", "unavailable")
            writer.field("error", "JetStream takes no messages: the disk is full")
        } else {
            writer.field("status", "ok")
        }
        writer.endObject()
        return JSONLayout.compact(writer.bytes)
    }
}
