public import StreamModel

extension MemoryStreamStore {
    /// When ``expire(by:)`` may have something to do; nil while nothing is to go by itself.
    public var nextExpiry: Timestamp? {
        let due = self.timers.first.map { Timestamp(rawValue: $0.due) }
        guard let age = self.limits.age, let oldest = self.oldestAging else { return due }
        let aged = oldest.advanced(byNanoseconds: age).advanced(byNanoseconds: 1)
        return due.map { min($0, aged) } ?? aged
    }

    /// Removes messages that are older than ``StoreLimits/age`` or whose time to live has ended at `now`, a bounded
    /// number of them; returns how many.
    public func expire(by now: Timestamp) -> UInt64 {
        let before = self.state.messages
        if let age = self.limits.age { self.expire(before: now.advanced(byNanoseconds: -age)) }
        _ = self.expire(dueBy: now, limit: FileStreamStore.expiringMax)
        return before - self.state.messages
    }

    /// Removes messages whose time to live has ended by `now`, the earliest first and at most `limit`; returns how
    /// many.
    func expire(dueBy now: Timestamp, limit: Int) -> Int {
        var count = 0
        while count < limit, let timer = self.timers.first, timer.due <= now.rawValue {
            self.timers.removeFirst()
            guard let position = self.livePosition(of: timer.sequence) else { continue }
            self.drop(position)
            self.removals.note(timer.sequence, timer.sequence, .limit)
            count += 1
        }
        self.refreshEnds()
        return count
    }

    /// Removes messages with a timestamp before `time` from the front, a bounded number of them.
    func expire(before time: Timestamp) {
        if self.state.messages == 0 { return }
        var position = self.position(of: self.agedBelow)
        for _ in 0..<FileStreamStore.agingMax {
            guard position < self.slots.count, self.slots[position].timestamp < time else { break }
            if self.slots[position].isLive, !self.slots[position].isExempt {
                let sequence = self.slots[position].sequence
                self.drop(position)
                self.removals.note(sequence, sequence, .limit)
            }
            position += 1
        }
        self.agedBelow =
            position < self.slots.count
            ? self.slots[position].sequence : self.state.lastSequence.rawValue + 1
        self.refreshEnds()
    }

    /// When the oldest message was stored that ``expire(by:)`` may remove; nil if there is none.
    var oldestAging: Timestamp? {
        var position = self.position(of: self.agedBelow)
        while position < self.slots.count {
            if self.slots[position].isLive, !self.slots[position].isExempt {
                return self.slots[position].timestamp
            }
            position += 1
        }
        return nil
    }

    private func livePosition(of sequence: UInt64) -> Int? {
        let position = self.position(of: sequence)
        guard position < self.slots.count, self.slots[position].sequence == sequence,
            self.slots[position].isLive
        else { return nil }
        return position
    }
}
