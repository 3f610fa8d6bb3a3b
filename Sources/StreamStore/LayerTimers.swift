/// The timers of the messages that a layer got.
struct LayerTimers {
    /// Those that are due some time.
    var due = TimerHeap()
    /// The sequences that never go by age, ascending.
    private(set) var exempt: ContiguousArray<UInt64> = []

    /// Whether there is none.
    var isEmpty: Bool { self.due.timers.isEmpty && self.exempt.isEmpty }
    /// Memory in bytes, about.
    var memoryBytes: Int { self.due.memoryBytes + self.exempt.count * 8 }

    /// Adds the timer of the newest message.
    mutating func insert(_ timer: MessageTimer) {
        if timer.due == MessageTimer.never {
            self.exempt.append(timer.sequence)
        } else {
            self.due.insert(timer)
        }
    }

    /// Adds the exempt sequences of `range` to `sequences`.
    func exempt(in range: Range<UInt64>, into sequences: inout [UInt64]) {
        var low = 0
        var high = self.exempt.count
        while low < high {
            let middle = (low + high) / 2
            if self.exempt[middle] < range.lowerBound { low = middle + 1 } else { high = middle }
        }
        while low < self.exempt.count, self.exempt[low] < range.upperBound {
            sequences.append(self.exempt[low])
            low += 1
        }
    }
}
