import NIOCore
import Subjects
import Synchronization
import WireProtocol

extension ClientSession {
    func subscribe(subject: RawSpan, queue: RawSpan, sid: RawSpan) {
        if ReservedSubjects.isSystemQueue(queue) {
            return self.complain(
                "Permissions Violation for Subscription to \(QuotedText.quote(subject)) using queue \(QuotedText.quote(queue))"
            )
        }
        let tokensMax = self.broker.options.maxSubscriptionTokens
        if tokensMax > 0, Subject.tokenCount(subject) > tokensMax {
            let subject = QuotedText.quote(subject)
            return self.complain("Permissions Violation for Subscription to \(subject), too many tokens")
        }
        guard Subject.isValidPattern(subject) else { return self.complain("Invalid Subject") }
        guard self.maySubscribe(to: subject, queue: queue) else { return }
        let sid = sid.array()
        // One that had its last message may still be listed: the loop that delivered it says so by letter.
        if self.subscriptions[sid]?.remaining ?? 0 == 0 {
            if let ended = self.subscriptions[sid] { self.remove(ended, of: sid) }
            if self.subscriptions.count >= self.subscriptionsMax {
                return self.complain("maximum subscriptions exceeded")
            }
            self.view.account.limits.takeSubscription()
            self.subscriptions[sid] = self.view.account.interest.add(
                pattern: subject.array(),
                queue: queue.array(),
                target: .client(self.connection, sid: sid),
                delivery: self.rights?.makeGuard(of: subject, queue: queue)
            )
        }
        self.acknowledgeIfVerbose()
    }

    func unsubscribe(sid: [UInt8], limit: UInt64?) {
        if let subscription = self.subscriptions[sid] {
            let goesOn = if let limit { subscription.setLimit(limit) } else { false }
            if !goesOn {
                self.remove(subscription, of: sid)
            }
        }
        self.acknowledgeIfVerbose()
    }

    /// Ends a subscription that is listed under `sid`.
    func remove(_ subscription: Subscription, of sid: [UInt8]) {
        if self.isTracing { self.traceEnd(of: sid) }
        self.subscriptions[sid] = nil
        subscription.end()
        self.view.account.interest.remove(subscription)
        self.view.account.limits.giveSubscriptions(1)
    }

    /// Puts another subscription in the place of one, with other rules for its deliveries.
    ///
    /// What other loops publish meanwhile may be missed, and does not come twice.
    func replace(_ old: Subscription, of sid: [UInt8], delivery: DeliveryGuard?) {
        let interest = self.view.account.interest
        interest.remove(old)
        let new = interest.add(
            pattern: old.pattern,
            queue: old.queue,
            target: old.target,
            delivery: delivery,
            after: old
        )
        self.subscriptions[sid] = new
    }

    /// Forgets where the last message went: what is allowed has changed.
    func forgetRoute() { self.recent.value = RecentRoute() }

    func dropSubscriptions() {
        for (sid, subscription) in self.subscriptions {
            if self.isTracing { self.traceEnd(of: sid) }
            subscription.end()
            self.view.account.interest.remove(subscription)
        }
        self.view.account.limits.giveSubscriptions(self.subscriptions.count)
        self.subscriptions.removeAll()
    }

    /// Forgets a subscription that another loop ended because its limit was reached.
    func forget(sid: [UInt8], subscription: Subscription) {
        if self.subscriptions[sid] === subscription { self.remove(subscription, of: sid) }
    }
}
