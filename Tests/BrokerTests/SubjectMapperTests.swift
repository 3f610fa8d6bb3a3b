import Subjects
import Testing

@testable import Broker

@Suite("Subject mapper")
struct SubjectMapperTests {
    private func text(_ mapper: SubjectMapper, _ subject: String, random: UInt64 = 0) -> String {
        let bytes = Array(subject.utf8)
        switch mapper.map(bytes.span.bytes, random: random) {
        case .unmatched: return "unmatched"
        case .unchanged(let isFixed): return isFixed ? "same" : "same?"
        case .mapped(let mapped, let isFixed):
            return String(decoding: mapped, as: UTF8.self) + (isFixed ? "" : "?")
        case .dropped: return "dropped"
        }
    }

    private func mapper(_ mappings: [(String, [SubjectMapping.Destination])]) throws -> SubjectMapper {
        let mappings = try mappings.map { try SubjectMapping(from: $0.0, to: $0.1) }
        return SubjectMapper(SubjectMappings(mappings), seed: 3)
    }

    @Test("What is remembered of many subjects agrees with the mappings")
    func memory() throws {
        let mapper = try self.mapper([
            ("a.*", [.init("b.$1")]), ("los", [.init("los", weight: 0)]), ("same", [.init("same")]),
        ])
        let long = String(repeating: "x", count: 300)
        for _ in 0..<4 {
            for number in 0..<3000 {
                #expect(self.text(mapper, "a.\(number)") == "b.\(number)")
                #expect(self.text(mapper, "c.\(number)") == "unmatched")
            }
            #expect(self.text(mapper, "a.\(long)") == "b.\(long)")
            #expect(self.text(mapper, "los") == "dropped")
            #expect(self.text(mapper, "same") == "same")
            #expect(self.text(mapper, "") == "unmatched")
        }
    }

    @Test("What chance decides is decided for each message")
    func chance() throws {
        let mapper = try self.mapper([
            ("a", [.init("b", weight: 50)]), ("r", [.init("r.{{random(2)}}")]),
        ])
        for _ in 0..<3 {
            #expect(Set((0..<100).map { self.text(mapper, "a", random: $0) }) == ["b?", "same?"])
            let found = Set((0..<100).map { self.text(mapper, "r", random: $0 << 32) })
            #expect(found == ["r.0?", "r.1?"])
        }
    }
}
