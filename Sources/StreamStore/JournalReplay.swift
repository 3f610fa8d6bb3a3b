internal import SegmentLog

/// The journal's entries, gathered to be applied between messages.
struct JournalReplay {
    private var items: [(kind: UInt8, after: UInt64, start: Int, count: Int)] = []
    private var arena: [UInt8] = []

    /// How many there are.
    var count: Int { self.items.count }

    /// Adds an entry behind the others.
    mutating func add(_ entry: JournalEntry, _ bytes: RawSpan) {
        self.items.append((entry.kind, entry.after, self.arena.count, bytes.byteCount))
        self.arena.append(bytes)
    }

    /// The last sequence appended when entry `index` was made.
    func after(_ index: Int) -> UInt64 { self.items[index].after }

    /// Calls `body` with what entry `index` says, nil if that is not known, and its bytes.
    func with(_ index: Int, _ body: (JournalOperation?, RawSpan) -> Void) {
        let item = self.items[index]
        let bytes = unsafe self.arena.span.bytes.extracting(item.start..<item.start + item.count)
        body(JournalOperation(kind: item.kind, bytes), bytes)
    }
}
