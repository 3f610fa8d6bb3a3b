import Dispatch
import Synchronization
import Testing

@testable import Broker

@Suite("Password queue")
struct PasswordQueueTests {
    private let right = PasswordCheck(
        secret: Secret("p"),
        text: Array("p".utf8),
        user: User(UserOptions(name: "u", credential: .none), account: Account(name: "A", index: 0, seed: 1))
    )

    /// Submits a check that only ends when the semaphore is signalled, so that all others wait.
    private func block(_ queue: PasswordQueue, until gate: DispatchSemaphore) {
        let began = DispatchSemaphore(value: 0)
        let isTaken = queue.submit(
            self.right,
            from: "blocker",
            isWanted: {
                began.signal()
                gate.wait()
                return false
            },
            answer: { _ in }
        )
        #expect(isTaken)
        began.wait()
    }

    @Test("Hosts have their turn one after another, whatever each has waiting")
    func turns() {
        let queue = PasswordQueue(threads: 1)
        let gate = DispatchSemaphore(value: 0)
        self.block(queue, until: gate)
        let order = Mutex<[String]>([])
        let all = DispatchGroup()
        for (host, count) in [("a", 4), ("b", 1), ("c", 2)] {
            for number in 0..<count {
                all.enter()
                let answer = { @Sendable (isRight: Bool) in
                    #expect(isRight)
                    order.withLock { $0.append("\(host)\(number)") }
                    all.leave()
                }
                _ = queue.submit(self.right, from: host, isWanted: { true }, answer: answer)
            }
        }
        gate.signal()
        all.wait()
        #expect(order.withLock { $0 } == ["a0", "b0", "c0", "a1", "c1", "a2", "a3"])
    }

    @Test("What may wait is bounded for each host and in all, and there is room again afterwards")
    func bounds() {
        let queue = PasswordQueue(threads: 1)
        let gate = DispatchSemaphore(value: 0)
        self.block(queue, until: gate)
        func fill(_ host: String) -> Int {
            var taken = 0
            while queue.submit(self.right, from: host, isWanted: { true }, answer: { _ in }) { taken += 1 }
            return taken
        }
        #expect(fill("a") == PasswordQueue.waitingPerHostMax)
        #expect(fill("b") == PasswordQueue.waitingPerHostMax)
        let others = (0..<4).map { fill("c\($0)") }
        #expect(others.reduce(2 * PasswordQueue.waitingPerHostMax, +) == PasswordQueue.waitingMax)
        gate.signal()
        let done = DispatchSemaphore(value: 0)
        while !queue.submit(self.right, from: "d", isWanted: { true }, answer: { _ in done.signal() }) {}
        done.wait()
    }

    @Test("A check that nobody waits for is not made")
    func unwanted() {
        let queue = PasswordQueue(threads: 1)
        let gate = DispatchSemaphore(value: 0)
        self.block(queue, until: gate)
        let answers = Mutex<[String]>([])
        let done = DispatchSemaphore(value: 0)
        let answer = { @Sendable (host: String) in
            { @Sendable (_: Bool) in
                answers.withLock { $0.append(host) }
                done.signal()
            }
        }
        _ = queue.submit(self.right, from: "a", isWanted: { false }, answer: answer("a"))
        _ = queue.submit(self.right, from: "b", isWanted: { true }, answer: answer("b"))
        gate.signal()
        done.wait()
        #expect(answers.withLock { $0 } == ["b"])
    }
}
