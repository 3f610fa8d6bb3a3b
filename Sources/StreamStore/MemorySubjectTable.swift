import Subjects

/// The subjects of a ``MemoryStreamStore``, each with the sequences stored under it.
///
/// A subject lives as long as a message of it is stored, so that dead subjects cost nothing.
struct MemorySubjectTable {
    /// A subject and its messages.
    struct Entry {
        /// The subject.
        var bytes: [UInt8]
        /// Its messages, ascending; empty in a free entry.
        var sequences = SequenceList()
        /// Index + 1 of the next entry of the same bucket; zero ends the chain.
        var next: Int32 = 0
        /// The hash of `bytes`.
        var hash: UInt64
    }

    private(set) var entries: [Entry] = []
    private var free: [Int32] = []
    /// Index + 1 of each chain's first entry; the count is a power of two, or zero.
    private var buckets: [Int32] = []
    /// Seeded by the process, so that nobody outside can aim at one chain.
    private static let hash = SubjectHash(seed: UInt64(bitPattern: Int64(Hasher().finalize())))

    /// Distinct subjects.
    var count: Int { self.entries.count - self.free.count }

    /// The entry of `subject`, if a message of it is stored.
    func find(_ subject: RawSpan) -> Int32? {
        self.find(subject, hash: Self.hash.hash(subject))
    }

    @inline(__always)
    private func find(_ subject: RawSpan, hash: UInt64) -> Int32? {
        if self.buckets.isEmpty { return nil }
        var mark = self.buckets[self.bucket(hash)]
        while mark != 0 {
            let index = Int(mark) - 1
            if self.entries[index].hash == hash {
                let bytes = self.entries[index].bytes
                if unsafe bytes.span.bytes.isSame(as: subject) { return mark - 1 }
            }
            mark = self.entries[index].next
        }
        return nil
    }

    @inline(__always)
    private func bucket(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (self.buckets.count - 1) }

    /// Notes that `sequence`, greater than all before, is stored under `subject`; returns the entry.
    mutating func append(_ sequence: UInt64, to subject: RawSpan) -> Int32 {
        let hash = Self.hash.hash(subject)
        let index = self.find(subject, hash: hash) ?? self.add(subject, hash: hash)
        self.entries[Int(index)].sequences.append(sequence)
        return index
    }

    /// Notes that `sequence` is no longer stored; frees the entry with its last message.
    mutating func remove(_ sequence: UInt64, from index: Int32) {
        self.entries[Int(index)].sequences.remove(sequence)
        if self.entries[Int(index)].sequences.isEmpty { self.unlink(index) }
    }

    /// Calls `body` with each entry that matches.
    func forEach(matching filter: SubjectFilter, _ body: (_ index: Int) -> Void) {
        if let literals = Self.literals(filter) {
            for pattern in literals {
                if let index = unsafe self.find(pattern.bytes.span.bytes) { body(Int(index)) }
            }
            return
        }
        for index in self.entries.indices where !self.entries[index].sequences.isEmpty {
            let bytes = self.entries[index].bytes
            if unsafe filter.matches(bytes.span.bytes) { body(index) }
        }
    }

    /// The filter's patterns, each once, when all of them are literal; nil otherwise.
    static func literals(_ filter: SubjectFilter) -> [SubjectPattern]? {
        if filter.isAll { return nil }
        for pattern in filter.patterns where !pattern.isLiteral { return nil }
        if filter.patterns.count == 1 { return filter.patterns }
        return Array(Set(filter.patterns))
    }

    private mutating func add(_ subject: RawSpan, hash: UInt64) -> Int32 {
        if self.entries.count >= self.buckets.count { self.grow() }
        let bucket = self.bucket(hash)
        let entry = Entry(bytes: subject.copied(), next: self.buckets[bucket], hash: hash)
        let index: Int32
        if let reused = self.free.popLast() {
            index = reused
            self.entries[Int(index)] = entry
        } else {
            index = Int32(self.entries.count)
            self.entries.append(entry)
        }
        self.buckets[bucket] = index + 1
        return index
    }

    private mutating func grow() {
        self.buckets = [Int32](repeating: 0, count: max(64, self.buckets.count * 2))
        for index in self.entries.indices where !self.entries[index].sequences.isEmpty {
            let bucket = self.bucket(self.entries[index].hash)
            self.entries[index].next = self.buckets[bucket]
            self.buckets[bucket] = Int32(index + 1)
        }
    }

    private mutating func unlink(_ index: Int32) {
        let bucket = self.bucket(self.entries[Int(index)].hash)
        let after = self.entries[Int(index)].next
        if self.buckets[bucket] == index + 1 {
            self.buckets[bucket] = after
        } else {
            var mark = self.buckets[bucket]
            while mark != 0 {
                if self.entries[Int(mark) - 1].next == index + 1 {
                    self.entries[Int(mark) - 1].next = after
                    break
                }
                mark = self.entries[Int(mark) - 1].next
            }
        }
        self.entries[Int(index)] = Entry(bytes: [], hash: 0)
        self.free.append(index)
    }
}

/// Ascending sequences; taking the first and adding the last are cheap.
struct SequenceList {
    private var values: [UInt64] = []
    private var head = 0

    /// How many there are.
    var count: Int { self.values.count - self.head }
    /// Whether there is none.
    var isEmpty: Bool { self.values.count == self.head }
    /// The lowest.
    var first: UInt64? { self.isEmpty ? nil : self.values[self.head] }

    /// The number at position `index`, 0 being the lowest.
    subscript(_ index: Int) -> UInt64 { self.values[self.head + index] }

    /// Adds a number greater than all others.
    mutating func append(_ value: UInt64) { self.values.append(value) }

    /// Removes a number; no effect if it is not there.
    mutating func remove(_ value: UInt64) {
        let position = self.lowerBound(value)
        guard position < self.count, self[position] == value else { return }
        if position > 0 {
            self.values.remove(at: self.head + position)
            return
        }
        self.head += 1
        if self.head > 32, self.head * 2 > self.values.count {
            self.values.removeFirst(self.head)
            self.head = 0
        }
    }

    /// How many numbers are below `value`.
    func lowerBound(_ value: UInt64) -> Int {
        var low = 0
        var high = self.count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The lowest number at or above `value`.
    func first(atOrAbove value: UInt64) -> UInt64? {
        let position = self.lowerBound(value)
        return position < self.count ? self[position] : nil
    }

    /// The highest number at or below `value`.
    func last(atOrBelow value: UInt64) -> UInt64? {
        let above = value == .max ? self.count : self.lowerBound(value + 1)
        return above > 0 ? self[above - 1] : nil
    }
}
