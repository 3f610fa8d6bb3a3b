/// Which messages a consumer's clients acknowledge; consumers.md §2.1.
public enum AckPolicy: String, CaseIterable, Sendable {
    /// None: a message is done with when it is sent.
    case none
    /// An acknowledgement covers all messages before it.
    case all
    /// Each on its own.
    case explicit
    /// As `all`, by answers to flow control requests.
    case flowControl = "flow_control"
}
