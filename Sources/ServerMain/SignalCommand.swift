#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What `--signal` does: tells another process of this program to do something (core.md §4.7, §4.8).
struct SignalCommand {
    /// Why no signal was sent.
    struct Failure: Error {
        let text: String
    }

    private let name: String
    private let number: CInt
    /// Whom to tell: a process id, a part of one with `*`, the file that holds one; nil: the only one there is.
    private let target: String?
    private let program: String

    /// Reads `reload`, `stop=1234`, `ldm=/run/server.pid`, `quit=12*`.
    init(_ argument: String, program: String) throws(Failure) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        self.name = String(parts[0])
        self.program = program
        self.target = parts.count == 2 && !parts[1].isEmpty ? String(parts[1]) : nil
        switch self.name {
        case "stop": self.number = SIGKILL
        case "quit": self.number = SIGINT
        case "term": self.number = SIGTERM
        case "reopen": self.number = SIGUSR1
        case "reload": self.number = SIGHUP
        case "ldm": self.number = SIGUSR2
        default: throw Failure(text: "unknown signal \"\(self.name)\"")
        }
    }

    /// Sends it.
    func run() throws(Failure) {
        for process in try self.processes() {
            guard kill(process, self.number) == 0 else {
                throw Failure(text: "\nsignal \"\(self.name)\" \(process): \(SystemFiles.reason(errno))")
            }
        }
    }

    private func processes() throws(Failure) -> [pid_t] {
        guard let target = self.target else {
            let running = Self.running(program: self.program)
            if running.isEmpty { throw Failure(text: "no \(self.program) processes running") }
            guard running.count == 1 else {
                let list = running.map(String.init).joined(separator: "\n")
                throw Failure(text: "multiple \(self.program) processes running:\n\(list)")
            }
            return running
        }
        if target.hasSuffix("*"), !target.contains("/") {
            let beginning = target.dropLast()
            return Self.running(program: self.program).filter { String($0).hasPrefix(beginning) }
        }
        if let process = pid_t(target), process > 0 { return [process] }
        guard case .success(let bytes) = SystemFiles.contents(of: target),
            let process = pid_t(
                String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first ?? ""
            ),
            process > 0
        else {
            throw Failure(text: "invalid pid: \(target)")
        }
        return [process]
    }

    /// The other processes that run under the name of this program.
    private static func running(program: String) -> [pid_t] {
        guard let directory = unsafe opendir("/proc") else { return [] }
        defer { unsafe closedir(directory) }
        var processes: [pid_t] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let process = pid_t(name), process != getpid(),
                case .success(let bytes) = SystemFiles.contents(of: "/proc/\(name)/comm"),
                // The kernel keeps fifteen bytes of a name.
                String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
                    == program.prefix(15)
            else { continue }
            processes.append(process)
        }
        return processes.sorted()
    }
}
