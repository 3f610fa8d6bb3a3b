internal import Glibc
internal import SegmentLog

extension StoreDirectory {
    /// Opens the directory at `path`, made if it is missing, durably and with those above it.
    ///
    /// - Parameter isNetwork: whether a path is on a network file system; asked before anything is made.
    static func ensureDirectory(
        _ path: String,
        isNetwork: (String) -> Bool
    ) throws(StoreError) -> any StorageDirectory {
        if path.isEmpty || path.utf8.contains(0) { throw .system(call: "open", path: path, errno: EINVAL) }
        let failure: SegmentError
        do throws(SegmentError) {
            let directory = try POSIXDirectory(path: path)
            if !isNetwork(path) { return directory }
            failure = .system(call: "statfs", path: path, errno: ENOTSUP)
        } catch {
            failure = error
        }
        if failure.errno == ENOTSUP {
            let reason = "it is on a network file system, where file locks and memory maps do not hold"
            throw .foreign(path: path, reason: reason)
        }
        guard failure.isAbsent, let (parent, name) = self.split(path) else {
            throw StoreError(failure)
        }
        // Above the root and the working directory there is nothing to make, so this ends.
        let above = try self.ensureDirectory(parent, isNetwork: isNetwork)
        return try StoreError.converting { () throws(SegmentError) in try above.ensureDirectory(name) }
    }

    /// The directory above, and the name in it; nil for the root, the working directory and what ends in dots.
    private static func split(_ path: String) -> (parent: String, name: String)? {
        var parts = path.split(separator: "/")
        guard let name = parts.popLast(), name != ".", name != ".." else { return nil }
        let parent = parts.joined(separator: "/")
        if path.utf8.first == UInt8(ascii: "/") { return ("/" + parent, String(name)) }
        return (parent.isEmpty ? "." : parent, String(name))
    }
}
