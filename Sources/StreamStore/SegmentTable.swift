/// How much of each segment of the log is stored, so that one without any can be dropped and one with little be rewritten.
struct SegmentTable {
    /// One segment.
    struct Row: Equatable {
        /// The segment's number.
        var number: UInt64
        /// Messages in it that are stored.
        var live: UInt64
        /// The highest sequence in it; zero: none.
        var last: UInt64
        /// Bytes of the records of those stored.
        var liveBytes: UInt64 = 0
        /// Bytes of all records in the file, as they are without compression.
        var keptBytes: UInt64 = 0
        /// Whether the file is compressed.
        var isCompressed = false
        /// Before this time it is left alone, in nanoseconds since 1970; not kept in files.
        var retryAt = Int64.min

        /// Bytes that rewriting would leave out.
        var garbage: UInt64 { self.keptBytes > self.liveBytes ? self.keptBytes - self.liveBytes : 0 }
    }

    /// Those that nothing is appended to, ascending by number.
    private(set) var older: [Row] = []
    /// The last one.
    private(set) var newest: Row?
    /// Bytes that rewriting all of `older` would leave out.
    private(set) var garbage: UInt64 = 0
    /// How many of `older` hold no stored message.
    private(set) var deadCount = 0
    /// How many of `older` are not compressed.
    private(set) var plainCount = 0

    /// All of them, ascending by number.
    var rows: [Row] {
        if let newest = self.newest { self.older + [newest] } else { self.older }
    }

    /// Bytes of the record of a message whose size is `size`.
    ///
    /// As long as eight bytes too much for one with headers: what counts is that adding and taking away agree.
    @inline(__always)
    static func recordBytes(_ size: UInt32) -> UInt64 { (UInt64(size) + 9) & ~7 }

    /// Puts a row behind the others.
    mutating func restore(_ row: Row) {
        if let newest = self.newest { self.age(newest) }
        self.newest = row
    }

    private mutating func age(_ row: Row) {
        self.older.append(row)
        self.garbage += row.garbage
        if row.live == 0 { self.deadCount += 1 }
        if !row.isCompressed { self.plainCount += 1 }
    }

    /// One more message in the segment, the newest there is.
    @inline(__always)
    mutating func didAppend(_ sequence: UInt64, in number: UInt64, bytes: UInt64) {
        if var row = self.newest, row.number == number {
            row.live += 1
            row.last = sequence
            row.liveBytes += bytes
            row.keptBytes += bytes
            self.newest = row
        } else {
            self.restore(Row(number: number, live: 1, last: sequence, liveBytes: bytes, keptBytes: bytes))
        }
    }

    /// One more message in the newest segment, that is not stored any more.
    mutating func didFind(bytes: UInt64) { self.newest?.keptBytes += bytes }

    /// So many messages less in the segment, of so many bytes together.
    mutating func didRemove(_ count: UInt64 = 1, in number: UInt64, bytes: UInt64) {
        self.change(number) { row in
            row.live -= Swift.min(count, row.live)
            row.liveBytes -= Swift.min(bytes, row.liveBytes)
        }
    }

    /// No message is left in any.
    mutating func didRemoveAll() {
        for row in self.rows {
            self.change(row.number) { row in
                row.live = 0
                row.liveBytes = 0
            }
        }
    }

    /// The segment was rewritten, with so many bytes of records kept.
    mutating func didRewrite(_ number: UInt64, keptBytes: UInt64, isCompressed: Bool, retryAt: Int64) {
        self.change(number) { row in
            row.keptBytes = keptBytes
            row.isCompressed = isCompressed
            row.retryAt = retryAt
        }
    }

    /// Leaves the segment alone for a while.
    mutating func postpone(_ number: UInt64, until time: Int64) {
        self.change(number) { $0.retryAt = time }
    }

    /// Forgets segments that are gone.
    mutating func drop(_ numbers: [UInt64]) {
        let gone = Set(numbers)
        let kept = self.rows.filter { !gone.contains($0.number) }
        self = SegmentTable()
        for row in kept { self.restore(row) }
    }

    /// The segment's row; nil if there is none.
    func row(of number: UInt64) -> Row? {
        if let newest = self.newest, newest.number == number { return newest }
        return self.index(of: number).map { self.older[$0] }
    }

    @inline(__always)
    private mutating func change(_ number: UInt64, _ body: (inout Row) -> Void) {
        if var row = self.newest, row.number == number {
            body(&row)
            self.newest = row
            return
        }
        guard let index = self.index(of: number) else { return }
        let old = self.older[index]
        body(&self.older[index])
        let new = self.older[index]
        self.garbage = self.garbage - old.garbage + new.garbage
        self.deadCount += (new.live == 0 ? 1 : 0) - (old.live == 0 ? 1 : 0)
        self.plainCount += (new.isCompressed ? 0 : 1) - (old.isCompressed ? 0 : 1)
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

extension SegmentTable.Row {
    /// Reads a value of database `segments`; nil if it makes no sense.
    init?(number: UInt64, _ value: RawSpan) {
        var reader = FieldReader()
        self.init(
            number: number,
            live: reader.varint(value),
            last: reader.varint(value),
            liveBytes: reader.varint(value),
            keptBytes: reader.varint(value),
            isCompressed: reader.byte(value) == 1
        )
        let most: UInt64 = 1 << 40
        guard reader.isComplete(value), self.live < most, self.liveBytes < most, self.keptBytes < most else {
            return nil
        }
    }

    /// Adds the value to `bytes`.
    func encode(into bytes: inout [UInt8]) {
        bytes.appendVarint(self.live)
        bytes.appendVarint(self.last)
        bytes.appendVarint(self.liveBytes)
        bytes.appendVarint(self.keptBytes)
        bytes.append(self.isCompressed ? 1 : 0)
    }
}
