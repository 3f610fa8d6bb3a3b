import Testing

@testable import LoadGenerator

@Suite("Sequence set")
struct SequenceSetTests {
    @Test("Each sequence of the run is taken once, in any order")
    func once() throws {
        var set = SequenceSet(after: 10, limit: 200)
        for sequence in (11...210).reversed() as [UInt64] { try set.insert(sequence) }
        #expect(set.count == 200)
        #expect(set.highest == 210)
        for sequence in [10, 11, 74, 75, 210, 211] as [UInt64] {
            #expect(throws: LoadError.self) { try set.insert(sequence) }
        }
    }
}
