/// What a user may publish and subscribe to (core.md §3.3).
public struct PermissionOptions: Sendable, Equatable {
    /// A pattern, and the queue groups for which it holds.
    public struct Rule: Sendable, Equatable, Hashable {
        /// The subject, perhaps with wildcards.
        public var subject: String
        /// The queue group, perhaps with wildcards; nil: plain subscriptions and every queue group.
        ///
        /// Always nil in rules for publishing.
        public var queue: String?

        /// A rule for `subject`, and `queue` alone where it is given.
        public init(subject: String, queue: String? = nil) {
            self.subject = subject
            self.queue = queue
        }
    }

    /// What is allowed and what is not.
    public struct Rules: Sendable, Equatable {
        /// What is allowed; nil: everything.
        ///
        /// An empty list allows nothing.
        public var allow: [Rule]?
        /// What is refused although it is allowed.
        public var deny: [Rule]

        /// Rules that allow `allow` but for `deny`.
        public init(allow: [Rule]? = nil, deny: [Rule] = []) {
            self.allow = allow
            self.deny = deny
        }
    }

    /// The right to answer what was received.
    public struct Responses: Sendable, Equatable {
        /// Answers to one message; nil: no limit.
        public var limit: Int?
        /// Nanoseconds after the message in which it may be answered; nil: always.
        public var expiry: Int64?

        /// One answer within two minutes, if not said otherwise.
        public init(limit: Int? = 1, expiry: Int64? = 120_000_000_000) {
            self.limit = limit
            self.expiry = expiry
        }
    }

    /// What may be published; nil: everything, or nothing but answers where ``responses`` is given.
    public var publish: Rules?
    /// What may be subscribed to; nil: everything.
    public var subscribe: Rules?
    /// The right to answer what is not allowed otherwise; nil: none.
    public var responses: Responses?

    /// Everything is allowed.
    public init() {}
}
