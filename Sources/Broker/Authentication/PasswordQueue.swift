import Dispatch
import Subjects
import Synchronization

/// The few threads on which hashed passwords are compared, and the checks that wait for them.
///
/// A comparison takes tens of milliseconds by design, so a flood of wrong passwords is cheap to send and dear to refuse.
/// Hosts have their turn one after another, and so have the names given by one host, in groups by their hashes: whoever
/// guesses the password of one user keeps nobody waiting who is another, not from the same host either. That a name
/// is no user's does not matter for its turn. Of one group the newest check is made first: its client is still there.
///
/// How many may wait is bounded. Where there is no more room, the oldest of the longest group gives way, and is told at
/// once.
final class PasswordQueue: Sendable {
    /// What became of a check.
    enum Answer: Sendable {
        /// The password is right.
        case right
        /// It is wrong.
        case wrong
        /// Too many checks wait: this one was not made.
        case notChecked
    }

    private struct Waiting {
        var check: PasswordCheck
        var isWanted: @Sendable () -> Bool
        var answer: @Sendable (Answer) -> Void
    }

    /// What one host has waiting.
    private struct Host {
        /// By group, the oldest first; none is empty.
        var groups: [Int: [Waiting]] = [:]
        /// The groups with something waiting, the next one first.
        var turns: [Int] = []
        var waiting = 0

        mutating func add(_ check: Waiting, to group: Int) {
            if self.groups[group] == nil { self.turns.append(group) }
            self.groups[group, default: []].append(check)
            self.waiting += 1
        }

        /// Takes the newest check of the group whose turn it is.
        mutating func takeNext() -> Waiting? {
            guard !self.turns.isEmpty else { return nil }
            let group = self.turns.removeFirst()
            guard var checks = self.groups.removeValue(forKey: group), let newest = checks.popLast() else {
                return nil
            }
            self.waiting -= 1
            if !checks.isEmpty {
                self.groups[group] = checks
                self.turns.append(group)
            }
            return newest
        }

        /// Takes the oldest check of the longest group.
        mutating func takeOldest() -> Waiting? {
            guard let group = self.groups.max(by: { $0.value.count < $1.value.count })?.key,
                var checks = self.groups.removeValue(forKey: group)
            else { return nil }
            let oldest = checks.removeFirst()
            self.waiting -= 1
            if checks.isEmpty {
                self.turns.removeAll { $0 == group }
            } else {
                self.groups[group] = checks
            }
            return oldest
        }
    }

    private struct State {
        /// What waits, by host; none has nothing.
        var hosts: [String: Host] = [:]
        /// The hosts with something waiting, the next one first.
        var turns: [String] = []
        /// Where the search for a host with much waiting goes on.
        var cursor = 0
        var waiting = 0
        var running = 0
    }

    /// Checks that may wait in all.
    static let waitingMax = 8192
    /// Checks of one host that may wait.
    static let waitingPerHostMax = 1024
    /// Groups into which the names of one host fall.
    static let groupCount = 64
    /// Hosts that are looked at to find one that gives way.
    private static let lookedAt = 64

    private let state = Mutex(State())
    private let threads: Int
    private let hash: SubjectHash
    private let queue = DispatchQueue(label: "weir.password", qos: .utility, attributes: .concurrent)

    /// A queue served by at most `threads` threads, which are there only while something waits.
    ///
    /// `seed` is drawn for this process: nobody can choose names that fall into the group of another one.
    init(threads: Int, seed: UInt64) {
        self.threads = max(1, threads)
        self.hash = SubjectHash(seed: seed)
    }

    /// Has a check made for a client of `host` that says it is `name`.
    ///
    /// - Parameters:
    ///   - isWanted: asked before the check is made; if it says no, there is no answer.
    ///   - answer: called with what became of it, on another thread; or on this one, or on that of another call, if
    ///     too many wait.
    func submit(
        _ check: PasswordCheck,
        of name: String,
        from host: String,
        isWanted: @escaping @Sendable () -> Bool,
        answer: @escaping @Sendable (Answer) -> Void
    ) {
        let waiting = Waiting(check: check, isWanted: isWanted, answer: answer)
        let group = self.group(of: name)
        let (shed, wakes) = self.state.withLock { state in
            let shed = Self.makeRoom(for: host, in: &state)
            if state.hosts[host] == nil { state.turns.append(host) }
            state.hosts[host, default: Host()].add(waiting, to: group)
            state.waiting += 1
            if state.running == self.threads { return (shed, false) }
            state.running += 1
            return (shed, true)
        }
        // Called with nothing locked: what it leads to may submit the next one.
        shed?.answer(.notChecked)
        if wakes { self.queue.async { self.work() } }
    }

    /// The group of those names that have their turn together.
    func group(of name: String) -> Int {
        let bytes = Array(name.utf8)
        return unsafe Int(truncatingIfNeeded: self.hash.hash(bytes.span.bytes) % UInt64(Self.groupCount))
    }

    /// Takes out one check if there is no room for another one of `host`.
    private static func makeRoom(for host: String, in state: inout State) -> Waiting? {
        let ofHost = state.hosts[host]?.waiting ?? 0
        if ofHost >= self.waitingPerHostMax { return self.takeOldest(of: host, in: &state) }
        guard state.waiting >= self.waitingMax else { return nil }
        var longest = (host: host, waiting: ofHost)
        for _ in 0..<min(self.lookedAt, state.turns.count) {
            state.cursor = (state.cursor + 1) % state.turns.count
            let other = state.turns[state.cursor]
            let waiting = state.hosts[other]?.waiting ?? 0
            if waiting > longest.waiting { longest = (other, waiting) }
        }
        return self.takeOldest(of: longest.host, in: &state)
    }

    private static func takeOldest(of host: String, in state: inout State) -> Waiting? {
        guard let oldest = state.hosts[host]?.takeOldest() else { return nil }
        state.waiting -= 1
        if state.hosts[host]?.waiting == 0 {
            state.hosts[host] = nil
            state.turns.removeAll { $0 == host }
        }
        return oldest
    }

    private func work() {
        while let next = self.next() {
            if next.isWanted() { next.answer(next.check.run() ? .right : .wrong) }
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
            let next = state.hosts[host]?.takeNext()
            if next != nil { state.waiting -= 1 }
            if state.hosts[host]?.waiting ?? 0 == 0 {
                state.hosts[host] = nil
            } else {
                state.turns.append(host)
            }
            if next == nil { state.running -= 1 }
            return next
        }
    }
}
