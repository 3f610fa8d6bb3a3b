import Glibc

/// How system calls are made: again after a signal, and with the kernel's reason when they fail.
enum SystemCall {
    /// Calls `body` until a signal no longer interrupts it; -1 becomes an error.
    @inline(__always)
    static func retrying(
        _ call: String,
        _ path: @autoclosure () -> String,
        _ body: () -> CInt
    ) throws(SegmentError) -> CInt {
        while true {
            let result = body()
            if result >= 0 { return result }
            let reason = Glibc.errno
            if reason != EINTR { throw .system(call: call, path: path(), errno: reason) }
        }
    }

    /// Whether `errno` says that the disk or the quota is full.
    static func isNoSpace(_ errno: CInt) -> Bool { errno == ENOSPC || errno == EDQUOT }

    /// The reason given for what may not be done to a file.
    static let notPermitted = EPERM

    /// Whether `errno` says that there is no such file.
    static func isAbsent(_ errno: CInt) -> Bool { errno == ENOENT }

    /// Whether `errno` says that there is such a file.
    static func isPresent(_ errno: CInt) -> Bool { errno == EEXIST }

    /// Whether `name` is one component of a path and can only mean an entry of its directory.
    static func isPlainName(_ name: String) -> Bool {
        if name.isEmpty || name == "." || name == ".." { return false }
        return !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }
}
