/// How far a log is appended, written and synced.
///
///     0 ≤ synced ≤ written ≤ appended
///
/// In a ``MessageLog`` a mark is the sequence of the last message it covers, in a ``Journal`` the count of
/// entries. A PubAck may be sent for a message at or below the mark that the stream's durability names.
public struct SegmentMarks: Sendable, Equatable {
    /// In memory.
    public private(set) var appended: UInt64
    /// Given to the kernel: survives the end of the process.
    public private(set) var written: UInt64
    /// On the disk: survives a power cut.
    public private(set) var synced: UInt64

    /// Everything up to `mark` is on the disk.
    init(recovered mark: UInt64) {
        self.appended = mark
        self.written = mark
        self.synced = mark
    }

    /// Everything up to `mark` has been appended.
    mutating func didAppend(_ mark: UInt64) {
        assert(self.appended <= mark)
        self.appended = mark
    }

    /// Everything up to `mark` has been written.
    mutating func didWrite(_ mark: UInt64) {
        assert(self.written <= mark)
        self.written = mark
        self.check()
    }

    /// Everything written has been synced.
    mutating func didSync() {
        self.synced = self.written
        self.check()
    }

    private func check() {
        assert(self.synced <= self.written)
        assert(self.written <= self.appended)
    }
}
