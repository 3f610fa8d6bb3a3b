/// Why a consumer's progress could not be read.
public enum ConsumerStateError: Error, Sendable, Hashable {
    /// There is neither a snapshot nor an entry with a whole state.
    case missing
    /// The snapshot is not one, or contradicts itself.
    case snapshot
    /// The entry with that index, counted from 0, cannot be read or does not follow from what came before.
    case entry(Int)
}
