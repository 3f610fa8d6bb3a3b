internal import Glibc
public import SegmentLog

extension StorageDirectory {
    /// Removes the entry `name` and, if it is a directory, everything in it.
    ///
    /// Links are removed, not followed. What is gone already is no failure, so that two may do it at once.
    public func removeTree(_ name: String, depth: Int = 0) throws(SegmentError) {
        do {
            try self.removeFile(name)
            return
        } catch {
            if error.isAbsent { return }
            // What unlinkat(2) says of a directory, on Linux and in POSIX.
            guard error.errno == EISDIR || error.errno == EPERM else { throw error }
        }
        // Nothing of ours is nested deeper; each level takes a descriptor.
        guard depth < 64 else { throw .system(call: "openat", path: "\(self.path)/\(name)", errno: ELOOP) }
        do {
            let directory = try self.openDirectory(name)
            for entry in try directory.list() { try directory.removeTree(entry, depth: depth + 1) }
            try self.removeDirectory(name)
        } catch {
            guard error.isAbsent else { throw error }
        }
    }
}
