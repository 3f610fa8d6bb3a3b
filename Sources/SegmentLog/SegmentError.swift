/// Why an operation on the files of a log failed.
///
/// Damage is not an error: it is found, reported as a value, and passed over.
public enum SegmentError: Error, Sendable, Equatable {
    /// A system call failed. `call` is its name (`"pwrite"`), `path` the file or directory, `errno` the
    /// kernel's value.
    case system(call: String, path: String, errno: CInt)
    /// The file at `path` verifies and belongs to another stream. Nothing was changed.
    case foreignStream(path: String)
    /// The file at `path` verifies and was written by a newer program. Nothing was changed.
    case newerFormat(path: String, version: UInt32)
    /// The file at `path` is encrypted, and there is no key, or none that decrypts it. Nothing was changed.
    case locked(path: String, hasKey: Bool)
    /// Recovery was asked to start at a place that the log does not have. Nothing was changed.
    case unknownPosition(path: String, offset: UInt32)

    /// Whether the disk or the quota is full: what failed may be repeated when there is room.
    public var isNoSpace: Bool {
        if case .system(_, _, let errno) = self { return SystemCall.isNoSpace(errno) }
        return false
    }

    /// Whether the file or directory does not exist.
    public var isAbsent: Bool {
        if case .system(_, _, let errno) = self { return SystemCall.isAbsent(errno) }
        return false
    }

    /// Whether the file or directory exists already.
    public var isPresent: Bool {
        if case .system(_, _, let errno) = self { return SystemCall.isPresent(errno) }
        return false
    }

    /// The kernel's `errno`; zero when no system call failed.
    public var errno: CInt {
        if case .system(_, _, let errno) = self { return errno }
        return 0
    }
}
