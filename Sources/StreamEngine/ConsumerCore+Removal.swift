import StreamModel
import StreamStore
import Subjects

extension ConsumerCore {
    /// Notes what the store removed (consumers.md §6.3).
    ///
    /// For a purge the stream calls ``didPurge(matching:)`` after this.
    mutating func didRemove(_ removals: [StoreRemoval]) {
        for removal in removals where removal.first <= removal.last {
            let range = removal.first.rawValue...removal.last.rawValue
            self.noteUndelivered(range, isOne: removal.cause != .purged)
            if removal.first > self.acks.delivered.stream { continue }
            if removal.cause == .purged {
                self.settleVanished(in: range)
            } else {
                self.settleRemoved(range)
            }
        }
    }

    /// Notes that the store was purged of messages matching `filter`; ``didRemove(_:)`` comes before it.
    ///
    /// A consumer all of whose messages were concerned moves on to the first left of them; one that wants these and
    /// others, to the first of the stream; another one stays where it is.
    mutating func didPurge(matching filter: SubjectFilter) {
        let isWhole = Self.covers(filter, self.policy.filter)
        guard isWhole || Self.covers(self.policy.filter, filter) else { return }
        let state = self.store.state
        let first: StreamSequence
        if filter.isAll || !isWhole {
            first = state.firstSequence
        } else {
            first = self.store.next(from: .zero, matching: filter) ?? state.lastSequence.next
        }
        guard first > StreamSequence(1) else { return }
        let before = (delivered: self.acks.delivered, floor: self.acks.floor)
        if self.acks.floor.stream < first { self.acks.raiseFloor(to: first.previous) }
        if first > self.next || first.previous > self.acks.delivered.stream {
            self.next = max(self.next, first)
            self.acks.skip(to: first.previous)
        }
        if before.delivered != self.acks.delivered || before.floor != self.acks.floor {
            self.writer.setEnds(delivered: self.acks.delivered, floor: self.acks.floor)
        }
        self.undelivered.invalidate(without: 0...0)
    }

    /// Brings the count of undelivered messages up to a removal.
    ///
    /// - Parameter isOne: whether everything in `range` is gone, not only what matched a filter.
    private mutating func noteUndelivered(_ range: ClosedRange<UInt64>, isOne: Bool) {
        if self.lastPerSubjectPlace < self.lastPerSubject.count {
            let rest = self.lastPerSubject[self.lastPerSubjectPlace...]
            let left = rest.filter { sequence in
                !range.contains(sequence.rawValue)
                    || self.store.next(from: sequence, matching: .all) == sequence
            }
            if left.count < rest.count {
                self.lastPerSubject = left
                self.lastPerSubjectPlace = 0
                self.undelivered.invalidate(without: 0...0)
            }
        }
        guard range.upperBound >= self.next.rawValue else { return }
        if isOne, range.lowerBound == range.upperBound, self.policy.filter.isAll {
            // Not counted yet when it is above: then it is not there when it would be.
            if range.lowerBound <= self.undelivered.through.rawValue { self.undelivered.removeOne() }
            return
        }
        self.undelivered.invalidate(without: isOne ? range : 0...0)
        if !isOne { self.undelivered.restart(last: self.store.state.lastSequence) }
    }

    /// Everything in `range` is gone.
    private mutating func settleRemoved(_ range: ClosedRange<UInt64>) {
        let givenUp = self.acks.givenUp.count
        var settled: [PendingAck] = []
        self.acks.settle(in: range, into: &settled)
        if settled.isEmpty, givenUp == self.acks.givenUp.count { return }
        self.writer.settle(in: range)
        for entry in settled { self.didTerminate(entry, reason: .deleted) }
    }

    /// Some of what is in `range` is gone, by a purge: nobody is told.
    private mutating func settleVanished(in range: ClosedRange<UInt64>) {
        var vanished = self.acks.givenUp.sequences(in: range).filter { !self.isStored($0) }
        for place in 0..<self.acks.ring.count {
            let entry = self.acks.ring[place]
            if entry.deliveries > 0, range.contains(entry.sequence), !self.isStored(entry.sequence) {
                vanished.append(entry.sequence)
            }
        }
        for sequence in vanished {
            self.acks.settle(sequence)
            self.writer.settle(sequence)
        }
        self.flushIfLarge()
    }

    private func isStored(_ sequence: UInt64) -> Bool {
        self.store.next(from: StreamSequence(sequence), matching: .all)?.rawValue == sequence
    }

    /// Whether every subject that `inner` matches is matched by `outer`, pattern by pattern.
    private static func covers(_ outer: SubjectFilter, _ inner: SubjectFilter) -> Bool {
        if outer.isAll { return true }
        if inner.isAll { return false }
        return inner.patterns.allSatisfy { pattern in
            outer.patterns.contains { pattern.isSubset(of: $0) }
        }
    }
}
