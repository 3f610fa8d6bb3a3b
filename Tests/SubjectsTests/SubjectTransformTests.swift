import Subjects
import Testing

@Suite("Subject transform")
struct SubjectTransformTests {
    /// What `transform` makes of `subject`.
    private func apply(_ transform: SubjectTransform, _ subject: String, random: UInt64 = 0) -> String {
        var output: [UInt8] = []
        let bytes = Array(subject.utf8)
        transform.apply(to: bytes.span.bytes, random: random, into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    // core.md §1.13, verified vectors.
    @Test(
        "The vectors of the specification come out as written",
        arguments: [
            ("o.*.*", "n.{{wildcard(2)}}.{{wildcard(1)}}", "o.a.b", "n.b.a"),
            ("p.*", "pp.{{partition(10,1)}}.{{wildcard(1)}}", "p.foo", "pp.3.foo"),
            ("p.*", "pp.{{partition(10,1)}}.{{wildcard(1)}}", "p.bar", "pp.2.bar"),
            ("pn.*", "x.{{partition(5)}}", "pn.a", "x.1"),
            ("sl.*", "sl2.{{SplitFromLeft(1,3)}}", "sl.abcdef", "sl2.abc.def"),
            ("sl.*", "sl2.{{SplitFromLeft(1,3)}}", "sl.ab", "sl2.ab"),
            ("sr.*", "sr2.{{splitfromright(1,3)}}", "sr.abcdef", "sr2.abc.def"),
            ("ll.*", "l2.{{left(1,2)}}", "ll.abcdef", "l2.ab"),
            ("rr.*", "r2.{{right(1,2)}}", "rr.abcdef", "r2.ef"),
            ("sp.*", "sp2.{{split(1,-)}}", "sp.-a-b--c-", "sp2.a.b.c"),
            ("sc.*", "sc2.{{slicefromleft(1,2)}}", "sc.abcde", "sc2.ab.cd.e"),
            ("sd.*", "sd2.{{slicefromright(1,2)}}", "sd.abcde", "sd2.a.bc.de"),
            ("f.>", "g.>", "f.q.r", "g.q.r"),
            ("dol.*.*", "dd.$2.$1", "dol.a.b", "dd.b.a"),
            ("pp2.>", "q.{{partition(3)}}.>", "pp2.a.b", "q.0.a.b"),
        ] as [(String, String, String, String)]
    )
    func vectors(source: String, destination: String, subject: String, expected: String) throws {
        let transform = try SubjectTransform(from: source, to: destination)
        #expect(self.apply(transform, subject) == expected)
    }

    // Each was asked of nats-server 2.15.1.
    @Test(
        "Arguments out of range, blanks and letters of either case are as in the reference",
        arguments: [
            ("a.*", "z.{{wildcard(0)}}", "a.x", "z.a"), ("a.*", "z.$-1", "a.x", "z.a"),
            ("a.*", "z.$01", "a.x", "z.x"), ("a.*", "z.$+1", "a.x", "z.x"), ("a.*", "z.$x", "a.x", "z.$x"),
            ("a.*.*", "z.$1$2", "a.b.c", "z.$1$2"), ("a.*", "z.$1x", "a.b", "z.$1x"),
            ("c0.*", "z.{{partition(-1,1)}}", "c0.x", "z.4245442695"),
            ("a.*", "z.{{partition(0,1)}}", "a.x", "z.0"),
            ("h2.*.*", "z.{{partition(10,1,2)}}", "h2.a.b", "z.6"),
            ("h3.*.*", "z.{{partition(10,2,1)}}", "h3.a.b", "z.8"),
            ("a.*", "z.{{partition(10,1,1)}}", "a.a", "z.7"), ("h1", "z.{{partition(10)}}", "h1", "z.2"),
            ("q1", "z.{{partition(100,1)}}", "q1", "z.3"), ("a.*", "z.{{random(-1)}}", "a.x", "z.0"),
            ("a", "z.{{random(1)}}", "a", "z.0"),
            ("a.*", "z.{{left(1,-1)}}", "a.abc", "z.abc"), ("a.*", "z.{{left(1,0)}}", "a.abc", "z.abc"),
            ("a.*", "z.{{left(1,3)}}", "a.abc", "z.abc"), ("a.*", "z.{{left(1,4)}}", "a.abc", "z.abc"),
            ("a.*", "z.{{right(1,0)}}", "a.abc", "z.abc"), ("a.*", "z.{{right(1,9)}}", "a.abc", "z.abc"),
            ("a.*", "z.{{left(1,+2)}}", "a.xyz", "z.xy"), ("a.*", "z.{{left(1, 2 )}}", "a.xyz", "z.xy"),
            ("a.*", "z.{{ left( 1 ,2)}}", "a.xyz", "z.xy"), ("a.*", "z.{{ wildcard ( 1 ) }}", "a.b", "z.b"),
            ("a.*", "z.{{split(1, )}}", "a.a-b", "z.a.-.b"), ("a.*", "z.{{split(1,)}}", "a.aé", "z.a.é"),
            ("a.*", "z.{{split(1,ab)}}", "a.xabyabab", "z.x.y"), ("a.*", "z.{{split(1,-)}}", "a.---", "z."),
            ("a.*", "z.{{split(1,.)}}", "a.b", "z.{{split(1,.)}}"),
            ("a.*", "z.{{slicefromleft(1,0)}}", "a.abc", "z.abc"),
            ("a.*", "z.{{SliceFromLeft(1,3)}}", "a.abc", "z.abc"),
            ("a.*", "z.{{slicefromleft(1,2)}}", "a.abcd", "z.ab.cd"),
            ("a.*", "z.{{sliceFromRight(1,4)}}", "a.abc", "z.abc"),
            ("a.*", "z.{{splitfromLeft(1,0)}}", "a.abc", "z.abc"),
            ("a.*", "z.{{Splitfromright(1,3)}}", "a.abc", "z.abc"),
            ("a.*", "z.{{splitfromright(1,1)}}", "a.abc", "z.ab.c"),
            ("a.*", "z.{{}}", "a.x", "z.{{}}"), ("a.*", "z.x{{wildcard(1)}}", "a.b", "z.x{{wildcard(1)}}"),
            ("a.*", "z.{{wildcard(1)}}x", "a.b", "z.{{wildcard(1)}}x"), ("a.>", ">", "a.b.c", "b.c"),
            ("a.*.>", "z.$1.>", "a.b.c.d", "z.b.c.d"), ("a", "b", "a", "b"),
            ("a.\u{301}.*", "b.\u{301}.$1", "a.\u{301}.c", "b.\u{301}.c"),
        ] as [(String, String, String, String)]
    )
    func corners(source: String, destination: String, subject: String, expected: String) throws {
        let transform = try SubjectTransform(from: source, to: destination)
        #expect(self.apply(transform, subject) == expected)
    }

    @Test(
        "A random token is the random number's rest, and below its limit",
        arguments: [0, 3, 7, UInt64.max]
    )
    func random(number: UInt64) throws {
        let transform = try SubjectTransform(from: "a", to: "b.{{Random(5)}}")
        #expect(self.apply(transform, "a", random: number) == "b.\(number % 5)")
    }

    @Test(
        "What cannot be transformed is refused in the words of the reference",
        arguments: [
            ("a.*", "b.{{bogus(1)}}", "unknown function in {{bogus(1)}}"),
            ("a.*", "b.{{WILDCARD(1)}}", "unknown function in {{WILDCARD(1)}}"),
            ("a.*", "b.{{wildcard}}", "unknown function in {{wildcard}}"),
            ("a.*", "b.{{wildcard(1}}", "unknown function in {{wildcard(1}}"),
            ("a.*", "b.{{wildcard(2)}}", "wildcard index out of range in {{wildcard(2)}}: [2]"),
            ("a.*", "b.$2", "wildcard index out of range in $2: [2]"),
            ("a.*", "b.{{partition(10,2)}}", "wildcard index out of range in {{partition(10,2)}}: [2]"),
            ("a.*", "b.{{left(2,1)}}", "wildcard index out of range in {{left(2,1)}}: [2]"),
            ("a", "b.$1", "wildcard index out of range in $1"),
            ("a", "b.{{wildcard(1)}}", "wildcard index out of range in {{wildcard(1)}}"),
            ("a", "b.{{left(1,1)}}", "wildcard index out of range in {{left(1,1)}}"),
            ("a.*", "b.{{wildcard()}}", "not enough arguments passed to the function in {{wildcard()}}"),
            ("a.*", "b.{{split()}}", "not enough arguments passed to the function in {{split()}}"),
            ("a.*", "b.{{left(1)}}", "not enough arguments passed to the function in {{left(1)}}"),
            ("a", "b.{{random(1,2)}}", "not enough arguments passed to the function in {{random(1,2)}}"),
            ("a.*", "b.{{wildcard(1,2)}}", "too many arguments passed to the function in {{wildcard(1,2)}}"),
            ("a.*", "b.{{split(1,-,x)}}", "too many arguments passed to the function in {{split(1,-,x)}}"),
            (
                "a.*", "b.{{wildcard(x)}}",
                "function argument is invalid or in the wrong format in {{wildcard(x)}}"
            ),
            (
                "a.*", "b.{{partition()}}",
                "function argument is invalid or in the wrong format in {{partition()}}"
            ),
            (
                "a.*", "b.{{partition(10,)}}",
                "function argument is invalid or in the wrong format in {{partition(10,)}}"
            ),
            (
                "a", "b.{{random(99999999999)}}",
                "function argument is invalid or in the wrong format in {{random(99999999999)}}"
            ),
            (
                "a.*", "b.{{split(1,a b)}}",
                "function argument is invalid or in the wrong format in {{split(1,a b)}}"
            ),
            (
                "a.*", "b.{{left(,1)}}",
                "function argument is invalid or in the wrong format in {{left(,1)}}"
            ),
            ("a", "b..c", "invalid transform"), ("a", "b c", "invalid transform"),
            ("a", "", "invalid transform"),
        ] as [(String, String, String)]
    )
    func refusals(source: String, destination: String, problem: String) {
        let error = #expect(throws: SubjectTransformError.self) {
            try SubjectTransform(from: source, to: destination)
        }
        #expect(error?.description == "invalid mapping destination: \(problem)")
    }

    @Test(
        "Wildcards of the destination must fit those of the source",
        arguments: [
            ("a.*", "b.*"), ("a.*", "b.>"), ("a.>", "b"), ("a.>", "b.>.c"), ("a..b", "c"), ("", "c"),
            ("a b", "c"), ("a.>.b", "c.>"),
        ]
    )
    func wildcards(source: String, destination: String) {
        #expect(throws: SubjectTransformError.invalidSubject) {
            try SubjectTransform(from: source, to: destination)
        }
    }

