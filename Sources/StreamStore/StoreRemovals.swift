public import StreamModel

/// The messages that a store removed since its owner last asked, in the order they went.
public final class StoreRemovals {
    /// Whether removals are kept for the owner; while they are not, there are none.
    public var areKept = false {
        didSet { if !self.areKept { self.entries.removeAll() } }
    }

    private var entries: [StoreRemoval] = []

    init() {}

    /// Whether there is nothing to take.
    public var isEmpty: Bool { self.entries.isEmpty }

    /// Moves all to the end of `removals`.
    public func take(into removals: inout [StoreRemoval]) {
        removals.append(contentsOf: self.entries)
        self.entries.removeAll(keepingCapacity: true)
    }

    /// Notes a removal; by a limit, one that goes on where the last ended makes that one longer.
    func note(_ first: UInt64, _ last: UInt64, _ cause: StoreRemoval.Cause) {
        if !self.areKept { return }
        if cause == .limit, let newest = self.entries.last, newest.cause == .limit,
            newest.last.rawValue + 1 == first
        {
            self.entries[self.entries.count - 1].last = StreamSequence(last)
        } else {
            self.entries.append(
                StoreRemoval(first: StreamSequence(first), last: StreamSequence(last), cause: cause)
            )
        }
    }
}

/// A message that is gone.
public struct StoreRemoval: Sendable, Equatable {
    /// Why messages went.
    public enum Cause: Sendable, Equatable {
        /// One `remove` call.
        case deleted
        /// A limit or age.
        case limit
        /// A purge; every message in the range that matched its filter.
        case purged
    }

    /// The first sequence of the range.
    public var first: StreamSequence
    /// The last sequence of the range, inclusive; everything stored between that matched is gone.
    public var last: StreamSequence
    /// Why.
    public var cause: Cause

    /// Makes the value.
    public init(first: StreamSequence, last: StreamSequence, cause: Cause) {
        self.first = first
        self.last = last
        self.cause = cause
    }
}
