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

    /// Ascending by number.
    private(set) var rows: [Row] = []

    /// Puts a row behind the others.
    mutating func restore(_ row: Row) { self.rows.append(row) }

    /// One more message in the segment, the newest there is.
    @inline(__always)
    mutating func didAppend(_ sequence: UInt64, in number: UInt64) {
        if let last = self.rows.indices.last, self.rows[last].number == number {
            self.rows[last].live += 1
            self.rows[last].last = sequence
        } else {
            self.rows.append(Row(number: number, live: 1, last: sequence))
        }
    }

    /// One message less in the segment.
    mutating func didRemove(in number: UInt64) {
        guard let index = self.index(of: number), self.rows[index].live > 0 else { return }
        self.rows[index].live -= 1
    }

    /// No message is left in any.
    mutating func didRemoveAll() {
        for index in self.rows.indices { self.rows[index].live = 0 }
    }

    /// Forgets segments that are gone.
    mutating func drop(_ numbers: [UInt64]) {
        let gone = Set(numbers)
        self.rows.removeAll { gone.contains($0.number) }
    }

    private func index(of number: UInt64) -> Int? {
        var low = 0
        var high = self.rows.count
        while low < high {
            let middle = (low + high) / 2
            if self.rows[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low < self.rows.count && self.rows[low].number == number ? low : nil
    }
}
