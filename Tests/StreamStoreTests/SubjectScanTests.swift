import Subjects
import TestSupport
import Testing

@testable import StorageTorture
@testable import StreamStore

@Suite("A scan over sorted subjects")
struct SubjectScanTests {
    /// Scans as the index does: returns what matches, and how many keys were looked at.
    private func scan(_ pattern: SubjectPattern, _ keys: [[UInt8]]) -> (found: [[UInt8]], steps: Int) {
        var scan = SubjectScan(pattern)
        let prefix = scan.prefix
        func seek(_ key: [UInt8]) -> Int {
            keys.firstIndex { !$0.lexicographicallyPrecedes(key) } ?? keys.count
        }
        var found: [[UInt8]] = []
        var steps = 0
        var index = seek(prefix)
        while index < keys.count, keys[index].starts(with: prefix) {
            steps += 1
            let key = keys[index]
            if pattern.matches(key.span.bytes) {
                found.append(key)
                index += 1
                continue
            }
            switch scan.step(after: key.span.bytes) {
            case .next: index += 1
            case .stop: return (found, steps)
            case .seek:
                let target = scan.target
                #expect(key.lexicographicallyPrecedes(target), "a scan goes forward: \(key) \(target)")
                index = max(index + 1, seek(target))
            }
        }
        return (found, steps)
    }

    private func pattern(_ text: String) throws -> SubjectPattern { try #require(SubjectPattern(text)) }

    @Test("Finds exactly what matches, whatever the subjects", arguments: 1...40 as ClosedRange<UInt64>)
    func random(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let tokens = ["a", "b", "c", "a-", "a-1", "a1", "b!", "$", "~", "aa"]
        var keys: Set<String> = []
        for _ in 0..<200 {
            let count = Int.random(in: 1...5, using: &random)
            keys.insert(
                (0..<count).map { _ in tokens.randomElement(using: &random) ?? "a" }.joined(separator: ".")
            )
        }
        let sorted = keys.map { $0.bytes }.sorted { $0.lexicographicallyPrecedes($1) }
        for _ in 0..<30 {
            let count = Int.random(in: 1...5, using: &random)
            var parts = (0..<count)
                .map { _ in
                    Bool.random(using: &random) ? "*" : tokens.randomElement(using: &random) ?? "a"
                }
            if Int.random(in: 0..<3, using: &random) == 0 { parts[count - 1] = ">" }
            let pattern = try self.pattern(parts.joined(separator: "."))
            if pattern.isLiteral { continue }
            let expected = sorted.filter { pattern.matches($0.span.bytes) }
            let result = self.scan(pattern, sorted)
            #expect(result.found == expected, "seed \(seed), \(pattern)")
        }
    }

    @Test("Jumps over what cannot match")
    func jumps() throws {
        var keys: [[UInt8]] = []
        for outer in 0..<20 { for inner in 0..<50 { keys.append("a.\(outer).\(inner)".bytes) } }
        keys.sort { $0.lexicographicallyPrecedes($1) }
        let result = self.scan(try self.pattern("a.*.7"), keys)
        #expect(result.found.count == 20)
        #expect(result.steps < 100)
        let all = self.scan(try self.pattern("a.3.>"), keys)
        #expect(all.found.count == 50)
        #expect(all.steps == 50)
    }

    @Test(
        "The prefix is what stands before the first wildcard",
        arguments: [
            ("a.b.>", "a.b."), ("a.*.c", "a."), (">", ""), ("*.a", ""), ("a.b", "a.b"), ("a", "a"),
        ]
    )
    func prefix(pattern: String, expected: String) throws {
        #expect(SubjectScan(try self.pattern(pattern)).prefix == expected.bytes)
    }
}
