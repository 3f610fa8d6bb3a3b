import StreamModel
import Subjects

/// What is looked at before a message goes to a subscription of a user with permissions; most need none of it.
final class DeliveryGuard: Sendable {
    /// Subjects that are not delivered.
    private let exceptions: [SubjectPattern]
    /// What is asked for each subject, for a queue group, where the subscription sees more than is allowed.
    private let rules: (permissions: Permissions, queue: [UInt8])?
    /// Where replies are noted that may be answered.
    private let grants: ResponseGrants?

    /// A guard; nil if there is nothing to look at.
    init?(
        exceptions: [SubjectPattern],
        rules: (permissions: Permissions, queue: [UInt8])? = nil,
        grants: ResponseGrants?
    ) {
        if exceptions.isEmpty, rules == nil, grants == nil { return nil }
        self.exceptions = exceptions
        self.rules = rules
        self.grants = grants
    }

    /// Whether a message may be delivered; notes its reply if it may be answered then.
    func admits(subject: RawSpan, reply: RawSpan, clock: () -> Timestamp) -> Bool {
        if self.denies(subject) { return false }
        if let grants = self.grants, !reply.isEmpty { grants.add(reply, at: clock()) }
        return true
    }

    /// Whether messages for that subject are not delivered.
    func denies(_ subject: RawSpan) -> Bool {
        for exception in self.exceptions where exception.matches(subject) { return true }
        guard let rules = self.rules else { return false }
        return unsafe !rules.permissions.maySubscribe(to: subject, queue: rules.queue.span.bytes)
    }
}
