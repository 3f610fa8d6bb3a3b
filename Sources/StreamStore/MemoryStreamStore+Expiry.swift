public import StreamModel

extension MemoryStreamStore {
    /// When the next message with a time to live is due to go; nil if none is.
    public var nextExpiry: Timestamp? { self.timers.first.map { Timestamp(rawValue: $0.due) } }

    /// Removes messages whose time to live has ended by `now`, the earliest first and at most `limit`; returns how
    /// many.
    public func expire(dueBy now: Timestamp, limit: Int) -> Int {
        var count = 0
        while count < limit, let timer = self.timers.first, timer.due <= now.rawValue {
            self.timers.removeFirst()
            guard let position = self.livePosition(of: timer.sequence) else { continue }
            self.drop(position)
            self.report(timer.sequence, timer.sequence, .limit)
            count += 1
        }
        self.refreshEnds()
        return count
    }

    /// The messages whose time to live has ended by `now`, the earliest first and at most `limit`.
    public func expiring(by now: Timestamp, limit: Int) -> [StreamSequence] {
        var timers = self.timers
        var found: [StreamSequence] = []
        while found.count < limit, let timer = timers.first, timer.due <= now.rawValue {
            timers.removeFirst()
            if self.livePosition(of: timer.sequence) != nil { found.append(StreamSequence(timer.sequence)) }
        }
        return found
    }

    /// Removes messages with a timestamp before `time` from the front, a bounded number of them.
    public func expire(before time: Timestamp) {
        if self.state.messages == 0 { return }
        var position = self.position(of: self.agedBelow)
        for _ in 0..<FileStreamStore.agingMax {
            guard position < self.slots.count, self.slots[position].timestamp < time else { break }
            if self.slots[position].isLive, !self.slots[position].isExempt {
                let sequence = self.slots[position].sequence
                self.drop(position)
                self.report(sequence, sequence, .limit)
            }
            position += 1
        }
        self.agedBelow =
            position < self.slots.count
            ? self.slots[position].sequence : self.state.lastSequence.rawValue + 1
        self.refreshEnds()
    }

    /// When the oldest message was stored that ``expire(before:)`` may remove; nil if there is none.
    public var oldestAging: Timestamp? {
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
