/// What one account may use, −1 standing for no limit; streams.md §8.2.
public struct AccountLimits: Hashable, Sendable {
    /// Bytes of all memory streams.
    public var maxMemory: Int64 = -1
    /// Bytes of all file streams.
    public var maxStorage: Int64 = -1
    /// The number of streams.
    public var maxStreams: Int = -1
    /// The number of consumers of one stream.
    public var maxConsumers: Int = -1
    /// How many messages a consumer may leave unacknowledged.
    public var maxAckPending: Int = -1
    /// The `max_bytes` of one memory stream.
    public var memoryMaxStreamBytes: Int64 = -1
    /// The `max_bytes` of one file stream.
    public var storageMaxStreamBytes: Int64 = -1
    /// Whether a stream must have `max_bytes`.
    public var maxBytesRequired = false

    /// No limits.
    public init() {}

    /// Writes the object of the account info.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("max_memory", self.maxMemory)
        writer.field("max_storage", self.maxStorage)
        writer.field("max_streams", self.maxStreams)
        writer.field("max_consumers", self.maxConsumers)
        writer.field("max_ack_pending", self.maxAckPending)
        writer.field("memory_max_stream_bytes", self.memoryMaxStreamBytes)
        writer.field("storage_max_stream_bytes", self.storageMaxStreamBytes)
        writer.field("max_bytes_required", self.maxBytesRequired)
        writer.endObject()
    }
}
