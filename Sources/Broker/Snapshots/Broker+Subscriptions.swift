import StreamModel
import Subjects

/// Which subscriptions are asked for (core.md §5.1, `/subsz`).
public struct SubscriptionQuery: Sendable {
    /// The account whose subscriptions are asked for; nil: all.
    public var account: String?
    /// The literal subject that they must match; nil: any.
    public var test: String?
    /// How many are left out at the start.
    public var offset = 0
    /// How many are wanted at the most.
    public var limit = 1024

    /// The first page of all.
    public init() {}
}

extension Broker {
    /// Subscriptions looked at while a table's lock is held.
    private static let sliceMax = 1024

    /// Finds subscriptions; also says how many there are on all pages.
    public func subscriptions(_ query: SubscriptionQuery) -> (total: Int, page: [SubscriptionSnapshot]) {
        var total = 0
        var page: [SubscriptionSnapshot] = []
        let test = query.test.map { Array($0.utf8) }
        for account in self.watchedAccounts where query.account == nil || query.account == account.name {
            var next: Int? = 0
            while let start = next {
                let slice = account.interest.slice(from: start, limit: Self.sliceMax)
                next = slice.next
                for subscription in slice.subscriptions {
                    if let test, !Self.matches(subscription, test) { continue }
                    if total >= query.offset, page.count < query.limit {
                        page.append(SubscriptionSnapshot(subscription, account: account.name))
                    }
                    total += 1
                }
            }
        }
        return (total, page)
    }

    private static func matches(_ subscription: Subscription, _ subject: [UInt8]) -> Bool {
        guard let pattern = SubjectPattern(subscription.pattern) else { return false }
        return unsafe pattern.matches(subject.span.bytes)
    }
}
