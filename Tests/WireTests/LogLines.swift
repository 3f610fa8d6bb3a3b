import Dispatch
import Logging
import Synchronization

/// The log lines of a server, kept for a test.
final class LogLines: Sendable {
    private struct State {
        var lines: [String] = []
        var waiting: [(text: String, found: DispatchSemaphore)] = []
    }

    private let state = Mutex(State())

    /// What was logged so far.
    var all: [String] { self.state.withLock { $0.lines } }

    /// Waits until a line contains `text`; false if none does for very long.
    func wait(for text: String) -> Bool {
        let found = DispatchSemaphore(value: 0)
        let isThere = self.state.withLock { state in
            if state.lines.contains(where: { $0.contains(text) }) { return true }
            state.waiting.append((text, found))
            return false
        }
        return isThere || found.wait(timeout: .now() + .seconds(ClientSocket.patience)) == .success
    }

    private func add(_ line: String) {
        self.state.withLock { state in
            state.lines.append(line)
            for (text, found) in state.waiting where line.contains(text) { found.signal() }
        }
    }

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
            self.lines.add("\(event.message)")
        }
    }
}
