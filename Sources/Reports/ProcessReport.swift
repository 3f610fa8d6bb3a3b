import StreamModel

/// The process and its memory, under the names that programs in Go give them (core.md §5.4, `/debug/vars`).
struct ProcessReport {
    /// What the process uses.
    let usage: ProcessUsage.Reading

    /// Writes the object: of `memstats` what there is a counterpart of.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        // The program alone: what follows may be a password.
        writer.field("cmdline", CommandLine.arguments.prefix(1).map { $0 })
        writer.key("memstats")
        writer.beginObject()
        for name in ["Alloc", "HeapAlloc", "HeapInuse"] {
            writer.key(name)
            writer.integer(self.usage.residentBytes)
        }
        for name in ["Sys", "HeapSys"] {
            writer.key(name)
            writer.integer(self.usage.dataBytes)
        }
        // Nothing is collected, and nobody waits for that.
        for name in ["NumGC", "PauseTotalNs"] {
            writer.key(name)
            writer.integer(0)
        }
        writer.endObject()
        writer.endObject()
    }
}
