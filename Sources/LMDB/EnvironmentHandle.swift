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
struct DirectoryClaim: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64

    private static let taken = Mutex<Set<DirectoryClaim>>([])

    /// Takes the directory at `path`; nil if this process has an environment there already.
    init?(path: String) throws(LMDBError) {
        var status = stat()
        if unsafe stat(path, &status) != 0 { throw LMDBError(call: "stat", code: errno) }
        self.device = UInt64(status.st_dev)
        self.inode = UInt64(status.st_ino)
        let claim = self
        if !Self.taken.withLock({ $0.insert(claim).inserted }) { return nil }
    }

    /// Lets go of it.
    func giveUp() { Self.taken.withLock { _ = $0.remove(self) } }
}
