import Dispatch
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The signals that a server obeys (core.md §4.8).
final class Signals: @unchecked Sendable {
    // Unchecked: `sources` is set in `init` alone, the rest is constant or atomic.

    /// A signal that has come.
    struct Received: Sendable {
        /// Its number.
        let number: CInt
        /// How log lines name it.
        let name: String
    }

    /// Those that have come, in their order.
    let received: AsyncStream<Received>
    private let continuation: AsyncStream<Received>.Continuation
    private let isServing = Atomic<Bool>(false)
    /// Signals come as long as these are there.
    private var sources: [any DispatchSourceSignal] = []

    /// Takes signals from now on.
    ///
    /// Until ``beginServing()``, those that stop the server end the process at once: opening a large store takes a
    /// while, and what is not finished of it is as after a crash, which the store is made for.
    init() {
        // A peer that goes away while it is written to must not end the process.
        signal(SIGPIPE, SIG_IGN)
        // More of them than anybody sends are no news.
        (self.received, self.continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64))
        let names = [
            (SIGINT, "interrupt"), (SIGTERM, "terminated"), (SIGHUP, "hangup"),
            (SIGUSR1, "user defined signal 1"), (SIGUSR2, "user defined signal 2"),
        ]
        for (number, name) in names {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [self] in
                let stops = number == SIGINT || number == SIGTERM
                if stops, !self.isServing.load(ordering: .relaxed) { _exit(0) }
                self.continuation.yield(Received(number: number, name: name))
            }
            source.resume()
            self.sources.append(source)
        }
    }

    /// From now on somebody reads ``received``.
    func beginServing() { self.isServing.store(true, ordering: .relaxed) }
}
