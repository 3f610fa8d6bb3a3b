import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Where log lines go: standard error, or a file that is put aside when it has grown enough.
///
/// A file put aside is called `<file>.YYYY.MM.DD.HH.MM.SS.nnnnnnnnn` (core.md §4.2).
final class LogFile: Sendable {
    private struct State {
        /// The file; nil: standard error.
        var path: String?
        var descriptor: CInt = 2
        /// Bytes in the file.
        var size = 0
        /// Bytes after which the file is put aside; 0: never.
        var sizeLimit = 0
        /// Files that are kept, the current one among them; 0: all.
        var filesMax = 0
        /// The size at which putting it aside failed.
        var failedAt = 0
    }

    private let state = Mutex(State())

    /// Whether lines may be coloured: there is somebody to see it.
    var isTerminal: Bool { self.state.withLock { $0.path == nil } && isatty(2) == 1 }

    /// Goes on in the file at `path`, or on standard error if that is nil.
    ///
    /// - Returns: Why the file cannot be opened; nothing changes then.
    func use(_ path: String?, sizeLimit: Int, filesMax: Int) -> String? {
        self.state.withLock { state in
            var descriptor: CInt = 2
            if let path {
                descriptor = Self.openFile(path)
                guard descriptor >= 0 else { return "open \(path): \(SystemFiles.reason(errno))" }
            }
            if state.descriptor != 2 { close(state.descriptor) }
            state = State(path: path, descriptor: descriptor, sizeLimit: sizeLimit, filesMax: filesMax)
            state.size = Self.size(of: descriptor)
            return nil
        }
    }

    /// Opens the file anew, because somebody has put it aside.
    ///
    /// - Returns: Why that fails; the old file stays open then.
    func reopen() -> String? {
        self.state.withLock { state in
            guard let path = state.path else { return nil }
            let descriptor = Self.openFile(path)
            guard descriptor >= 0 else { return "open \(path): \(SystemFiles.reason(errno))" }
            close(state.descriptor)
            state.descriptor = descriptor
            state.size = Self.size(of: descriptor)
            state.failedAt = 0
            return nil
        }
    }

    /// Writes one line, its end included.
    func append(_ line: [UInt8]) {
        self.state.withLock { state in
            if state.sizeLimit > 0, state.size > state.failedAt, state.size + line.count > state.sizeLimit,
                state.size > 0
            {
                Self.rotate(&state)
            }
            // One write per line keeps lines of several threads whole; nobody can be told if it fails.
            let count = unsafe line.withUnsafeBytes {
                unsafe write(state.descriptor, $0.baseAddress, $0.count)
            }
            state.size += max(0, count)
        }
    }

    private static func openFile(_ path: String) -> CInt {
        unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
    }

    private static func size(of descriptor: CInt) -> Int {
        guard descriptor != 2 else { return 0 }
        var status = stat()
        return unsafe fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Puts the file aside and begins a new one.
    private static func rotate(_ state: inout State) {
        guard let path = state.path else { return }
        let backup = "\(path).\(LogTime.now().fileSuffix)"
        guard unsafe rename(path, backup) == 0, case let descriptor = self.openFile(path), descriptor >= 0
        else {
            // Not again with every line: when as much has come once more.
            state.failedAt = state.size + state.sizeLimit
            return
        }
        close(state.descriptor)
        state.descriptor = descriptor
        state.size = 0
        state.failedAt = 0
        if state.filesMax > 0 { self.removeBackups(of: path, keeping: state.filesMax - 1) }
    }

    /// Removes all but the newest backups.
    private static func removeBackups(of path: String, keeping count: Int) {
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        guard let handle = unsafe opendir(directory) else { return }
        defer { unsafe closedir(handle) }
        var backups: [String] = []
        while let entry = unsafe readdir(handle) {
            let other = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if other.hasPrefix(name + "."), LogTime.isFileSuffix(other.dropFirst(name.count + 1)) {
                backups.append(other)
            }
        }
        // The names sort by time.
        for backup in backups.sorted().dropLast(max(0, count)) {
            _ = unsafe unlink("\(directory)/\(backup)")
        }
    }
}
