/// A segment of a store's log, to be written anew with only what is still wanted: made on the loop, performed on
/// another thread, then given back to the store on the loop.
open class StoreRewrite: @unchecked Sendable {
    // Unchecked: exactly one thread performs it; the owner keeps it only to end it early, which is made for that.

    /// For subclasses of the stores.
    public init() {}

    /// Reads and writes.
    ///
    /// Blocks; never throws: the outcome is read by `StreamStore.finish(_:)`.
    ///
    /// - Parameter pause: called every now and then with the bytes read and written since; it may wait.
    open func perform(pausing pause: (Int) -> Void) {}
}
