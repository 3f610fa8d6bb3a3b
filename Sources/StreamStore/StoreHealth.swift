/// What an operator should know of a store, read in constant time.
public struct StoreHealth: Sendable, Equatable {
    /// Why writes are refused; nil while they are not.
    public var frozen: String?
    /// What opening the store found.
    public var recovery: StoreReport
    /// Reads since then of records that do not verify, or whose segment is missing.
    public var damagedReads: UInt64

    /// Whether nothing is damaged or missing, and writes are taken.
    ///
    /// An unfinished write at the end, as a crash leaves it, and an index that was made again are no damage.
    public var isSound: Bool {
        self.frozen == nil && self.damagedReads == 0 && self.recovery.damagedRecords == 0
            && self.recovery.missingSegments == 0 && self.recovery.lostSequences == 0
    }
}

extension FileStreamStore {
    /// What an operator should know of the store.
    public var health: StoreHealth {
        StoreHealth(frozen: self.frozenReason, recovery: self.recovery, damagedReads: self.damagedReads)
    }
}
