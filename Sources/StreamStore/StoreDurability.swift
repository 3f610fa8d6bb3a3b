/// What an acknowledgement of a store means: what has happened to a message when it counts as durable.
public enum StoreDurability: Hashable, Sendable {
    /// Synced to the disk.
    case sync
    /// Written to the kernel, and synced by a commit made at most that many nanoseconds later.
    case interval(nanoseconds: Int64)
    /// In memory.
    case memory

    /// The word shown to administrators.
    public var name: String {
        switch self {
        case .sync: "sync"
        case .interval: "interval"
        case .memory: "memory"
        }
    }
}
