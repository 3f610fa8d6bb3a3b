import Synchronization
import Testing

@testable import Broker

@Suite("Delivery limits of subscriptions")
struct SubscriptionTests {
    private func subscription() -> Subscription {
        Subscription(key: 0, pattern: [97], queue: [], target: .client(makeConnection(), sid: [49]))
    }

    @Test("Without a limit a subscription goes on")
    func unlimited() {
        let subscription = self.subscription()
        for _ in 0..<1000 { #expect(subscription.takeDelivery() == .goesOn) }
        #expect(subscription.remaining == .max)
        #expect(subscription.delivered.load(ordering: .relaxed) == 1000)
    }

    @Test("The delivery that reaches the limit is the last one", arguments: [1, 2, 5] as [UInt64])
    func limit(limit: UInt64) {
        let subscription = self.subscription()
        subscription.limit.store(limit, ordering: .relaxed)
        for number in 1..<limit {
            #expect(subscription.takeDelivery() == .goesOn)
            #expect(subscription.remaining == Int(limit - number))
        }
        #expect(subscription.takeDelivery() == .last)
        #expect(subscription.remaining == 0)
        for _ in 0..<3 { #expect(subscription.takeDelivery() == .exhausted) }
        #expect(subscription.remaining == 0)
    }

    @Test("Deliveries before the limit was set count")
    func laterLimit() {
        let subscription = self.subscription()
        for _ in 0..<3 { #expect(subscription.takeDelivery() == .goesOn) }
        subscription.limit.store(5, ordering: .relaxed)
        #expect(subscription.remaining == 2)
        #expect(subscription.takeDelivery() == .goesOn)
        #expect(subscription.takeDelivery() == .last)
    }

    @Test("A limit below what was delivered leaves nothing")
    func lowerLimit() {
        let subscription = self.subscription()
        for _ in 0..<3 { #expect(subscription.takeDelivery() == .goesOn) }
        subscription.limit.store(2, ordering: .relaxed)
        #expect(subscription.remaining == 0)
        #expect(subscription.takeDelivery() == .exhausted)
    }

    @Test("A limit beyond what a count can hold is no limit")
    func hugeLimit() {
        let subscription = self.subscription()
        subscription.limit.store(.max - 1, ordering: .relaxed)
        #expect(subscription.remaining == .max)
        #expect(subscription.takeDelivery() == .goesOn)
    }

    @Test("Racing publishers share exactly the deliveries there are, and one of them has the last")
    func racing() async {
        let subscription = self.subscription()
        let limit = 5000
        subscription.limit.store(UInt64(limit), ordering: .relaxed)
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
}
