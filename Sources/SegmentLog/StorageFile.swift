/// A file as the engine sees it: reads and writes at given places, no position of its own.
///
/// Calls may come from several threads at once. Dropping the last reference closes the file.
public protocol StorageFile: AnyObject, Sendable {
    /// What to call it in messages.
    var path: String { get }

    /// The length in bytes.
    func size() throws(SegmentError) -> UInt64

    /// Behind the last byte that may be something else than zero; the length if that is not known.
    ///
    /// What follows is a hole: reading it gives zeros.
    func dataEnd() throws(SegmentError) -> UInt64

    /// Fills `bytes` from `offset` on; returns how many there were, fewer only at the end of the file.
    func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(SegmentError) -> Int

    /// Writes all of `bytes` at `offset`. When it fails, any part of them may have been written.
    func write(_ bytes: RawSpan, at offset: UInt64) throws(SegmentError)

    /// Makes the file `size` bytes long: cuts it, or adds zeros.
    func truncate(to size: UInt64) throws(SegmentError)

    /// Reserves room so that the file is at least `size` bytes long; new bytes are zero.
    ///
    /// No effect on a file system that cannot. Fails with `ENOSPC` if there is no room.
    func allocate(to size: UInt64) throws(SegmentError)

    /// Makes all writes so far durable (`fdatasync`).
    ///
    /// After a failure nothing is known of what is on the disk, and a second call may succeed without having
    /// written it: the file must not be trusted again before it has been read back.
    func sync() throws(SegmentError)

    /// Drops clean pages of the file from memory, so that the next read asks the disk. A wish, not an order.
    func discardCache()

    /// Closes the file. Further calls fail with `EBADF`; closing twice is harmless.
    func close() throws(SegmentError)
}

extension StorageFile {
    /// The length, for files that know of no holes.
    public func dataEnd() throws(SegmentError) -> UInt64 { try self.size() }
}
