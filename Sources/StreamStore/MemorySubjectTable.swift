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
        /// The next entry whose bytes have the same hash; nil ends the chain.
        var sameHash: Int32?
        /// The hash of `bytes`.
        var hash: Int
    }

    private(set) var entries: [Entry] = []
    private var free: [Int32] = []
    /// The first entry of each hash; seeded by the process, so that nobody outside can aim at one chain.
    private var firstOfHash: [Int: Int32] = [:]

    /// Distinct subjects.
    var count: Int { self.entries.count - self.free.count }

    /// The entry of `subject`, if a message of it is stored.
    func find(_ subject: RawSpan) -> Int32? {
        var candidate = self.firstOfHash[Self.hash(subject)]
        while let index = candidate {
            if self.isEntry(index, subject) { return index }
            candidate = self.entries[Int(index)].sameHash
        }
        return nil
    }

    /// Notes that `sequence`, greater than all before, is stored under `subject`; returns the entry.
    mutating func append(_ sequence: UInt64, to subject: RawSpan) -> Int32 {
        let index = self.find(subject) ?? self.add(subject)
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

    private mutating func add(_ subject: RawSpan) -> Int32 {
        let hash = Self.hash(subject)
        let entry = Entry(bytes: subject.array(), sameHash: self.firstOfHash[hash], hash: hash)
        let index: Int32
        if let reused = self.free.popLast() {
            index = reused
            self.entries[Int(index)] = entry
        } else {
            index = Int32(self.entries.count)
            self.entries.append(entry)
        }
        self.firstOfHash[hash] = index
        return index
    }

    private mutating func unlink(_ index: Int32) {
        let hash = self.entries[Int(index)].hash
        let after = self.entries[Int(index)].sameHash
        if self.firstOfHash[hash] == index {
            self.firstOfHash[hash] = after
        } else {
            var previous = self.firstOfHash[hash]
            while let candidate = previous, self.entries[Int(candidate)].sameHash != index {
                previous = self.entries[Int(candidate)].sameHash
            }
            if let previous { self.entries[Int(previous)].sameHash = after }
        }
        self.entries[Int(index)] = Entry(bytes: [], sameHash: nil, hash: 0)
        self.free.append(index)
    }

    private func isEntry(_ index: Int32, _ subject: RawSpan) -> Bool {
        let bytes = self.entries[Int(index)].bytes
        return unsafe bytes.span.bytes.equals(subject)
    }

    private static func hash(_ subject: RawSpan) -> Int {
        var hasher = Hasher()
        // The pointer does not leave the closure.
        unsafe subject.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return hasher.finalize()
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
