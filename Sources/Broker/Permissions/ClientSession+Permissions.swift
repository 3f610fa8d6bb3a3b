import Subjects
import Synchronization
import WireProtocol

/// What a client may do, and what it is told when it may not (core.md §1.7, §3.3).
extension ClientSession {
    /// The most subscriptions it may have: those of the server's and the account's limit that are fewer.
    var subscriptionsMax: Int {
        let most = self.broker.options.maxSubscriptions
        let ofAccount = self.view.account.limits.maxSubscriptions.load(ordering: .relaxed)
        return most > 0 ? min(most, ofAccount) : ofAccount
    }

    /// Whether a subscription may be made; if not, the client was told.
    func maySubscribe(to subject: RawSpan, queue: RawSpan) -> Bool {
        guard let rights = self.rights, !rights.maySubscribe(to: subject, queue: queue) else { return true }
        self.complain(Self.violation(of: subject, queue: queue))
        return false
    }

    /// Takes over the rights of `user` for what is subscribed to already: what is not allowed any more is removed.
    func reconsiderSubscriptions() {
        for (sid, subscription) in self.subscriptions where subscription.remaining > 0 {
            let (pattern, queue) = (subscription.pattern, subscription.queue)
            let subject = unsafe pattern.span.bytes
            let group = unsafe queue.span.bytes
            if let rights = self.rights, !rights.maySubscribe(to: subject, queue: group) {
                self.remove(subscription, of: sid)
                let text = unsafe QuotedText.quote(sid.span.bytes)
                self.complain("\(Self.violation(of: subject, queue: group)) (sid \(text))")
                continue
            }
            let delivery = self.rights?.makeGuard(of: subject, queue: group)
            if delivery != nil || subscription.delivery != nil {
                self.replace(subscription, of: sid, delivery: delivery)
            }
        }
    }

    private static func violation(of subject: RawSpan, queue: RawSpan) -> String {
        let text = "Permissions Violation for Subscription to \(QuotedText.quote(subject))"
        return queue.isEmpty ? text : "\(text) using queue \(QuotedText.quote(queue))"
    }
}
