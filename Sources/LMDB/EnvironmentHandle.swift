internal import CLMDB
internal import Glibc
internal import Synchronization

/// Closes an environment when nobody holds it any more.
///
/// Transactions and cursors hold it too, so that they end before it in whatever order their owner lets go of them.
@safe final class EnvironmentHandle: @unchecked Sendable {
    // Unchecked: liblmdb's environment may be used by any number of threads; the pointer never changes.

    let pointer: OpaquePointer
    private let claim: DirectoryClaim

    init(_ pointer: OpaquePointer, _ claim: DirectoryClaim) {
        unsafe self.pointer = pointer
        self.claim = claim
    }

    deinit {
        unsafe mdb_env_close(self.pointer)
        self.claim.giveUp()
    }
}

/// The right to open the environment in a directory.
///
/// lmdb.h, caveats: do not open an environment twice in one process; closing one would drop the other's locks.
struct DirectoryClaim: Sendable {
    private struct Directory: Hashable, Sendable {
        var device: UInt64
        var inode: UInt64
    }

    private static let taken = Mutex<Set<Directory>>([])

    private let directory: Directory
    /// Kept open, so that the number of a directory that is removed meanwhile cannot be given to another one.
    private let descriptor: CInt

    /// Takes the directory at `path`; nil if this process has an environment there already.
    init?(path: String) throws(LMDBError) {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { throw LMDBError(call: "open", code: errno) }
        var status = stat()
        if unsafe fstat(descriptor, &status) != 0 {
            let code = errno
            close(descriptor)
            throw LMDBError(call: "fstat", code: code)
        }
        self.descriptor = descriptor
        self.directory = Directory(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        let wanted = self.directory
        if !Self.taken.withLock({ $0.insert(wanted).inserted }) {
            close(descriptor)
            return nil
        }
    }

    /// Lets go of it.
    func giveUp() {
        let directory = self.directory
        Self.taken.withLock { _ = $0.remove(directory) }
        close(self.descriptor)
    }
}
