import Dispatch
import Synchronization

/// The few threads on which hashed passwords are compared, and the checks that wait for them.
///
/// A comparison takes tens of milliseconds by design. A host with many waiting gets no more of the threads than one
/// with a single check: hosts have their turn one after another. How many may wait is bounded, for each host and for
/// all of them.
final class PasswordQueue: Sendable {
    private struct Waiting {
        var check: PasswordCheck
        var isWanted: @Sendable () -> Bool
        var answer: @Sendable (Bool) -> Void
    }

    private struct State {
        /// What waits, by host; no list is empty.
        var hosts: [String: [Waiting]] = [:]
        /// The hosts with something waiting, the next one first.
        var turns: [String] = []
        var waiting = 0
        var running = 0
    }

    /// Checks that may wait in all.
    static let waitingMax = 8192
    /// Checks of one host that may wait.
    static let waitingPerHostMax = 2048

    private let state = Mutex(State())
    private let threads: Int
    private let queue = DispatchQueue(label: "weir.password", qos: .utility, attributes: .concurrent)

    /// A queue served by at most `threads` threads, which are there only while something waits.
    init(threads: Int) { self.threads = max(1, threads) }

    /// Has a check made for a client of `host`; false, and nothing happens, if too many wait already.
    ///
    /// - Parameters:
    ///   - isWanted: asked before the check is made; if it says no, there is no answer.
    ///   - answer: called on another thread with whether the password is right.
    func submit(
        _ check: PasswordCheck,
        from host: String,
        isWanted: @escaping @Sendable () -> Bool,
        answer: @escaping @Sendable (Bool) -> Void
    ) -> Bool {
        let waiting = Waiting(check: check, isWanted: isWanted, answer: answer)
        let (isTaken, wakes) = self.state.withLock { state in
            let ofHost = state.hosts[host]?.count ?? 0
            if state.waiting >= Self.waitingMax || ofHost >= Self.waitingPerHostMax { return (false, false) }
            if ofHost == 0 { state.turns.append(host) }
            state.hosts[host, default: []].append(waiting)
            state.waiting += 1
            if state.running == self.threads { return (true, false) }
            state.running += 1
            return (true, true)
        }
        if wakes { self.queue.async { self.work() } }
        return isTaken
    }

    private func work() {
        while let next = self.next() {
            if next.isWanted() { next.answer(next.check.run()) }
        }
    }

    /// What is to be checked now; nil, and one thread less is at work, if nothing is.
    private func next() -> Waiting? {
        self.state.withLock { state in
            guard !state.turns.isEmpty else {
                state.running -= 1
                return nil
            }
            let host = state.turns.removeFirst()
            guard var waiting = state.hosts.removeValue(forKey: host) else { return nil }
            let first = waiting.removeFirst()
            state.waiting -= 1
            if !waiting.isEmpty {
                state.hosts[host] = waiting
                state.turns.append(host)
            }
            return first
        }
    }
}
