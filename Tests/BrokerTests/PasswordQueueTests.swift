import Dispatch
import Synchronization
import Testing

@testable import Broker

@Suite("Password queue")
struct PasswordQueueTests {
    /// What became of checks, in the order in which that was known.
    private final class Record: Sendable {
        private let lines = Mutex<[String]>([])
        private let added = DispatchSemaphore(value: 0)

        func add(_ line: String) {
            self.lines.withLock { $0.append(line) }
            self.added.signal()
        }

        var now: [String] { self.lines.withLock { $0 } }

        /// All lines, once there are that many.
        func wait(for count: Int) -> [String] {
            for _ in 0..<count { self.added.wait() }
            return self.now
        }
    }

    /// A queue of one thread, which makes no check before it is opened.
    private struct Gate {
        let queue = PasswordQueue(threads: 1, seed: 11)
        private let opened = DispatchSemaphore(value: 0)
        private let check: PasswordCheck

        init() {
            let user = User(
                UserOptions(name: "u", credential: .none),
                account: Account(name: "A", index: 0, seed: 1)
            )
            self.check = PasswordCheck(secret: Secret("p"), text: Array("p".utf8), user: user)
            let began = DispatchSemaphore(value: 0)
            self.queue.submit(
                self.check,
                of: "blocker",
                from: "blocker",
                isWanted: { [opened] in
                    began.signal()
                    opened.wait()
                    return false
                },
                answer: { _ in }
            )
            began.wait()
        }

        func open() { self.opened.signal() }

        /// Has a right password checked; what becomes of it is noted under `line`.
        func submit(
            _ line: String,
            of name: String,
            from host: String,
            isWanted: Bool = true,
            in record: Record
        ) {
            self.queue.submit(
                self.check,
                of: name,
                from: host,
                isWanted: { isWanted },
                answer: { answer in
                    switch answer {
                    case .right: record.add(line)
                    case .wrong: record.add("\(line) wrong")
                    case .notChecked: record.add("\(line) shed")
                    }
                }
            )
        }

        /// So many names of different groups.
        func names(_ count: Int) -> [String] {
            var groups: Set<Int> = []
            return Array(
                (0..<1000).map { "n\($0)" }.filter { groups.insert(self.queue.group(of: $0)).inserted }
                    .prefix(count)
            )
        }
    }

    @Test("Hosts have their turn one after another, whatever each has waiting")
    func hosts() {
        let (gate, record) = (Gate(), Record())
        let names = gate.names(4)
        for (host, count) in [("a", 4), ("b", 1), ("c", 2)] {
            for number in 0..<count {
                gate.submit("\(host)\(number)", of: names[number], from: host, in: record)
            }
        }
        gate.open()
        #expect(record.wait(for: 7) == ["a0", "b0", "c0", "a1", "c1", "a2", "a3"])
    }

    @Test("So have the names of one host, and of one name the newest check comes first")
    func names() {
        let (gate, record) = (Gate(), Record())
        let names = gate.names(3)
        for number in 0..<4 { gate.submit("x\(number)", of: names[0], from: "a", in: record) }
        gate.submit("y", of: names[1], from: "a", in: record)
        gate.submit("z0", of: names[2], from: "a", in: record)
        gate.submit("z1", of: names[2], from: "a", in: record)
        gate.open()
        #expect(record.wait(for: 7) == ["x3", "y", "z1", "x2", "z0", "x1", "x0"])
    }

    @Test("A host with too much waiting sheds the oldest of its longest group, at once")
    func hostBound() {
        let (gate, record) = (Gate(), Record())
        let names = gate.names(2)
        gate.submit("right", of: names[1], from: "a", in: record)
        for number in 0..<PasswordQueue.waitingPerHostMax + 4 {
            gate.submit("\(number)", of: names[0], from: "a", in: record)
        }
        #expect(record.now == ["0 shed", "1 shed", "2 shed", "3 shed", "4 shed"])
        gate.open()
        let all = record.wait(for: PasswordQueue.waitingPerHostMax + 5)
        #expect(all[5...6] == ["right", "\(PasswordQueue.waitingPerHostMax + 3)"])
        #expect(Set(all).count == all.count)
    }

    @Test("Where all is full a host with much waiting gives way to one with none")
    func bound() {
        let (gate, record) = (Gate(), Record())
        let hosts = PasswordQueue.waitingMax / PasswordQueue.waitingPerHostMax
        // The blocker's check is under way and does not wait.
        for host in 0..<hosts {
            for number in 0..<PasswordQueue.waitingPerHostMax {
                gate.submit("\(host) \(number)", of: "x\(number % 100)", from: "\(host)", in: record)
            }
        }
        #expect(record.now.isEmpty)
        for host in 0..<20 { gate.submit("new \(host)", of: "x", from: "new \(host)", in: record) }
        let shed = record.now
        #expect(shed.count == 20)
        #expect(shed.allSatisfy { $0.hasSuffix("shed") && !$0.hasPrefix("new") })
        gate.open()
        let all = record.wait(for: PasswordQueue.waitingMax + 20)
        #expect(all[20..<20 + hosts + 20].filter { $0.hasPrefix("new") }.count == 20)
        #expect(Set(all).count == all.count)
    }

    @Test("A check that nobody waits for is not made")
    func unwanted() {
        let (gate, record) = (Gate(), Record())
        gate.submit("a", of: "x", from: "a", isWanted: false, in: record)
        gate.submit("b", of: "x", from: "b", in: record)
        gate.open()
        #expect(record.wait(for: 1) == ["b"])
    }
}
