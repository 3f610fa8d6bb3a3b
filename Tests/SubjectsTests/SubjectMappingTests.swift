import Subjects
import Testing

@Suite("Subject mapping")
struct SubjectMappingTests {
    /// How often each outcome, or subject, comes of the numbers 0 ..< 100.
    private func shares(_ mapping: SubjectMapping, of subject: String) -> [String: Int] {
        var counts: [String: Int] = [:]
        let bytes = Array(subject.utf8)
        for random in 0..<100 as Range<UInt64> {
            var output: [UInt8] = []
            let outcome = mapping.map(bytes.span.bytes, random: random, into: &output)
            let text = outcome == .mapped ? String(decoding: output, as: UTF8.self) : "\(outcome)"
            counts[text, default: 0] += 1
        }
        return counts
    }

    private func text(_ mappings: SubjectMappings, _ subject: String) -> String {
        var output = Array("left over".utf8)
        let bytes = Array(subject.utf8)
        var mappings = mappings
        let outcome = mappings.map(bytes.span.bytes, random: 0, into: &output)?.outcome
        guard let outcome else { return "unmatched" }
        return outcome == .mapped ? String(decoding: output, as: UTF8.self) : "\(outcome)"
    }

    @Test("Each destination gets its share, and the rest keeps its subject")
    func weights() throws {
        let mapping = try SubjectMapping(
            from: "a.*",
            to: [.init("b.$1", weight: 30), .init("c.$1", weight: 20), .init("d.$1", weight: 0)]
        )
        #expect(self.shares(mapping, of: "a.x") == ["b.x": 30, "c.x": 20, "unchanged": 50])
    }

    // Core 65.
    @Test("Where the source is listed, what is missing is dropped")
    func loss() throws {
        let mapping = try SubjectMapping(
            from: "los",
            to: [.init("los2", weight: 0), .init("los", weight: 50)]
        )
        #expect(self.shares(mapping, of: "los") == ["unchanged": 50, "dropped": 50])
    }

    @Test("A destination without a share is for all messages")
    func whole() throws {
        let mapping = try SubjectMapping(from: "a", to: [.init("b")])
        #expect(self.shares(mapping, of: "a") == ["b": 100])
    }

    @Test("No destination leaves the subject as it is")
    func none() throws {
        #expect(self.shares(try SubjectMapping(from: "a", to: []), of: "a") == ["unchanged": 100])
    }

    @Test("Destinations of the own cluster come before those of none; those of others do not count")
    func clusters() throws {
        let destinations: [SubjectMapping.Destination] = [
            .init("b", weight: 60), .init("c", weight: 100, cluster: "C"),
            .init("d", weight: 10, cluster: "D"),
        ]
        let alone = try SubjectMapping(from: "a", to: destinations)
        #expect(self.shares(alone, of: "a") == ["b": 60, "unchanged": 40])
        let inC = try SubjectMapping(from: "a", to: destinations, cluster: "C")
        #expect(self.shares(inC, of: "a") == ["c": 100])
        let inD = try SubjectMapping(from: "a", to: destinations, cluster: "D")
        #expect(self.shares(inD, of: "a") == ["d": 10, "unchanged": 90])
        let elsewhere = try SubjectMapping(from: "a", to: destinations, cluster: "E")
        #expect(self.shares(elsewhere, of: "a") == ["b": 60, "unchanged": 40])
    }

