import Testing

@testable import StreamModel

@Suite("Subjects of configurations")
struct SubjectRelationTests {
    @Test(
        "Two subjects overlap if one literal subject matches both",
        arguments: [
            ("a.b", "a.b", true), ("a.b", "a.c", false), ("a.*", "a.b", true), ("a.*", "*.b", true),
            ("a.>", "a", false), ("a.>", "a.b.c", true), (">", "a", true), ("a.*.c", "a.b.>", true),
            ("a.*.c", "a.b", false), ("a.b", "a.b.c", false), ("*.*", "a", false), ("a.>", "b.>", false),
        ]
    )
    func overlap(one: String, other: String, overlaps: Bool) {
        #expect(SubjectRelation.overlap(one, other) == overlaps)
        #expect(SubjectRelation.overlap(other, one) == overlaps)
        #expect((SubjectRelation.overlappingPair([one, other]) != nil) == overlaps)
    }

    @Test(
        "A subset matches nothing that the whole does not",
        arguments: [
            ("a.b", "a.*", true), ("a.*", "a.b", false), ("a.b", "a.b", true), ("a.*", "a.>", true),
            ("a.>", "a.*", false), ("a.>", ">", true), ("s.*.b", "s.a.*", false), ("a", "a.>", false),
        ]
    )
    func subset(narrow: String, wide: String, isSubset: Bool) {
        #expect(SubjectRelation.isSubset(narrow, of: wide) == isSubset)
    }

    @Test("Blanks, empty tokens and a misplaced tail make a subject invalid")
    func validity() {
        for subject in ["", ".", "a.", ".a", "a..b", "a b", "a\tb", "a.>.b", "a\u{0}"] {
            #expect(!SubjectRelation.isValid(subject), "\(subject)")
        }
        for subject in ["a", ">", "*", "a.*.>", "a*b", "a>.b", "ä.b"] {
            #expect(SubjectRelation.isValid(subject), "\(subject)")
        }
    }

    @Test("The first overlapping pair of a list is found, and long lists of literals cost little")
    func pairs() throws {
        let pair = try #require(SubjectRelation.overlappingPair(["x", "a.b", "a.c", "a.*", "a.b"]))
        #expect(pair == ("a.b", "a.b"))
        #expect(SubjectRelation.overlappingPair(["a.b", "c", "*.b"])?.1 == "*.b")
        let many = (0..<20_000).map { "a.\($0)" }
        #expect(SubjectRelation.overlappingPair(many) == nil)
        #expect(SubjectRelation.overlappingPair(many + ["a.17"])?.0 == "a.17")
        #expect(SubjectRelation.hasSubset(["a.*", "b", "a.b"]))
        #expect(!SubjectRelation.hasSubset(["s.*.b", "s.a.*", "c"]))
    }
}
