public import StreamModel
public import StreamStore
import Subjects

/// Where a consumer begins, decided once when it is created (consumers.md §2.2).
public struct StartPosition: Sendable, Hashable {
    /// The stream sequence from which new messages are sought.
    public var next: StreamSequence
    /// What counts as delivered before the first delivery: the sequence before the start.
    public var skipped: StreamSequence
    /// With `last_per_subject`, the sequences delivered first, ascending.
    public var lastPerSubject: [StreamSequence]

    /// The start for `policy` in `store` as it is now.
    public init(policy: ConsumerPolicy, store: any StreamStore) {
        let state = store.state
        let first = state.firstSequence
        let last = state.lastSequence
        self.lastPerSubject = []
        var start: StreamSequence
        switch policy.start {
        case .all: start = first
        case .new: start = last.next
        // No stream comes that far; beyond, there would be no room to count on.
        case .sequence(let sequence): start = min(sequence, StreamSequence(.max / 2))
        case .time(let time): start = store.first(atOrAfter: time) ?? last.next
        case .last:
            start =
                policy.filter.isAll ? last : store.last(matching: policy.filter, atOrBefore: last) ?? .zero
        case .lastPerSubject:
            if store.limits.messagesPerSubject == 1 {
                // Every stored message is the last of its subject.
                start = first
                break
            }
            self.lastPerSubject = store.lastPerSubject(matching: policy.filter, atOrBefore: store.durable)
            start = self.lastPerSubject.first ?? last
        }
        if case .sequence = policy.start {
            // A start in the future is kept: messages below it are skipped when they come.
            start = max(start, StreamSequence(1))
        } else {
            if start > last { start = last.next }
        }
        start = max(start, first, StreamSequence(1))
        self.skipped = start.previous
        self.next = self.lastPerSubject.isEmpty ? start : max(start, store.durable.next)
    }
}
