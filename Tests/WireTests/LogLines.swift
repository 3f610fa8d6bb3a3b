import Logging
import Synchronization

/// The log lines of a server, kept for a test.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    /// What was logged so far.
    var all: [String] { self.lines.withLock { $0 } }

    /// A logger whose lines are kept here.
    var logger: Logger { Logger(label: "weir", factory: { _ in Handler(lines: self) }) }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            self.lines.lines.withLock { $0.append("\(event.message)") }
        }
    }
}