    @Test("Any bytes can be transformed, also a subject that is shorter than its pattern")
    func anyBytes() throws {
        let functions = [
            "$2", "{{partition(7,1,2)}}", "{{split(2,-)}}", "{{splitfromleft(2,1)}}",
            "{{splitfromright(2,1)}}", "{{slicefromleft(2,1)}}", "{{slicefromright(2,2)}}", "{{left(2,1)}}",
            "{{right(2,1)}}", ">",
        ]
        for function in functions {
            let source = function == ">" ? "a.*.*.>" : "a.*.*"
            let transform = try SubjectTransform(from: source, to: function)
            var output: [UInt8] = []
            for subject in [[], [0xff], [0x61], [0x61, 0x2e], [0x61, 0x2e, 0x62, 0x2e, 0xc3, 0xa9, 0x80]] {
                transform.apply(to: subject.span.bytes, random: .max, into: &output)
            }
        }
    }

    @Test("Whatever a configuration says is refused or can be applied", arguments: [1, 2, 3] as [UInt64])
    func anything(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "{{", "}}", "(", ")", ",", ".", "$", "*", ">", " ", "-", "1", "2", "0", "99999999999", "+", "a",
            "é",
            "wildcard", "Partition", "split", "splitFromLeft", "SliceFromRight", "left", "right", "random",
        ]
        let sources = ["a.*.*", "a.>", "*.b.*.>", "a.b", "*"]
        var accepted = 0
        for _ in 0..<20_000 {
            // Half of them nearly right: a function with arguments.
            let count = Int.random(in: 0...6, using: &random)
            var inside = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            if Bool.random(using: &random) {
                let name = pieces.suffix(8).randomElement(using: &random) ?? ""
                let number = ["1", "2", "-1", "0", "7"].randomElement(using: &random) ?? ""
                inside = "z.{{\(name)(\(number),\(inside))}}"
            }
            let source = sources.randomElement(using: &random) ?? ""
            let destination = source.hasSuffix(">") ? inside + ".>" : inside
            guard let transform = try? SubjectTransform(from: source, to: destination) else { continue }
            accepted += 1
            for subject in ["a.bcd.efg", "a.b", "x.b.--.é.z", "a", "a.b.c.d.e"] {
                _ = self.apply(transform, subject, random: random.next())
            }
        }
        #expect(accepted > 500, "\(accepted)")
    }
}
