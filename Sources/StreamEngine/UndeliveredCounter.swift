import StreamModel
import StreamStore
import Subjects

/// How many stored, durable, matching messages a consumer has not delivered yet: `num_pending`, exact.
///
/// One is added for each message that becomes durable and taken for each first delivery. Where that is not
/// enough (a removal ahead of the consumer, another filter) the count is stale and made anew when it is needed.
struct UndeliveredCounter {
    /// The count, as of the last refresh.
    private(set) var count: UInt64 = 0
    /// Every message up to here was considered.
    private(set) var through = StreamSequence.zero
    private var isStale = true
    /// Appended messages that match and were not durable at the last refresh; kept with a filter only.
    private var arrivals = Ring<UInt64>()
    /// Up to here arrivals were not seen, or too many to remember.
    private var forgottenThrough: UInt64

    private static let arrivalsMax = 1 << 16

    /// For a consumer that begins when the stream's last sequence is `last`: what came before is counted.
    init(last: StreamSequence) { self.forgottenThrough = last.rawValue }

    /// Notes an appended message that matches.
    mutating func append(_ sequence: StreamSequence) {
        if self.arrivals.count >= Self.arrivalsMax {
            self.arrivals.removeAll()
            self.forgottenThrough = sequence.rawValue
        }
        self.arrivals.append(sequence.rawValue)
    }

    /// Notes a first delivery.
    mutating func deliver() {
        if self.count > 0 { self.count -= 1 }
    }

    /// Notes that one counted message is gone.
    mutating func removeOne() {
        if self.count > 0 { self.count -= 1 }
    }

    /// Notes that the count may be wrong, and that no arrival in `range` is left.
    mutating func invalidate(without range: ClosedRange<UInt64>) {
        self.isStale = true
        guard let last = self.arrivals.last, range.lowerBound <= last else { return }
        var kept = Ring<UInt64>()
        for index in 0..<self.arrivals.count where !range.contains(self.arrivals[index]) {
            kept.append(self.arrivals[index])
        }
        self.arrivals = kept
    }

    /// Notes that everything is to be counted again, arrivals too: the filter changed.
    mutating func restart(last: StreamSequence) {
        self.isStale = true
        self.arrivals.removeAll()
        self.forgottenThrough = last.rawValue
    }

    /// Brings the count up to what is durable.
    ///
    /// - Parameters:
    ///   - next: where the search for new messages goes on.
    ///   - ahead: messages to be delivered before those: the rest of a last-per-subject list.
    mutating func refresh(
        _ store: any StreamStore,
        from next: StreamSequence,
        ahead: UInt64,
        matching filter: SubjectFilter
    ) {
        let durable = store.durable
        if self.isStale || self.through.rawValue < self.forgottenThrough && durable > self.through {
            self.isStale = false
            self.count = ahead + Self.count(store, from: next, through: durable, matching: filter)
        } else if durable <= self.through {
            return
        } else if filter.isAll {
            let start = max(next, self.through.next)
            self.count += Self.count(store, from: start, through: durable, matching: filter)
        } else {
            for index in 0..<self.arrivals.count {
                let sequence = self.arrivals[index]
                if sequence > durable.rawValue { break }
                if sequence >= next.rawValue, sequence > self.through.rawValue { self.count += 1 }
            }
        }
        while let first = self.arrivals.first, first <= durable.rawValue { self.arrivals.removeFirst() }
        self.through = durable
    }

    private static func count(
        _ store: any StreamStore,
        from start: StreamSequence,
        through durable: StreamSequence,
        matching filter: SubjectFilter
    ) -> UInt64 {
        if start > durable { return 0 }
        let stored = store.count(from: start, matching: filter)
        if stored == 0 || durable == store.state.lastSequence { return stored }
        let tooNew = store.count(from: durable.next, matching: filter)
        return stored > tooNew ? stored - tooNew : 0
    }
}
