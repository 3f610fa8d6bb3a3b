import Subjects
import Testing

@Suite("Subject trie")
struct SubjectTrieTests {
    private static func matches(_ trie: inout SubjectTrie, _ subject: String) -> [UInt32] {
        let bytes = Array(subject.utf8)
        var found: [UInt32] = []
        trie.match(bytes.span.bytes, into: &found)
        #expect(trie.hasMatch(bytes.span.bytes) == !found.isEmpty)
        return found.sorted()
    }

    private static func overlaps(_ trie: inout SubjectTrie, _ pattern: String) -> [UInt32] {
        let bytes = Array(pattern.utf8)
        var found: [UInt32] = []
        trie.collectOverlaps(with: bytes.span.bytes, into: &found)
        #expect(trie.hasOverlap(with: bytes.span.bytes) == !found.isEmpty)
        return found.sorted()
    }

    private static func insert(
        _ trie: inout SubjectTrie,
        _ pattern: String,
        _ value: UInt32
    ) -> SubjectTrie.Insertion {
        let bytes = Array(pattern.utf8)
        return trie.insert(bytes.span.bytes, value: value)
    }

    private static func remove(_ trie: inout SubjectTrie, _ pattern: String, _ value: UInt32) -> Bool {
        let bytes = Array(pattern.utf8)
        return trie.remove(bytes.span.bytes, value: value)
    }

    @Test(
        "A subject finds the values of the patterns it matches",
        arguments: [
            ("foo", [1, 5]), ("foo.bar", [2, 3, 4, 5]), ("foo.baz", [3, 4, 5]), ("foo.bar.baz", [4, 5, 6]),
            ("foo.*", [3, 4, 5]), ("bar", [5]), ("foo..bar", []), ("foo.", []), (".foo", []), ("", []),
        ] as [(String, [UInt32])]
    )
    func match(subject: String, values: [UInt32]) {
        var trie = SubjectTrie(seed: 1)
        for (index, pattern) in ["foo", "foo.bar", "foo.*", "foo.>", ">", "*.*.baz"].enumerated() {
            #expect(Self.insert(&trie, pattern, UInt32(index + 1)) == .inserted)
        }
        #expect(trie.firstBrokenInvariant() == nil)
        #expect(Self.matches(&trie, subject) == values)
    }

