/// What a read of a log found.
public enum ReadResult: Sendable, Equatable {
    /// The record, given to the closure. Reading goes on at `next`, which may be the end of a segment.
    case record(next: LogPosition)
    /// A record whose body has been overwritten; the closure was not called.
    case erased(next: LogPosition)
    /// The end of the log: nothing has been appended there yet.
    case end
    /// No such place: the segment has been dropped, or the offset is not in it.
    case absent
    /// No record that verifies, and never given to the closure. The next one that does is at `next`; nil if
    /// there is none on the disk.
    case damaged(RecordDamage, next: LogPosition?)
    /// The disk could not be read: the kernel's `errno`.
    case failed(errno: CInt)
}
