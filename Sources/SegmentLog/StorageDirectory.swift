/// A directory as the engine sees it: the one way to files, so that a test can put a failing disk underneath.
///
/// A name is one path component; everything else is refused with `EINVAL`. Links are never followed. A change
/// of entries is in the kernel when the call returns, and on the disk after ``sync()``.
public protocol StorageDirectory: AnyObject, Sendable {
    /// What to call it in messages.
    var path: String { get }

    /// The names of all entries, in no stated order, without `.` and `..`.
    func list() throws(SegmentError) -> [String]

    /// Makes an empty file, open for reading and writing; fails with `EEXIST` if the name is taken.
    func createFile(_ name: String) throws(SegmentError) -> any StorageFile

    /// Opens a file; fails with `ENOENT` if there is none.
    func openFile(_ name: String, for access: FileAccess) throws(SegmentError) -> any StorageFile

    /// The length in bytes of a file, without opening it.
    func fileSize(_ name: String) throws(SegmentError) -> UInt64

    /// Makes a directory; fails with `EEXIST` if the name is taken.
    func createDirectory(_ name: String) throws(SegmentError) -> any StorageDirectory

    /// Opens a directory; fails with `ENOENT` if there is none.
    func openDirectory(_ name: String) throws(SegmentError) -> any StorageDirectory

    /// Gives an entry another name, here or in `target` (nil: here); a file of that name is replaced.
    func rename(
        _ name: String,
        to newName: String,
        in target: (any StorageDirectory)?
    ) throws(SegmentError)

    /// Removes a file.
    func removeFile(_ name: String) throws(SegmentError)

    /// Removes an empty directory.
    func removeDirectory(_ name: String) throws(SegmentError)

    /// Takes the lock file `name`, made if missing, until the result is closed or the process ends.
    ///
    /// - Throws: ``SegmentError/system(call:path:errno:)`` with `EWOULDBLOCK` if another process holds it.
    func lock(_ name: String) throws(SegmentError) -> any StorageFile

    /// Makes all changes of entries so far durable (`fsync` of the directory).
    func sync() throws(SegmentError)

    /// Bytes that may still be written to the file system, as the kernel estimates them.
    func availableBytes() throws(SegmentError) -> UInt64
}

/// What a file is opened for.
public enum FileAccess: Sendable {
    /// Reading only.
    case reading
    /// Reading and writing.
    case writing
}

extension StorageDirectory {
    /// Opens a directory, made if missing; its entry is durable when the call returns.
    public func ensureDirectory(_ name: String) throws(SegmentError) -> any StorageDirectory {
        do {
            return try self.openDirectory(name)
        } catch {
            guard error.isAbsent else { throw error }
        }
        let made = try self.createDirectory(name)
        try self.sync()
        return made
    }
}
