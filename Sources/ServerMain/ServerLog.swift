import Logging
import ServerConfiguration
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Log lines in the form that scripts around such servers read (core.md §4.9):
/// `[<pid>] YYYY/MM/DD HH:MM:SS.uuuuuu [INF] text`.
///
/// What is logged, and where, may change while the server runs.
final class ServerLog: Sendable {
    /// How a line begins.
    private struct Form {
        var hasTime = true
        var isUTC = false
        var isColoured = false
    }

    private let file = LogFile()
    private let form = Mutex(Form())
    private let threshold = Atomic<Int>(Logger.Level.info.rank)

    /// What is not logged is below this.
    var level: Logger.Level {
        let rank = self.threshold.load(ordering: .relaxed)
        return Logger.Level.allCases.first { $0.rank == rank } ?? .info
    }

    /// A logger that writes here.
    var logger: Logger { Logger(label: "weir") { _ in LogLines(log: self) } }

    /// Logs as `options` say from now on.
    ///
    /// - Returns: Why the file cannot be opened; nothing changes then.
    func configure(_ options: ProcessOptions) -> String? {
        let reason = self.file.use(
            options.logFile,
            sizeLimit: options.logSizeLimit,
            filesMax: options.logMaxFiles
        )
        if let reason { return reason }
        self.setForm(options)
        return nil
    }

    /// Logs as `options` say from now on, but to the same file.
    func setForm(_ options: ProcessOptions) {
        let isColoured = self.file.isTerminal
        self.form.withLock {
            $0 = Form(hasTime: options.logTime, isUTC: options.logTimeUTC, isColoured: isColoured)
        }
        let level: Logger.Level = options.trace ? .trace : options.debug ? .debug : .info
        self.threshold.store(level.rank, ordering: .relaxed)
    }

    /// Opens the file anew, because somebody has put it aside.
    ///
    /// - Returns: Why that fails; the old file stays open then.
    func reopen() -> String? { self.file.reopen() }

    /// Writes a line.
    func write(_ level: Logger.Level, _ text: String) {
        let form = self.form.withLock { $0 }
        var line = "[\(getpid())] "
        if form.hasTime { line += "\(LogTime.now(inUTC: form.isUTC).text) " }
        let label = level.label
        line += form.isColoured ? "[\u{1B}[\(level.colour)m\(label)\u{1B}[0m] " : "[\(label)] "
        line += text
        line += "\n"
        self.file.append(Array(line.utf8))
    }
}

/// What stands between the loggers of the modules and ``ServerLog``.
private struct LogLines: LogHandler {
    let log: ServerLog
    var metadata: Logger.Metadata = [:]

    /// The level of this logger, where one was set.
    private var own: Logger.Level?

    init(log: ServerLog) { self.log = log }

    /// The level of the whole process, or a higher one that somebody set for a logger of his own.
    var logLevel: Logger.Level {
        get { self.own.map { max($0, self.log.level) } ?? self.log.level }
        set { self.own = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var text = "\(event.message)"
        if let metadata = event.metadata {
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { text += " \(key)=\(value)" }
        }
        self.log.write(event.level, text)
    }
}

extension Logger.Level {
    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    fileprivate var label: String {
        switch self {
        case .trace: "TRC"
        case .debug: "DBG"
        case .info, .notice: "INF"
        case .warning: "WRN"
        case .error: "ERR"
        case .critical: "FTL"
        }
    }

    /// Its colour on a terminal, as a number of ECMA-48.
    fileprivate var colour: Int {
        switch self {
        case .trace: 33
        case .debug: 36
        case .info, .notice: 32
        case .warning: 33
        case .error, .critical: 31
        }
    }
}
