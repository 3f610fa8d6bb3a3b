import Subjects

/// The trie: finds what a list of its patterns says, and holds its invariants, whatever is put in and taken out.
struct TrieTarget {
    private var trie: SubjectTrie
    private var stored: [(pattern: SubjectPattern, value: UInt32)] = []

    init(_ random: inout SeededGenerator) { self.trie = SubjectTrie(seed: random.next()) }

    mutating func check(_ random: inout SeededGenerator) throws(Finding) {
        for _ in 0..<8 {
            let bytes = Traffic.subject(&random)
            // Kept small, so that the list is quick.
            if random.below(64) >= self.stored.count {
                try self.insert(bytes, value: UInt32(random.below(4)))
            } else {
                try self.remove(at: random.below(self.stored.count))
            }
        }
        if let broken = self.trie.firstBrokenInvariant() {
            throw Finding(target: "trie", problem: broken, input: [])
        }
        try self.query(Traffic.subject(&random))
    }

    private mutating func insert(_ bytes: [UInt8], value: UInt32) throws(Finding) {
        let found = self.trie.insert(bytes.span.bytes, value: value)
        let expected: SubjectTrie.Insertion
        if let pattern = SubjectPattern(bytes) {
            let isPresent = self.stored.contains { $0.pattern == pattern && $0.value == value }
            expected = isPresent ? .alreadyPresent : .inserted
            if !isPresent { self.stored.append((pattern, value)) }
        } else {
            expected = .invalidPattern
        }
        if found != expected { throw Finding(target: "trie", problem: "insert: \(found)", input: bytes) }
    }

    private mutating func remove(at index: Int) throws(Finding) {
        let old = self.stored.remove(at: index)
        let isRemoved = self.trie.remove(old.pattern.bytes.span.bytes, value: old.value)
        let isRemovedAgain = self.trie.remove(old.pattern.bytes.span.bytes, value: old.value)
        if !isRemoved || isRemovedAgain {
            throw Finding(target: "trie", problem: "remove: \(isRemoved)", input: old.pattern.bytes)
        }
    }

    private mutating func query(_ bytes: [UInt8]) throws(Finding) {
        var matches: [UInt32] = []
        self.trie.match(bytes.span.bytes, into: &matches)
        var expected: [UInt32] = []
        for entry in self.stored where entry.pattern.matches(bytes.span.bytes) {
            expected.append(entry.value)
        }
        if matches.sorted() != expected.sorted() || self.trie.hasMatch(bytes.span.bytes) == expected.isEmpty {
            throw Finding(target: "trie", problem: "matches \(matches), expected \(expected)", input: bytes)
        }
        guard let pattern = SubjectPattern(bytes) else { return }
        var overlaps: [UInt32] = []
        self.trie.collectOverlaps(with: bytes.span.bytes, into: &overlaps)
        expected = []
        for entry in self.stored where entry.pattern.overlaps(pattern) { expected.append(entry.value) }
        if overlaps.sorted() != expected.sorted()
            || self.trie.hasOverlap(with: bytes.span.bytes) == expected.isEmpty
        {
            throw Finding(target: "trie", problem: "overlaps \(overlaps), expected \(expected)", input: bytes)
        }
    }
}
