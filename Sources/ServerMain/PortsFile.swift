#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The file that tells scripts on which port the server listens: `<program>_<pid>.ports` (core.md §4.2).
struct PortsFile {
    private let path: String

    /// Writes the file; nil if that fails, with `errno` set.
    init?(directory: String, program: String, url: String, monitoringURL: String?) {
        self.path = "\(directory)/\(program)_\(getpid()).ports"
        let monitoring = monitoringURL.map { "\"\($0)\"" } ?? ""
        let text = """
            {"nats":["\(url)"],"monitoring":[\(monitoring)],"cluster":[],"profile":[],"websocket":[]}

            """
        // Written aside and renamed, so that whoever polls for the file never reads half of it.
        let temporary = self.path + ".tmp"
        guard let file = unsafe fopen(temporary, "w") else { return nil }
        unsafe fputs(text, file)
        guard unsafe fclose(file) == 0, unsafe rename(temporary, self.path) == 0 else { return nil }
    }

    /// Removes the file.
    func remove() { _ = unsafe unlink(self.path) }
}
