/// Writes that make a store's last changes durable: made on the loop, performed on another thread, then given
/// back to the store on the loop.
open class StoreCommit: @unchecked Sendable {
    // Unchecked: exactly one thread holds a commit at a time; it is handed over, never shared.

    /// Nanoseconds that performing it spent in calls that sync; 0 if it did not, and before.
    public internal(set) var syncNanoseconds: Int64 = 0

    /// For subclasses of the stores.
    public init() {}

    /// Writes and syncs.
    ///
    /// Blocks; never throws: the outcome is read by `StreamStore.finish(_:)`.
    open func perform() {}

    /// Whether it was performed and everything it makes durable is.
    open var isDurable: Bool { false }
}

/// A step of the index: made on the loop, performed on another thread, then given back on the loop.
open class StoreCheckpoint: @unchecked Sendable {
    // Unchecked: exactly one thread holds a checkpoint at a time; it is handed over, never shared.

    /// For subclasses of the stores.
    public init() {}

    /// Writes the index.
    ///
    /// Blocks; never throws: the outcome is read by `StreamStore.finish(_:)`.
    open func perform() {}
}