    @Test("A pattern holds a value once, and several in the order they came")
    func severalValues() {
        var trie = SubjectTrie(seed: 2)
        for value in [9, 3, 7] as [UInt32] { #expect(Self.insert(&trie, "a.*", value) == .inserted) }
        #expect(Self.insert(&trie, "a.*", 3) == .alreadyPresent)
        #expect(trie.count == 3)
        #expect(trie.patternCount == 1)
        var found: [UInt32] = []
        let bytes = Array("a.b".utf8)
        trie.match(bytes.span.bytes, into: &found)
        #expect(found == [9, 3, 7])
        #expect(Self.remove(&trie, "a.*", 9))
        #expect(!Self.remove(&trie, "a.*", 9))
        #expect(trie.firstBrokenInvariant() == nil)
        #expect(Self.matches(&trie, "a.b") == [3, 7])
    }

    @Test("What is no pattern is neither inserted nor removed, and overlaps nothing")
    func invalid() {
        var trie = SubjectTrie(seed: 3)
        #expect(Self.insert(&trie, ">", 1) == .inserted)
        for text in ["", ".", "a.", ".a", "a..b", ">.a"] {
            #expect(Self.insert(&trie, text, 1) == .invalidPattern)
            #expect(!Self.remove(&trie, text, 1))
            #expect(Self.overlaps(&trie, text).isEmpty)
        }
        #expect(trie.count == 1)
    }

    @Test("An empty trie has no nodes and no memory to speak of, also after it was large")
    func empty() {
        var trie = SubjectTrie(seed: 4)
        let atFirst = trie.byteCount
        for value in 0..<1000 as Range<UInt32> { _ = Self.insert(&trie, "a.long-token-\(value).>", value) }
        #expect(trie.patternCount == 1000)
        for value in 0..<1000 as Range<UInt32> {
            #expect(Self.remove(&trie, "a.long-token-\(value).>", value))
        }
        #expect(trie.isEmpty)
        #expect(trie.nodeCount == 0)
        #expect(trie.byteCount <= atFirst)
        #expect(trie.firstBrokenInvariant() == nil)
    }

    @Test("Text of removed tokens is given back")
    func textIsReused() {
        var trie = SubjectTrie(seed: 5)
        _ = Self.insert(&trie, "stays-here-for-ever", 1)
        for round in 0..<2000 as Range<UInt32> {
            let pattern = "round-\(round)-" + String(repeating: "x", count: 100)
            _ = Self.insert(&trie, pattern, 2)
            #expect(Self.remove(&trie, pattern, 2))
        }
        #expect(trie.byteCount < 20_000)
        #expect(Self.matches(&trie, "stays-here-for-ever") == [1])
        #expect(trie.firstBrokenInvariant() == nil)
    }

    @Test("A hundred thousand literal subscriptions that share prefixes cost at most 200 bytes each")
    func memory() {
        var trie = SubjectTrie(seed: 6)
        let count = 100_000
        for number in 0..<count {
            _ = Self.insert(&trie, "orders.region\(number % 50).customer.\(number)", UInt32(number))
        }
        #expect(trie.count == count)
        #expect(trie.byteCount <= 200 * count, "\(trie.byteCount / count) bytes each")
        #expect(Self.matches(&trie, "orders.region7.customer.57") == [57])
    }

    @Test("Removing one of ten thousand values of a pattern does not search them all")
    func manyValues() {
        var trie = SubjectTrie(seed: 7)
        for value in 0..<10_000 as Range<UInt32> { _ = Self.insert(&trie, "a", value) }
        for value in 0..<10_000 as Range<UInt32> where value % 3 != 0 {
            #expect(Self.remove(&trie, "a", value))
        }
        #expect(trie.firstBrokenInvariant() == nil)
        #expect(Self.matches(&trie, "a") == (0..<10_000).filter { $0 % 3 == 0 })
    }

    @Test("Thousands of tokens are handled without recursion")
    func manyTokens() {
        var trie = SubjectTrie(seed: 8)
        let stars = Array(repeating: "*", count: 2000).joined(separator: ".")
        let literal = Array(repeating: "t", count: 2000).joined(separator: ".")
        #expect(Self.insert(&trie, stars, 1) == .inserted)
        #expect(Self.insert(&trie, literal, 2) == .inserted)
        #expect(Self.insert(&trie, literal + ".>", 3) == .inserted)
        #expect(Self.matches(&trie, literal) == [1, 2])
        #expect(Self.matches(&trie, literal + ".x") == [3])
        #expect(Self.overlaps(&trie, stars) == [1, 2])
        #expect(Self.overlaps(&trie, ">") == [1, 2, 3])
        #expect(trie.firstBrokenInvariant() == nil)
        #expect(Self.remove(&trie, literal + ".>", 3))
        #expect(Self.remove(&trie, literal, 2))
        #expect(trie.nodeCount == 2000)
    }

    @Test("All short patterns find each other by overlap and all subjects by match")
    func allShortPatterns() throws {
        let patterns = PlainMatching.patterns(of: ["a", "b"], length: 3)
        let compiled = try patterns.map { try #require(SubjectPattern($0)) }
        var trie = SubjectTrie(seed: 9)
        for (index, pattern) in patterns.enumerated() { _ = Self.insert(&trie, pattern, UInt32(index)) }
        #expect(trie.firstBrokenInvariant() == nil)
        for (index, pattern) in patterns.enumerated() {
            let expected = compiled.indices.filter { compiled[$0].overlaps(compiled[index]) }.map(UInt32.init)
            if Self.overlaps(&trie, pattern) != expected { Issue.record("overlaps of `\(pattern)`") }
        }
        for subject in PlainMatching.subjects(of: ["a", "b", "c", "*", ">", ""], length: 4) {
            let expected = patterns.indices.filter { PlainMatching.matches(patterns[$0], subject) }
            if Self.matches(&trie, subject) != expected.map(UInt32.init) {
                Issue.record("matches of `\(subject)`")
            }
        }
    }

    @Test("The trie agrees with a list of patterns", arguments: [11, 12, 13, 14] as [UInt64])
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var trie = SubjectTrie(seed: seed)
        var model: [(pattern: String, value: UInt32)] = []
        let words = ["a", "b", "c", "token-of-20-bytes-xx", "token-of-20-bytes-yy", "12345678", "123456789"]
        func pattern(_ random: inout SeededGenerator) -> String {
            var tokens = (0..<Int.random(in: 1...5, using: &random))
                .map { _ in
                    Int.random(in: 0..<4, using: &random) == 0
                        ? "*" : words[Int.random(in: 0..<7, using: &random)]
                }
            if Int.random(in: 0..<5, using: &random) == 0 { tokens.append(">") }
            return tokens.joined(separator: ".")
        }
        for step in 0..<3000 {
            // Grows for a while, then shrinks, so that everything is taken apart again.
            let grows = Int.random(in: 0..<10, using: &random) < (step % 1000 < 600 ? 8 : 2)
            if grows {
                let new = pattern(&random)
                let value = UInt32.random(in: 0..<6, using: &random)
                let isNew = !model.contains { $0.pattern == new && $0.value == value }
                #expect(Self.insert(&trie, new, value) == (isNew ? .inserted : .alreadyPresent))
                if isNew { model.append((new, value)) }
            } else if let index = model.indices.randomElement(using: &random) {
                let old = model.remove(at: index)
                #expect(Self.remove(&trie, old.pattern, old.value))
                #expect(!Self.remove(&trie, old.pattern, old.value))
            }
            #expect(trie.count == model.count)
            if step % 10 != 0 { continue }
            #expect(trie.patternCount == Set(model.map(\.pattern)).count)
            #expect(trie.firstBrokenInvariant() == nil, "seed \(seed), step \(step)")
            let subject = pattern(&random)
            let matched = model.filter { PlainMatching.matches($0.pattern, subject) }.map(\.value).sorted()
            #expect(Self.matches(&trie, subject) == matched, "seed \(seed), step \(step): \(subject)")
            let query = pattern(&random)
            let bytes = Array(query.utf8)
            let overlapping = model.filter { stored in
                let storedBytes = Array(stored.pattern.utf8)
                return SubjectPattern.overlap(storedBytes.span.bytes, bytes.span.bytes)
            }
            #expect(
                Self.overlaps(&trie, query) == overlapping.map(\.value).sorted(),
                "seed \(seed): \(query)"
            )
        }
    }
}
