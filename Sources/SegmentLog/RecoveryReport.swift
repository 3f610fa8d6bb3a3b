/// What recovery found.
///
/// Damage is never removed, only an unfinished tail is: recovering twice gives the same holes again.
public struct RecoveryReport: Sendable, Equatable {
    /// Messages or entries read.
    public var records: UInt64 = 0
    /// Damage with something good after it, oldest first.
    ///
    /// At most 1 024 for each file; see ``holeCount``.
    public var holes: [LogHole] = []
    /// How many there are.
    public var holeCount = 0
    /// Files whose header is damaged; what verifies in them was read all the same.
    public var damagedHeaders: [UInt64] = []
    /// Numbers of journal files that should be there and are not.
    public var missingFiles: [UInt64] = []
    /// What followed the last good record of the newest file; nil if nothing did but unused room.
    public var tail: UnfinishedTail?

    /// Makes the report of an empty log.
    public init() {}

    /// Whether everything was as a clean stop or a crash leaves it.
    public var isClean: Bool {
        self.holeCount == 0 && self.damagedHeaders.isEmpty && self.missingFiles.isEmpty
    }
}

/// Bytes after the last good record, as a write leaves them that a crash interrupted.
public struct UnfinishedTail: Sendable, Equatable {
    /// The file, and the first byte after the last good record.
    public var position: LogPosition
    /// How many bytes there were, up to the last that is not zero.
    public var bytes: Int
    /// The quarantined copy's name; nil if it could not be made.
    ///
    /// Then the bytes are still where they were and the next append begins a new file.
    public var quarantined: String?
}
