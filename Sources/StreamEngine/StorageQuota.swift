/// What the limits of the account and of the server leave for messages of a stream (streams.md §8.2).
public struct StorageQuota: Equatable, Sendable {
    /// Bytes that the account may still store, as the stream's state counts them; `.max` for no limit.
    public var accountBytes: Int
    /// Whether the server has reached its limit, so that nobody stores anything.
    public var isServerFull: Bool

    /// No limits.
    public static let unlimited = StorageQuota(accountBytes: .max, isServerFull: false)

    /// Makes the value.
    public init(accountBytes: Int, isServerFull: Bool) {
        self.accountBytes = accountBytes
        self.isServerFull = isServerFull
    }

    /// Whether there is no limit.
    var isUnlimited: Bool { self.accountBytes == .max && !self.isServerFull }
}
