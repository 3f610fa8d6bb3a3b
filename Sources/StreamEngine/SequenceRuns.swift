/// A set of sequences kept as runs of neighbours, ascending: a million neighbours cost one entry.
struct SequenceRuns: Equatable {
    /// Neighbours, both ends included.
    struct Run: Equatable {
        var first: UInt64
        var last: UInt64
    }

    private(set) var runs: [Run] = []
    /// How many sequences are in the set.
    private(set) var count = 0

    /// Whether `sequence` is in the set.
    func contains(_ sequence: UInt64) -> Bool {
        let index = self.firstRun(endingAtOrAfter: sequence)
        return index < self.runs.count && self.runs[index].first <= sequence
    }

    /// Adds `sequence`.
    mutating func insert(_ sequence: UInt64) {
        let index = self.firstRun(endingAtOrAfter: sequence)
        if index < self.runs.count, self.runs[index].first <= sequence { return }
        self.count += 1
        // The run before ends below `sequence`, the run at `index` starts above it.
        let joinsBefore = index > 0 && self.runs[index - 1].last + 1 == sequence
        let joinsAfter = index < self.runs.count && self.runs[index].first - 1 == sequence
        switch (joinsBefore, joinsAfter) {
        case (true, true):
            self.runs[index - 1].last = self.runs[index].last
            self.runs.remove(at: index)
        case (true, false): self.runs[index - 1].last = sequence
        case (false, true): self.runs[index].first = sequence
        case (false, false): self.runs.insert(Run(first: sequence, last: sequence), at: index)
        }
    }

    /// Removes `sequence`; false if it was not there.
    @discardableResult
    mutating func remove(_ sequence: UInt64) -> Bool {
        guard self.contains(sequence) else { return false }
        self.remove(sequence...sequence)
        return true
    }

    /// Removes what is in `range`.
    mutating func remove(_ range: ClosedRange<UInt64>) {
        let start = self.firstRun(endingAtOrAfter: range.lowerBound)
        var end = start
        var rest: [Run] = []
        while end < self.runs.count, self.runs[end].first <= range.upperBound {
            let run = self.runs[end]
            let cut = max(run.first, range.lowerBound)...min(run.last, range.upperBound)
            self.count -= Int(cut.upperBound - cut.lowerBound) + 1
            if run.first < cut.lowerBound { rest.append(Run(first: run.first, last: cut.lowerBound - 1)) }
            if run.last > cut.upperBound { rest.append(Run(first: cut.upperBound + 1, last: run.last)) }
            end += 1
        }
        self.runs.replaceSubrange(start..<end, with: rest)
    }

    /// Adds a run above all others; false if it is not, or is upside down, or the count would overflow.
    mutating func append(_ run: Run) -> Bool {
        guard run.first > 0, run.first <= run.last, run.last < .max else { return false }
        if let before = self.runs.last, before.last >= run.first - 1 { return false }
        guard let size = Int(exactly: run.last - run.first + 1) else { return false }
        let (sum, overflow) = self.count.addingReportingOverflow(size)
        if overflow { return false }
        self.count = sum
        self.runs.append(run)
        return true
    }

    /// The sequences of the set inside `range`, ascending.
    func sequences(in range: ClosedRange<UInt64>) -> [UInt64] {
        var found: [UInt64] = []
        var index = self.firstRun(endingAtOrAfter: range.lowerBound)
        while index < self.runs.count, self.runs[index].first <= range.upperBound {
            let first = max(self.runs[index].first, range.lowerBound)
            let last = min(self.runs[index].last, range.upperBound)
            found.append(contentsOf: first...last)
            index += 1
        }
        return found
    }

    private func firstRun(endingAtOrAfter sequence: UInt64) -> Int {
        var low = 0
        var high = self.runs.count
        while low < high {
            let middle = (low + high) / 2
            if self.runs[middle].last < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
