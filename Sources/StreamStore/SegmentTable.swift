/// How many stored messages each segment of the log holds, so that one without any can be dropped.
struct SegmentTable {
    /// One segment.
    struct Row: Equatable {
        /// The segment's number.
        var number: UInt64
        /// Messages in it that are stored.
        var live: UInt64
        /// The highest sequence in it; zero: none.
        var last: UInt64
    }

    /// Those that nothing is appended to, ascending by number.
    private var older: [Row] = []
    /// The last one.
    private(set) var newest: Row?

    /// All of them, ascending by number.
    var rows: [Row] {
        if let newest = self.newest { self.older + [newest] } else { self.older }
    }

    /// Puts a row behind the others.
    mutating func restore(_ row: Row) {
        if let newest = self.newest { self.older.append(newest) }
        self.newest = row
    }

    /// One more message in the segment, the newest there is.
    @inline(__always)
    mutating func didAppend(_ sequence: UInt64, in number: UInt64) {
        if var row = self.newest, row.number == number {
            row.live += 1
            row.last = sequence
            self.newest = row
        } else {
            self.restore(Row(number: number, live: 1, last: sequence))
        }
    }

    /// So many messages less in the segment.
    mutating func didRemove(_ count: UInt64 = 1, in number: UInt64) {
        if let newest = self.newest, newest.number == number {
            self.newest?.live = newest.live - Swift.min(count, newest.live)
            return
        }
        guard let index = self.index(of: number) else { return }
        self.older[index].live -= Swift.min(count, self.older[index].live)
    }

    /// No message is left in any.
    mutating func didRemoveAll() {
        for index in self.older.indices { self.older[index].live = 0 }
        self.newest?.live = 0
    }

    /// Forgets segments that are gone.
    mutating func drop(_ numbers: [UInt64]) {
        let gone = Set(numbers)
        self.older.removeAll { gone.contains($0.number) }
        if let newest = self.newest, gone.contains(newest.number) { self.newest = self.older.popLast() }
    }

    private func index(of number: UInt64) -> Int? {
        var low = 0
        var high = self.older.count
        while low < high {
            let middle = (low + high) / 2
            if self.older[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low < self.older.count && self.older[low].number == number ? low : nil
    }
}
