import Subjects

/// What a user may publish and subscribe to (core.md §3.3), made ready once and shared by all his connections.
final class Permissions: Sendable {
    /// Patterns that subjects of messages are compared with.
    struct Publishing: Sendable {
        /// What is allowed; nil: everything.
        let allow: SubjectTrie?
        /// What is refused although it is allowed; nil: nothing.
        let deny: SubjectTrie?
    }

    /// A pattern for subscriptions, and the queue groups for which it holds.
    private struct Rule: Sendable {
        let pattern: SubjectPattern
        /// The queue group as written; nil: plain subscriptions and every group.
        let queue: [UInt8]?
        private let queuePattern: SubjectPattern?

        init?(_ rule: PermissionOptions.Rule) {
            guard let pattern = SubjectPattern(rule.subject) else { return nil }
            self.init(pattern, queue: rule.queue)
        }

        init(_ pattern: SubjectPattern, queue: String?) {
            self.pattern = pattern
            self.queue = queue.map { Array($0.utf8) }
            self.queuePattern = queue.flatMap { SubjectPattern($0) }
        }

        /// Whether it holds for that group by name; empty: for plain subscriptions.
        func names(_ group: RawSpan) -> Bool {
            guard let queue = self.queue else { return false }
            return group.equals(queue) || self.queuePattern?.matches(group) ?? false
        }
    }

    /// The rules for publishing; nil: everything is allowed.
    let publishing: Publishing?
    /// The right to answer; nil: none beyond ``publishing``.
    let responses: PermissionOptions.Responses?
    /// What may be subscribed to; nil: everything.
    private let allow: [Rule]?
    private let deny: [Rule]

    /// Makes the permissions that a configuration describes.
    ///
    /// What is no pattern allows nothing, and denies everything: a slip must not open what was to be closed.
    init(_ options: PermissionOptions, seed: UInt64) {
        var allowed = options.publish?.allow
        // core.md §3.3: the right to answer alone is not the right to do everything else.
        if allowed == nil, options.responses != nil { allowed = [] }
        let denied = options.publish?.deny ?? []
        if allowed != nil || !denied.isEmpty {
            self.publishing = Publishing(
                allow: allowed.map { Self.trie($0, seed: seed, others: nil) },
                deny: denied.isEmpty ? nil : Self.trie(denied, seed: seed, others: Self.everything)
            )
        } else {
            self.publishing = nil
        }
        self.responses = options.responses
        self.allow = options.subscribe?.allow.map { $0.compactMap { Rule($0) } }
        self.deny = (options.subscribe?.deny ?? [])
            .compactMap { rule in
                Rule(rule) ?? SubjectPattern(Self.everything).map { Rule($0, queue: rule.queue) }
            }
    }

    private static let everything = ">"

    private static func trie(_ rules: [PermissionOptions.Rule], seed: UInt64, others: String?) -> SubjectTrie
    {
        var trie = SubjectTrie(seed: seed)
        for rule in rules {
            guard let text = SubjectPattern(rule.subject) == nil ? others : rule.subject else { continue }
            let bytes = Array(text.utf8)
            _ = unsafe trie.insert(bytes.span.bytes, value: 0)
        }
        return trie
    }

    // MARK: Subscribing

    /// Whether a subscription may be made; `queue` is empty for a plain one.
    func maySubscribe(to pattern: RawSpan, queue: RawSpan) -> Bool {
        self.isAllowed(pattern, queue) && !self.isDenied(pattern, queue)
    }

    /// What must not be delivered to a subscription that may be made: subjects that are denied, within its pattern.
    func exceptions(of pattern: RawSpan, queue: RawSpan) -> [SubjectPattern] {
        self.deny.filter { $0.queue == nil || $0.names(queue) }.map(\.pattern)
            .filter { unsafe SubjectPattern.overlap($0.bytes.span.bytes, pattern) }
    }

    /// Whether a subscription that may be made sees subjects beyond what is allowed, which are not delivered then.
    ///
    /// The reference lets `foo.>` pass where `foo.*` is allowed, and delivers everything below `foo`.
    func isWide(_ pattern: RawSpan, queue: RawSpan) -> Bool {
        guard let allow = self.allow else { return false }
        for rule in allow where rule.queue == nil || rule.names(queue) {
            if unsafe SubjectPattern.isSubset(pattern, of: rule.pattern.bytes.span.bytes) { return false }
        }
        return true
    }

    private func isAllowed(_ pattern: RawSpan, _ queue: RawSpan) -> Bool {
        guard let allow = self.allow else { return true }
        let wider = allow.filter { Self.covers($0, pattern) }
        if queue.isEmpty { return wider.contains { $0.queue == nil } }
        // Where groups are listed, it must be one of them, whatever else is allowed.
        let listed = wider.filter { $0.queue != nil }
        return listed.isEmpty ? !wider.isEmpty : listed.contains { $0.names(queue) }
    }

    private func isDenied(_ pattern: RawSpan, _ queue: RawSpan) -> Bool {
        self.deny.contains { ($0.queue == nil || $0.names(queue)) && Self.covers($0, pattern) }
    }

    /// Whether a rule holds for all of `pattern`; a `>` at its end is taken for a `*` (core.md §3.3).
    private static func covers(_ rule: Rule, _ pattern: RawSpan) -> Bool {
        if unsafe SubjectPattern.isSubset(pattern, of: rule.pattern.bytes.span.bytes) { return true }
        guard rule.pattern.bytes.last == Subject.star, pattern.byteCount > 0,
            pattern.byte(pattern.byteCount - 1) == Subject.tail
        else { return false }
        var shorter = pattern.array()
        shorter[shorter.count - 1] = Subject.star
        return unsafe SubjectPattern.isSubset(shorter.span.bytes, of: rule.pattern.bytes.span.bytes)
    }
}
