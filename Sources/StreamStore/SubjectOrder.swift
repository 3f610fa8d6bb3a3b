/// The subjects of a layer in the order of their keys.
struct SubjectOrder {
    /// Indexes of the table's entries, sorted by text.
    private(set) var indexes: [Int] = []
    /// Whether one is longer than a plain key.
    private(set) var hasLong = false

    /// Sorts the subjects of `table`.
    init(_ table: SubjectTable) {
        guard !table.entries.isEmpty else { return }
        // Eight bytes after what all texts share decide nearly every comparison.
        let shared = Self.sharedBytes(table)
        var keys: [(word: UInt64, index: Int)] = []
        keys.reserveCapacity(table.entries.count)
        for index in table.entries.indices {
            if table.entries[index].textLength > SubjectKey.plainBytesMax { self.hasLong = true }
            keys.append((table.withText(index) { Self.word($0, at: shared) }, index))
        }
        keys.sort { one, other in
            if one.word != other.word { return one.word < other.word }
            return table.withText(one.index) { first in
                table.withText(other.index) { second in first.compare(second) < 0 }
            }
        }
        self.indexes = keys.map { $0.index }
    }

    private static func sharedBytes(_ table: SubjectTable) -> Int {
        var shared = Int(table.entries[0].textLength)
        for index in table.entries.indices.dropFirst() {
            table.withText(0) { first in
                table.withText(index) { text in
                    shared = min(shared, text.byteCount)
                    var place = 0
                    while place < shared, first.octet(place) == text.octet(place) { place += 1 }
                    shared = place
                }
            }
        }
        return shared
    }

    /// The bytes from `start` on as one number that sorts as they do; zeros where there are none.
    private static func word(_ text: RawSpan, at start: Int) -> UInt64 {
        if text.byteCount - start >= 8 { return text.bigEndian64(at: start) }
        var word: UInt64 = 0
        for index in 0..<8 {
            word = word << 8 | (start + index < text.byteCount ? UInt64(text.octet(start + index)) : 0)
        }
        return word
    }
}
