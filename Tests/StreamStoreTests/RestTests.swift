import StreamModel
import Subjects
import Testing

@testable import StreamStore

@Suite("A resting store")
struct RestTests {
    private func fill(_ fixture: StoreFixture) throws {
        for number in 0..<600 { fixture.append("s.\(number % 7)", "m\(number)", time: Int64(number)) }
        _ = fixture.store.remove(StreamSequence(100), erase: false)
        try fixture.checkpoint()
        fixture.append("s.0", "after", time: 600)
        try fixture.commit()
    }

    /// What a reader may ask, answered.
    private func answers(_ fixture: StoreFixture) throws -> [String] {
        let store = fixture.store
        let filter = SubjectFilter([try #require(SubjectPattern("s.3"))])
        var lines = ["\(store.state)"]
        lines.append("\(String(describing: fixture.load(5))) \(String(describing: fixture.load(601)))")
        lines.append("\(store.next(from: StreamSequence(90), matching: filter)?.rawValue ?? 0)")
        lines.append("\(store.count(from: StreamSequence(50), matching: filter))")
        lines.append(
            "\(store.lastPerSubject(matching: .all, atOrBefore: store.state.lastSequence).map(\.rawValue))"
        )
        lines.append("\(store.deletedSequences().map(\.rawValue))")
        lines.append("\(store.first(atOrAfter: Timestamp(rawValue: 300))?.rawValue ?? 0)")
        return lines
    }

    @Test("It answers as before, and opens what it needs")
    func answersAsBefore() throws {
        let fixture = try StoreFixture()
        try self.fill(fixture)
        let before = try self.answers(fixture)
        #expect(fixture.store.rest())
        #expect(try self.answers(fixture) == before)
    }

    @Test("Each single question wakes it")
    func questions() throws {
        let fixture = try StoreFixture()
        try self.fill(fixture)
        let before = try self.answers(fixture)
        for index in before.indices {
            #expect(fixture.store.rest())
            #expect(try self.answers(fixture)[index] == before[index])
        }
    }

    @Test("It takes messages, removals and checkpoints after a rest, and keeps them")
    func writes() throws {
        let fixture = try StoreFixture()
        try self.fill(fixture)
        for round in 0..<5 {
            #expect(fixture.store.rest())
            #expect(fixture.append("s.1", "more", time: Int64(700 + round)) == UInt64(602 + round))
            #expect(fixture.store.remove(StreamSequence(UInt64(200 + round)), erase: round == 2))
            try fixture.commit()
            #expect(fixture.store.rest())
            try fixture.checkpoint()
        }
        let before = try self.answers(fixture)
        try fixture.reopen()
        #expect(try self.answers(fixture) == before)
    }

    @Test("It does not rest while something is unwritten or under way")
    func busy() throws {
        let fixture = try StoreFixture()
        try self.fill(fixture)
        fixture.append("s.1", time: 700)
        #expect(!fixture.store.rest())
        let commit = try #require(fixture.store.makeCommit())
        #expect(!fixture.store.rest())
        commit.perform()
        #expect(!fixture.store.rest())
        try fixture.store.finish(commit)
        let checkpoint = try #require(fixture.store.makeCheckpoint(consumers: []))
        #expect(!fixture.store.rest())
        checkpoint.perform()
        try fixture.store.finish(checkpoint)
        // The checkpoint still has the files.
        #expect(!fixture.store.rest())
        withExtendedLifetime(checkpoint) {}
    }
}
