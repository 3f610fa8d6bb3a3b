import Subjects
import Testing

@Suite("Subject pattern")
struct SubjectPatternTests {
    @Test(
        "A pattern matches what its wildcards say",
        arguments: [
            ("foo", "foo", true), ("foo", "foo.bar", false), ("foo", "fo", false), ("foo", "Foo", false),
            ("*", "foo", true), ("*", "foo.bar", false), (">", "foo", true), (">", "foo.bar.baz", true),
            ("foo.>", "foo", false), ("foo.>", "foo.bar", true), ("foo.>", "foo.bar.baz", true),
            ("foo.*", "foo.", false), ("foo.>", "foo.", false), ("foo.>", "foo.a.", false),
            (">", "foo..bar", false), (">", ".foo", false), ("foo.*.baz", "foo..baz", false),
            (">", "", false),
            ("foo.*", "foo.*", true), ("foo.bar", "foo.*", false), ("foo.>", "foo.>", true),
            ("foo.b*r", "foo.b*r", true), ("foo.b*r", "foo.bar", false), ("foo.>>", "foo.>>", true),
            ("*.0123456789.*", "a.0123456789.b", true), ("*.0123456789.*", "a.012345678.b", false),
            ("a.*.c.>", "a.b.c.d", true), ("a.*.c.>", "a.b.c", false), ("*.*", "a.b.c", false),
            ("*.b", "a.bb", false), ("*.bb", "a.b", false), ("*.b.c", "a.b", false),
        ]
    )
    func matches(pattern: String, subject: String, expected: Bool) throws {
        let bytes = Array(subject.utf8)
        #expect(try #require(SubjectPattern(pattern)).matches(bytes.span.bytes) == expected)
        #expect(PlainMatching.matches(pattern, subject) == expected)
    }

    @Test("All short patterns match as the specification says")
    func allShortPatterns() throws {
        let subjects = PlainMatching.subjects(of: ["a", "b", ""], length: 4)
        for pattern in PlainMatching.patterns(of: ["a", "b"], length: 3) {
            let compiled = try #require(SubjectPattern(pattern))
            for subject in subjects {
                let bytes = Array(subject.utf8)
                let expected = PlainMatching.matches(pattern, subject)
                if compiled.matches(bytes.span.bytes) != expected {
                    Issue.record("`\(pattern)` and `\(subject)`: expected \(expected)")
                }
            }
        }
    }

    @Test(
        "Two patterns overlap when a subject matches both, and one is a subset when all of its subjects match"
    )
    func overlapsAndSubsets() throws {
        // `c` is in no pattern: what matches it matches any other token.
        let subjects = PlainMatching.subjects(of: ["a", "b", "c"], length: 4)
        let patterns = PlainMatching.patterns(of: ["a", "b"], length: 3)
        let matched = patterns.map { pattern in subjects.map { PlainMatching.matches(pattern, $0) } }
        let compiled = try patterns.map { try #require(SubjectPattern($0)) }
        for one in patterns.indices {
            for other in patterns.indices {
                let pairs = zip(matched[one], matched[other])
                let overlaps = pairs.contains { $0 && $1 }
                let isSubset = pairs.allSatisfy { !$0 || $1 }
                if compiled[one].overlaps(compiled[other]) != overlaps {
                    Issue.record("`\(patterns[one])` overlaps `\(patterns[other])`: expected \(overlaps)")
                }
                if compiled[one].isSubset(of: compiled[other]) != isSubset {
                    Issue.record("`\(patterns[one])` is in `\(patterns[other])`: expected \(isSubset)")
                }
            }
        }
    }

    @Test("Equal patterns are equal and know whether they are literal")
    func literal() throws {
        let literal = try #require(SubjectPattern("foo.b*r.>>"))
        #expect(literal.isLiteral)
        #expect(literal == SubjectPattern("foo.b*r.>>"))
        #expect(literal.description == "foo.b*r.>>")
        #expect(SubjectPattern("foo.*")?.isLiteral == false)
        #expect(SubjectPattern(">")?.isLiteral == false)
    }

    @Test("A pattern of thousands of tokens is matched without recursion")
    func manyTokens() throws {
        let subject = Array(repeating: "t", count: 2000).joined(separator: ".")
        let pattern = try #require(
            SubjectPattern(Array(repeating: "*", count: 1999).joined(separator: ".") + ".>")
        )
        let bytes = Array(subject.utf8)
        #expect(pattern.matches(bytes.span.bytes) == true)
        let shorter = Array(bytes.dropLast(2))
        #expect(pattern.matches(shorter.span.bytes) == false)
    }
}
