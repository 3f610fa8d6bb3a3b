import Dispatch
import Logging

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The signals of a running server.
enum Signals {
    /// Returns at the first SIGINT or SIGTERM.
    ///
    /// Other signals that such servers know are logged and change nothing.
    static func waitForStop(logger: Logger) async {
        // A peer that goes away while it is written to must not end the process.
        signal(SIGPIPE, SIG_IGN)
        let names = [
            (SIGINT, "interrupt"), (SIGTERM, "terminated"), (SIGHUP, "hangup"),
            (SIGUSR1, "user defined signal 1"),
            (SIGUSR2, "user defined signal 2"),
        ]
        let (signals, continuation) = AsyncStream.makeStream(of: (number: Int32, name: String).self)
        var sources: [any DispatchSourceSignal] = []
        for (number, name) in names {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield((number, name)) }
            source.resume()
            sources.append(source)
        }
        for await received in signals {
            logger.info("Trapped \"\(received.name)\" signal")
            if received.number == SIGINT || received.number == SIGTERM { break }
            logger.warning("Nothing to do: there is no configuration or log file yet, and no lame duck mode")
        }
        sources.removeAll()
    }
}
