/// Marks on a record.
///
/// Seven bits belong to the caller; the log gives them back as they were.
public struct RecordFlags: OptionSet, Hashable, Sendable {
    /// The eight bits.
    public let rawValue: UInt8

    /// Makes the set with those bits.
    @inlinable
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The body has been overwritten; only the head of the record still says something.
    ///
    /// Set by the log alone.
    public static let erased = RecordFlags(rawValue: 0x80)
}
