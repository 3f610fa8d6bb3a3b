import Glibc

/// What the kernel says about the server's process.
struct ServerProcess {
    /// The process id.
    let id: Int32

    /// The CPU time used so far in user and kernel mode, in seconds; the kernel counts in steps of 10 ms.
    func cpuSeconds() throws(LoadError) -> Double {
        let text = try Self.read("/proc/\(self.id)/stat")
        // proc_pid_stat(5): the name in parentheses may hold spaces; utime and stime are fields 14 and 15.
        guard let close = text.lastIndex(of: ")") else { throw .wrong("/proc/\(self.id)/stat") }
        let fields = text[close...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
            throw .wrong("/proc/\(self.id)/stat")
        }
        return (user + system) / Double(sysconf(CInt(_SC_CLK_TCK)))
    }

    /// A field of `/proc/<pid>/status` that is given in KiB, such as `VmRSS`.
    func kibibytes(_ field: String) throws(LoadError) -> Int {
        for line in try Self.read("/proc/\(self.id)/status").split(separator: "\n")
        where line.hasPrefix(field + ":") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            if words.count > 1, let value = Int(words[1]) { return value }
        }
        throw .wrong("/proc/\(self.id)/status has no \(field)")
    }

    private static func read(_ path: String) throws(LoadError) -> String {
        let descriptor = unsafe open(path, O_RDONLY)
        guard descriptor >= 0 else { throw .system(call: "open \(path)", errno: errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8192)
        // The kernel writes at most as many bytes as the array has.
        let count = unsafe Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw .system(call: "read \(path)", errno: errno) }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
