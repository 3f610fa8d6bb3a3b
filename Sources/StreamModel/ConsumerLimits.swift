/// A stream's defaults and caps for its consumers.
public struct ConsumerLimits: Hashable, Sendable {
    /// How long a consumer may be inactive; zero for no limit.
    public var inactiveThreshold: Nanoseconds
    /// How many messages a consumer may leave unacknowledged; zero for no limit.
    public var maxAckPending: Int

    /// Makes the value.
    public init(inactiveThreshold: Nanoseconds = .zero, maxAckPending: Int = 0) {
        self.inactiveThreshold = inactiveThreshold
        self.maxAckPending = maxAckPending
    }

    init(_ members: [RequestField]) throws(APIError) {
        self.init()
        for field in members {
            switch field.name {
            case "inactive_threshold": self.inactiveThreshold = try field.nanoseconds() ?? .zero
            case "max_ack_pending": self.maxAckPending = try field.int() ?? 0
            default: try field.refuse()
            }
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.fieldIfSet("inactive_threshold", self.inactiveThreshold)
        writer.fieldIfSet("max_ack_pending", self.maxAckPending)
        writer.endObject()
    }
}
