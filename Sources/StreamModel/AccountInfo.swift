/// What an account uses and may use; streams.md §1.6.
public struct AccountInfo: Hashable, Sendable {
    /// Bytes in memory streams.
    public var memory: UInt64 = 0
    /// Bytes in file streams.
    public var storage: UInt64 = 0
    /// The `max_bytes` of all memory streams that have one.
    public var reservedMemory: UInt64 = 0
    /// The `max_bytes` of all file streams that have one.
    public var reservedStorage: UInt64 = 0
    /// The number of streams.
    public var streams = 0
    /// The number of consumers.
    public var consumers = 0
    /// What the account may use.
    public var limits = AccountLimits()
    /// The server's domain; empty for none.
    public var domain = ""
    /// How many requests were made, this one excluded.
    public var requests: UInt64 = 0
    /// How many requests failed.
    public var failedRequests: UInt64 = 0
    /// How many requests are being served; zero to leave it out.
    public var inflightRequests: UInt64 = 0

    /// An account without streams and limits.
    public init() {}

    /// Writes the members into an object that is open.
    func writeMembers(to writer: inout JSONWriter) {
        writer.field("memory", self.memory)
        writer.field("storage", self.storage)
        writer.field("reserved_memory", self.reservedMemory)
        writer.field("reserved_storage", self.reservedStorage)
        writer.field("streams", self.streams)
        writer.field("consumers", self.consumers)
        writer.key("limits")
        self.limits.write(to: &writer)
        writer.fieldIfSet("domain", self.domain)
        writer.key("api")
        writer.beginObject()
        writer.field("level", ServerIdentity.apiLevel)
        writer.field("total", self.requests)
        writer.field("errors", self.failedRequests)
        writer.fieldIfSet("inflight", self.inflightRequests)
        writer.endObject()
    }
}
