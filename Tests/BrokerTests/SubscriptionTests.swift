import Synchronization
import Testing

@testable import Broker

@Suite("Delivery limits of subscriptions")
struct SubscriptionTests {
    /// Whether a race has begun.
    private final class Start: Sendable {
        let isOn = Atomic<Bool>(false)
    }

    private func subscription() -> Subscription {
        Subscription(key: 0, pattern: [97], queue: [], target: .client(makeConnection(), sid: [49]))
    }

    @Test("Without a limit a subscription goes on")
    func unlimited() {
        let subscription = self.subscription()
        for _ in 0..<1000 { #expect(subscription.takeDelivery() == .goesOn) }
        #expect(subscription.remaining == .max)
        #expect(subscription.delivered == 1000)
    }

    @Test("The delivery that reaches the limit is the last one", arguments: [1, 2, 5] as [UInt64])
    func limit(limit: UInt64) {
        let subscription = self.subscription()
        #expect(subscription.setLimit(limit))
        #expect(subscription.limit == limit)
        for number in 1..<limit {
            #expect(subscription.takeDelivery() == .goesOn)
            #expect(subscription.remaining == Int(limit - number))
        }
        #expect(subscription.takeDelivery() == .last)
        #expect(subscription.remaining == 0)
        for _ in 0..<3 { #expect(subscription.takeDelivery() == .exhausted) }
        #expect(subscription.remaining == 0)
        #expect(subscription.delivered == limit)
        #expect(!subscription.setLimit(limit + 5), "what has ended stays so")
    }

    @Test("Deliveries before the limit was set count")
    func laterLimit() {
        let subscription = self.subscription()
        for _ in 0..<3 { #expect(subscription.takeDelivery() == .goesOn) }
        #expect(subscription.setLimit(5))
        #expect(subscription.remaining == 2)
        #expect(subscription.takeDelivery() == .goesOn)
        #expect(subscription.takeDelivery() == .last)
    }

    @Test("A limit below what was delivered leaves nothing")
    func lowerLimit() {
        let subscription = self.subscription()
        for _ in 0..<3 { #expect(subscription.takeDelivery() == .goesOn) }
        #expect(!subscription.setLimit(2))
        #expect(!subscription.setLimit(3))
        #expect(subscription.delivered == 3)
    }

    @Test("The last limit counts, from the first message on")
    func anotherLimit() {
        let subscription = self.subscription()
        #expect(subscription.setLimit(9))
        for _ in 0..<2 { #expect(subscription.takeDelivery() == .goesOn) }
        #expect(subscription.setLimit(3))
        #expect(subscription.remaining == 1)
        #expect(subscription.takeDelivery() == .last)
        #expect(subscription.delivered == 3)
    }

    @Test("What was ended delivers nothing more, and knows what it delivered")
    func end() {
        let subscription = self.subscription()
        for _ in 0..<3 { #expect(subscription.takeDelivery() == .goesOn) }
        subscription.end()
        for _ in 0..<3 { #expect(subscription.takeDelivery() == .exhausted) }
        #expect(subscription.remaining == 0)
        #expect(subscription.delivered == 3)
        #expect(subscription.limit == nil)
        #expect(!subscription.setLimit(9))
    }

    @Test("A limit beyond what a count can hold is no limit")
    func hugeLimit() {
        let subscription = self.subscription()
        #expect(subscription.setLimit(.max - 1))
        #expect(subscription.remaining == .max)
        #expect(subscription.takeDelivery() == .goesOn)
    }

    @Test("Racing publishers share exactly the deliveries there are, and one of them has the last")
    func racing() async {
        let subscription = self.subscription()
        let limit = 5000
        #expect(subscription.setLimit(UInt64(limit)))
        let outcomes = await withTaskGroup(of: (goesOn: Int, last: Int).self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var outcome = (goesOn: 0, last: 0)
                    for _ in 0..<limit / 2 {
                        switch subscription.takeDelivery() {
                        case .goesOn: outcome.goesOn += 1
                        case .last: outcome.last += 1
                        case .exhausted: break
                        }
                    }
                    return outcome
                }
            }
            return await group.reduce(into: (goesOn: 0, last: 0)) { sum, one in
                sum.goesOn += one.goesOn
                sum.last += one.last
            }
        }
        #expect(outcomes.goesOn == limit - 1)
        #expect(outcomes.last == 1)
    }

    @Test("A limit set while others deliver is kept exactly, and one of them has the last")
    func racingLimit() async {
        for round in 1...50 {
            let subscription = self.subscription()
            let limit = UInt64(40 * round)
            let start = Start()
            let outcomes = await withTaskGroup(of: (delivered: Int, last: Int, isRemoved: Bool).self) {
                group in
                for _ in 0..<2 {
                    group.addTask {
                        start.isOn.store(true, ordering: .relaxed)
                        var outcome = (delivered: 0, last: 0, isRemoved: false)
                        for _ in 0..<2000 {
                            switch subscription.takeDelivery() {
                            case .goesOn: outcome.delivered += 1
                            case .last:
                                outcome.delivered += 1
                                outcome.last += 1
                            case .exhausted: break
                            }
                        }
                        return outcome
                    }
                }
                group.addTask {
                    while !start.isOn.load(ordering: .relaxed) { await Task.yield() }
                    let goesOn = subscription.setLimit(limit)
                    if !goesOn { subscription.end() }
                    return (0, 0, !goesOn)
                }
                return await group.reduce(into: (delivered: 0, last: 0, isRemoved: false)) { sum, one in
                    sum.delivered += one.delivered
                    sum.last += one.last
                    sum.isRemoved = sum.isRemoved || one.isRemoved
                }
            }
            if outcomes.isRemoved {
                // More were out than the limit when it came.
                #expect(outcomes.last == 0)
                #expect(outcomes.delivered >= limit && outcomes.delivered <= 4000)
            } else {
                #expect(outcomes.last == 1)
                #expect(outcomes.delivered == limit)
            }
            #expect(subscription.delivered == outcomes.delivered)
        }
    }
}