    @Test(
        "What cannot be mapped is refused in the words of the reference",
        arguments: [
            ("a..b", [.init("b")], "Subject \"a..b\" is not a valid subject"),
            ("a", [.init("b", weight: 101)], "Invalid weight 101 for mapping destination"),
            ("a", [.init("b", weight: -1)], "Invalid weight -1 for mapping destination"),
            ("a", [.init("b", weight: 60), .init("c", weight: 50)], "total weight needs to be <= 100"),
            (
                "a", [.init("b", weight: 60, cluster: "C"), .init("c", weight: 50, cluster: "C")],
                "total weight needs to be <= 100"
            ),
            ("a", [.init("b", weight: 50), .init("b", weight: 50)], "duplicate entry for \"b\""),
            (
                "a", [.init("b", weight: 50), .init("b", weight: 50, cluster: "C")],
                "duplicate entry for \"b\""
            ),
            ("a.*", [.init("a.*", weight: 20)], "invalid subject"),
            (
                "a.*", [.init("b.{{bogus(1)}}")],
                "invalid mapping destination: unknown function in {{bogus(1)}}"
            ),
        ] as [(String, [SubjectMapping.Destination], String)]
    )
    func refusals(source: String, destinations: [SubjectMapping.Destination], problem: String) {
        let error = #expect(throws: SubjectMappingError.self) {
            try SubjectMapping(from: source, to: destinations)
        }
        #expect(error?.description == problem)
    }

    @Test("The first mapping that fits counts, and no other after it")
    func first() throws {
        let mappings = SubjectMappings([
            try SubjectMapping(from: "a.b", to: [.init("a.c")]),
            try SubjectMapping(from: "a.*", to: [.init("w.$1")]),
            try SubjectMapping(from: "a.c", to: [.init("never")]),
            try SubjectMapping(from: "f.>", to: [.init("g.>")]),
            try SubjectMapping(from: "s.*", to: [.init("s2.{{split(1,-)}}")]),
        ])
        #expect(!mappings.isEmpty)
        #expect(self.text(mappings, "a.b") == "a.c")
        #expect(self.text(mappings, "a.c") == "w.c")
        #expect(self.text(mappings, "f.x.y") == "g.x.y")
        #expect(self.text(mappings, "f") == "unmatched")
        #expect(self.text(mappings, "other") == "unmatched")
        #expect(self.text(mappings, "f..y") == "unmatched")
        #expect(self.text(mappings, "s.---") == "dropped", "nothing was left of the token")
    }

    @Test("Of many mappings the first one that fits is found, as if they were tried one after another")
    func many() throws {
        var generator = SeededGenerator(seed: 20_261_123)
        let tokens = ["a", "b", "c", "*", ">"]
        for _ in 0..<200 {
            var sources: [String] = []
            for _ in 0..<40 {
                var words = (0..<Int.random(in: 1...4, using: &generator))
                    .map { _ in tokens[Int.random(in: 0..<4, using: &generator)] }
                if Int.random(in: 0..<4, using: &generator) == 0 { words.append(">") }
                sources.append(words.joined(separator: "."))
            }
            let mappings = SubjectMappings(
                try sources.enumerated()
                    .map { index, source in
                        try SubjectMapping(
                            from: source,
                            to: [.init("to.\(index)" + (source.hasSuffix(">") ? ".>" : ""))]
                        )
                    },
                seed: 7
            )
            let patterns = sources.compactMap { SubjectPattern($0) }
            for _ in 0..<40 {
                let subject = (0..<Int.random(in: 1...5, using: &generator))
                    .map { _ in ["a", "b", "c", "*", "x", ""][Int.random(in: 0..<6, using: &generator)] }
                    .joined(separator: ".")
                let bytes = Array(subject.utf8)
                let first = patterns.firstIndex { $0.matches(bytes.span.bytes) }
                let found = self.text(mappings, subject)
                if let first {
                    #expect(found == "to.\(first)" || found.hasPrefix("to.\(first)."), "\(subject)")
                } else {
                    #expect(found == "unmatched", "\(subject)")
                }
            }
        }
    }

    @Test(
        "A mapping is fixed if chance does not decide",
        arguments: [
            ("a.*", [.init("b.$1")], true), ("a.*", [.init("b.{{random(3)}}")], false), ("a", [], true),
            ("a", [.init("b", weight: 50)], false), ("a", [.init("a", weight: 0)], true),
            ("a", [.init("a", weight: 50)], false), ("a", [.init("a", weight: 100)], true),
            ("a", [.init("b", weight: 100), .init("c", weight: 0)], true),
            ("a", [.init("b", weight: 50), .init("c", weight: 50)], false),
        ] as [(String, [SubjectMapping.Destination], Bool)]
    )
    func fixed(source: String, destinations: [SubjectMapping.Destination], isFixed: Bool) throws {
        #expect(try SubjectMapping(from: source, to: destinations).isFixed == isFixed)
    }
}
