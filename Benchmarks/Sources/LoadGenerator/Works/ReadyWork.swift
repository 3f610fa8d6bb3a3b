import Glibc

/// `load ready`: starts a server and measures how long until it has served a first request.
///
/// Without `--stream` that is a `PING`; with it, a `STREAM.INFO` that tells of `--messages` messages.
/// The server is killed at the end.
enum ReadyWork {
    /// How often a server that does not serve yet is tried, in microseconds.
    private static let pause: UInt32 = 500

    static func run(_ arguments: some Collection<String>) throws(LoadError) -> Report {
        let options = try Options(arguments, known: ["port", "stream", "messages"])
        let port = try options.port()
        guard !options.command.isEmpty else { throw .usage("-- <server> is missing") }
        let stream = options.has("stream") ? try options.text("stream") : nil
        let messages = try options.number("messages", default: 0, in: 0...Int.max)

        let start = MonotonicTime.now()
        let server = ServerProcess(id: try Self.spawn(options.command))
        defer {
            kill(server.id, SIGKILL)
            _ = waitpid(server.id, nil, 0)
        }
        let connection = try Self.retry { () throws(LoadError) in try Connection(port: port) }
        let connected = MonotonicTime.now()
        if let stream {
            let api = StreamAPI(connection)
            try Self.retry { () throws(LoadError) in
                let state = try api.stream(stream)
                guard state.messages == UInt64(messages) else {
                    throw .wrong("\(state.messages) messages, not \(messages)")
                }
            }
        }
        let served = MonotonicTime.now()
        var report = Report()
        report.add("work", "ready")
        report.add("messages", messages)
        report.add("seconds", Double(served - start) / 1e9)
        report.add("connected_seconds", Double(connected - start) / 1e9)
        report.add("server_cpu_seconds", try server.cpuSeconds())
        report.add("server_rss_kib", try server.kibibytes("VmRSS"))
        report.add("server_anonymous_kib", try server.kibibytes("RssAnon"))
        return report
    }

    /// Tries until it works, for two minutes at most.
    private static func retry<Result>(_ attempt: () throws(LoadError) -> Result) throws(LoadError) -> Result {
        let deadline = MonotonicTime.now() + 120_000_000_000
        while true {
            do throws(LoadError) {
                return try attempt()
            } catch {
                if MonotonicTime.now() > deadline { throw error }
            }
            usleep(Self.pause)
        }
    }

    private static func spawn(_ command: [String]) throws(LoadError) -> pid_t {
        // The copies live until the call has returned, which has then copied them.
        var arguments = unsafe command.map { unsafe strdup($0) } + [nil]
        defer {
            for index in unsafe arguments.indices { unsafe free(arguments[index]) }
        }
        var id: pid_t = 0
        let error = unsafe posix_spawnp(&id, command[0], nil, nil, &arguments, environ)
        guard error == 0 else { throw .system(call: "posix_spawnp \(command[0])", errno: error) }
        return id
    }
}
