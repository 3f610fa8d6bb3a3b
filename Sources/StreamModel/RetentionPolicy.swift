/// When a stream lets go of its messages; streams.md §3.5.
public enum RetentionPolicy: String, CaseIterable, Sendable {
    /// Only when a limit, an age or a request says so.
    case limits
    /// Also when every interested consumer is done with a message.
    case interest
    /// Also when the one consumer of a message is done with it.
    case workQueue = "workqueue"
}
