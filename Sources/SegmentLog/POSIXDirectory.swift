import Glibc

/// A directory of the operating system.
///
/// Everything in it is reached relative to a descriptor: its own if it was opened by a path, otherwise that of the
/// directory it was opened in, so that a directory inside another costs none.
public final class POSIXDirectory: StorageDirectory {
    /// An open descriptor, closed when nobody uses it any more.
    private final class Descriptor: Sendable {
        let number: CInt
        init(_ number: CInt) { self.number = number }
        deinit { _ = Glibc.close(self.number) }
    }

    /// As it was opened; only for messages, never used to reach anything.
    public let path: String
    private let base: Descriptor
    /// The way here from `base`, with a slash behind it; empty at `base`.
    private let prefix: String

    private var descriptor: CInt { self.base.number }

    /// Opens the directory at `path`, made if it is missing and `create` is true.
    ///
    /// Links in `path` are followed.
    public init(path: String, create: Bool = false) throws(SegmentError) {
        if create, unsafe mkdir(path, 0o750) != 0, Glibc.errno != EEXIST {
            throw .system(call: "mkdir", path: path, errno: Glibc.errno)
        }
        let descriptor = try SystemCall.retrying("open", path) {
            unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        self.base = Descriptor(descriptor)
        self.path = path
        self.prefix = ""
    }

    private init(in parent: POSIXDirectory, _ name: String) {
        self.base = parent.base
        self.path = parent.path(of: name)
        self.prefix = parent.entry(name) + "/"
    }

    /// The names of all entries, in no stated order, without `.` and `..`.
    public func list() throws(SegmentError) -> [String] {
        // A descriptor of its own: reading a directory moves a position that duplicates would share.
        let own = try self.openItself()
        guard let stream = unsafe fdopendir(own) else {
            let reason = Glibc.errno
            _ = Glibc.close(own)
            throw .system(call: "fdopendir", path: self.path, errno: reason)
        }
        defer { unsafe closedir(stream) }
        guard let nameOffset = MemoryLayout<dirent>.offset(of: \dirent.d_name) else { return [] }
        var names: [String] = []
        while true {
            Glibc.errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            // An entry may be shorter than `dirent`, so its name is read in place, up to its zero.
            let name = unsafe String(
                cString: (UnsafeRawPointer(entry) + nameOffset).assumingMemoryBound(to: CChar.self)
            )
            if name != ".", name != ".." { names.append(name) }
        }
        if Glibc.errno != 0 { throw .system(call: "readdir", path: self.path, errno: Glibc.errno) }
        return names
    }

    /// Makes an empty file, open for reading and writing; fails with `EEXIST` if the name is taken.
    public func createFile(_ name: String) throws(SegmentError) -> any StorageFile {
        self.file(try self.openEntry(name, O_RDWR | O_CREAT | O_EXCL, "openat"), name)
    }

    /// Opens a file; fails with `ENOENT` if there is none.
    public func openFile(_ name: String, for access: FileAccess) throws(SegmentError) -> any StorageFile {
        self.file(try self.openEntry(name, access == .reading ? O_RDONLY : O_RDWR, "openat"), name)
    }

    private func file(_ descriptor: CInt, _ name: String) -> POSIXFile {
        let file = POSIXFile(descriptor: descriptor, path: self.path(of: name))
        file.expectForwardReads()
        return file
    }

    /// The length in bytes of a file, without opening it.
    public func fileSize(_ name: String) throws(SegmentError) -> UInt64 {
        try self.checkName(name, "fstatat")
        var status = stat()
        _ = try SystemCall.retrying("fstatat", self.path(of: name)) {
            unsafe fstatat(self.descriptor, self.entry(name), &status, AT_SYMLINK_NOFOLLOW)
        }
        return UInt64(clamping: status.st_size)
    }

    /// Makes a directory; fails with `EEXIST` if the name is taken.
    public func createDirectory(_ name: String) throws(SegmentError) -> any StorageDirectory {
        try self.checkName(name, "mkdirat")
        _ = try SystemCall.retrying("mkdirat", self.path(of: name)) {
            unsafe mkdirat(self.descriptor, self.entry(name), 0o750)
        }
        return try self.openDirectory(name)
    }

    /// Opens a directory; fails with `ENOENT` if there is none.
    public func openDirectory(_ name: String) throws(SegmentError) -> any StorageDirectory {
        // Only to see that it is there, and a directory.
        _ = Glibc.close(try self.openEntry(name, O_RDONLY | O_DIRECTORY, "openat"))
        return POSIXDirectory(in: self, name)
    }

    /// Gives an entry another name, here or in `target` (nil: here); a file of that name is replaced.
    public func rename(
        _ name: String,
        to newName: String,
        in target: (any StorageDirectory)?
    ) throws(SegmentError) {
        try self.checkName(name, "renameat")
        try self.checkName(newName, "renameat")
        guard let other = (target ?? self) as? POSIXDirectory else {
            throw .system(call: "renameat", path: self.path(of: name), errno: EXDEV)
        }
        _ = try SystemCall.retrying("renameat", self.path(of: name)) {
            unsafe renameat(self.descriptor, self.entry(name), other.descriptor, other.entry(newName))
        }
    }

    /// Removes a file.
    public func removeFile(_ name: String) throws(SegmentError) {
        try self.checkName(name, "unlinkat")
        _ = try SystemCall.retrying("unlinkat", self.path(of: name)) {
            unsafe unlinkat(self.descriptor, self.entry(name), 0)
        }
    }

    /// Removes an empty directory.
    public func removeDirectory(_ name: String) throws(SegmentError) {
        try self.checkName(name, "unlinkat")
        _ = try SystemCall.retrying("unlinkat", self.path(of: name)) {
            unsafe unlinkat(self.descriptor, self.entry(name), AT_REMOVEDIR)
        }
    }

    /// Takes the lock file `name`, made if missing, until the result is closed or the process ends.
    public func lock(_ name: String) throws(SegmentError) -> any StorageFile {
        let descriptor = try self.openEntry(name, O_RDWR | O_CREAT, "openat")
        let path = self.path(of: name)
        do {
            _ = try SystemCall.retrying("flock", path) { flock(descriptor, LOCK_EX | LOCK_NB) }
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        return POSIXFile(descriptor: descriptor, path: path, isLocked: true)
    }

    /// Takes the lock file `name`, which exists, without opening it for writing; for tools.
    ///
    /// - Parameter isShared: whether others may take it in the same way at the same time.
    /// - Throws: ``SegmentError/system(call:path:errno:)`` with `EWOULDBLOCK` if another process holds it.
    public func lockExisting(_ name: String, isShared: Bool) throws(SegmentError) -> any StorageFile {
        let descriptor = try self.openEntry(name, O_RDONLY, "openat")
        let path = self.path(of: name)
        do {
            _ = try SystemCall.retrying("flock", path) {
                flock(descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB)
            }
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        return POSIXFile(descriptor: descriptor, path: path, isLocked: true)
    }

    /// Gives the file `name` a second name in `target`: a hard link.
    ///
    /// - Throws: ``SegmentError/system(call:path:errno:)`` with `EXDEV`, `EPERM` or `EMLINK` where that cannot be.
    public func link(_ name: String, as newName: String, in target: POSIXDirectory) throws(SegmentError) {
        try self.checkName(name, "linkat")
        try self.checkName(newName, "linkat")
        _ = try SystemCall.retrying("linkat", self.path(of: name)) {
            unsafe linkat(self.descriptor, self.entry(name), target.descriptor, target.entry(newName), 0)
        }
    }

    /// Makes all changes of entries so far durable (`fsync` of the directory).
    public func sync() throws(SegmentError) {
        if self.prefix.isEmpty {
            _ = try SystemCall.retrying("fsync", self.path) { fsync(self.descriptor) }
            return
        }
        let own = try self.openItself()
        defer { _ = Glibc.close(own) }
        _ = try SystemCall.retrying("fsync", self.path) { fsync(own) }
    }

    /// Bytes that may still be written to the file system, as the kernel estimates them.
    public func availableBytes() throws(SegmentError) -> UInt64 {
        let status = try self.fileSystem()
        return Self.bytes(status.f_bavail, status)
    }

    /// The size of the file system, in bytes.
    public func totalBytes() throws(SegmentError) -> UInt64 {
        let status = try self.fileSystem()
        return Self.bytes(status.f_blocks, status)
    }

    private func fileSystem() throws(SegmentError) -> statvfs {
        var status = statvfs()
        _ = try SystemCall.retrying("fstatvfs", self.path) { unsafe fstatvfs(self.descriptor, &status) }
        return status
    }

    private static func bytes(_ blocks: fsblkcnt_t, _ status: statvfs) -> UInt64 {
        let (bytes, overflow) = UInt64(blocks).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : bytes
    }

    /// What leads to the entry `name` from `base`.
    private func entry(_ name: String) -> String { self.prefix + name }

    /// A descriptor of its own.
    private func openItself() throws(SegmentError) -> CInt {
        try SystemCall.retrying("openat", self.path) {
            unsafe openat(self.descriptor, self.prefix + ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
    }

    private func path(of name: String) -> String { "\(self.path)/\(name)" }

    private func checkName(_ name: String, _ call: String) throws(SegmentError) {
        if !SystemCall.isPlainName(name) {
            throw .system(call: call, path: self.path(of: name), errno: EINVAL)
        }
    }

    private func openEntry(_ name: String, _ flags: CInt, _ call: String) throws(SegmentError) -> CInt {
        try self.checkName(name, call)
        return try SystemCall.retrying(call, self.path(of: name)) {
            unsafe openat(self.descriptor, self.entry(name), flags | O_CLOEXEC | O_NOFOLLOW, 0o640)
        }
    }
}
