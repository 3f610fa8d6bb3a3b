/// Who of several clients of a pull consumer is served; consumers.md §3.7.
public enum PriorityPolicy: String, CaseIterable, Sendable {
    /// Whoever asks.
    case none
    /// Whoever asks only for what exceeds a backlog, when it does.
    case overflow
    /// One client, until it goes away.
    case pinnedClient = "pinned_client"
    /// By the number that the request carries.
    case prioritized
}
