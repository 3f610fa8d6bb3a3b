/// Limits that the server's operator sets for every account; streams.md §8.1.
public struct ServerLimits: Hashable, Sendable {
    /// The longest time message ids may be remembered; zero for no limit.
    public var duplicateWindow: Nanoseconds
    /// How many messages a consumer may leave unacknowledged; zero or less for no limit.
    public var maxAckPending: Int
    /// How many messages one pull request may ask for; zero or less for no limit.
    public var maxRequestBatch: Int

    /// Makes the value.
    public init(duplicateWindow: Nanoseconds = .zero, maxAckPending: Int = 0, maxRequestBatch: Int = 0) {
        self.duplicateWindow = duplicateWindow
        self.maxAckPending = maxAckPending
        self.maxRequestBatch = maxRequestBatch
    }
}
