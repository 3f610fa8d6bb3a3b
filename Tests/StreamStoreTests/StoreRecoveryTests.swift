import Foundation
import SegmentLog
import StreamModel
import TestSupport
import Testing

@testable import StreamStore

@Suite("An index that cannot be used")
struct StoreRecoveryTests {
    /// A store with messages, removals and a consumer, closed.
    private func makeClosed() throws -> StoreFixture {
        let fixture = try StoreFixture { $0.segmentBytes = 4_096 }
        for number in 0..<300 { fixture.append("a.\(number % 7)", "payload \(number)", time: Int64(number)) }
        for sequence in [5, 6, 100, 300] as [UInt64] {
            #expect(fixture.store.remove(StreamSequence(sequence), erase: false))
        }
        let consumer = ConsumerSnapshot(consumer: ConsumerID(rawValue: 4), bytes: [4, 5])
        try fixture.store.close(consumers: [consumer])
        return fixture
    }

    /// Everything that can be asked.
    private func answers(_ fixture: StoreFixture) -> String {
        var text = "\(fixture.store.state) \(fixture.store.deletedSequences().map { $0.rawValue })"
        for sequence in 0...fixture.store.state.lastSequence.rawValue {
            text += fixture.load(sequence).map { "\($0)" } ?? "-"
        }
        for token in 0..<7 {
            text +=
                " \(fixture.store.count(from: StreamSequence(50), matching: ModelTests.filter("a.\(token)")))"
        }
        return text
    }

    @Test(
        "Is moved to quarantine and made again, with every answer as before",
        arguments: ["absent", "empty", "garbage", "cut", "foreign", "no checkpoint"]
    )
    func unusable(state: String) throws {
        let fixture = try self.makeClosed()
        try fixture.reopen()
        let before = self.answers(fixture)
        #expect(!fixture.report.rebuiltIndex)
        try fixture.store.close(consumers: [
            ConsumerSnapshot(consumer: ConsumerID(rawValue: 4), bytes: [4, 5])
        ])

        let other = try StoreFixture { $0.streamID = [UInt8](repeating: 9, count: 16) }
        let options = fixture.options
        // The index of an open store must not be changed: a copy is.
        let copy = try fixture.directory.copy()
        try self.replace(state, copy.path + "/1/index/data.mdb", other)
        let opened = try StoreFixture(copy) {
            $0 = options
            $0.quarantine = copy.path + "/quarantine"
        }
        #expect(opened.report.rebuiltIndex)
        #expect(self.answers(opened) == before)
        #expect(opened.consumers[ConsumerID(rawValue: 4)]?.snapshot == [4, 5])
        let quarantined =
            (try? FileManager.default.contentsOfDirectory(atPath: copy.path + "/quarantine")) ?? []
        #expect(
            quarantined.contains { $0.hasPrefix("index") } == !["absent", "empty", "no checkpoint"]
                .contains(state)
        )
        try opened.checkpoint([ConsumerSnapshot(consumer: ConsumerID(rawValue: 4), bytes: [4, 5])])
        try opened.reopen()
        #expect(!opened.report.rebuiltIndex)
        #expect(opened.report.replayedMessages == 0)
        #expect(self.answers(opened) == before)
    }

    private func replace(_ state: String, _ file: String, _ other: StoreFixture) throws {
        let url = URL(fileURLWithPath: file)
        switch state {
        case "absent": try FileManager.default.removeItem(atPath: url.deletingLastPathComponent().path)
        case "empty": try Data().write(to: url)
        case "garbage": try Data(repeating: 0x41, count: 65_536).write(to: url)
        case "cut":
            let bytes = try Data(contentsOf: url)
            try bytes.prefix(bytes.count / 2).write(to: url)
        case "foreign":
            other.append("x")
            try other.store.close(consumers: [])
            try FileManager.default.removeItem(at: url)
            try FileManager.default.copyItem(atPath: other.path + "/index/data.mdb", toPath: file)
        default:
            try FileManager.default.removeItem(at: url)
            let directory = url.deletingLastPathComponent().path
            try? FileManager.default.removeItem(atPath: directory + "/lock.mdb")
            _ = try IndexFiles(path: directory, mapBytes: 1 << 20)
        }
    }

    @Test("An older copy of the index is noticed when the journal no longer reaches back to it")
    func olderCopy() throws {
        let fixture = try StoreFixture()
        for number in 0..<50 { fixture.append("a.\(number % 5)") }
        #expect(fixture.store.remove(StreamSequence(3), erase: false))
        try fixture.checkpoint()
        let old = try Data(contentsOf: URL(fileURLWithPath: fixture.path + "/index/data.mdb"))
        #expect(fixture.store.remove(StreamSequence(4), erase: false))
        // Enough for another state file, after which the journal's beginning goes.
        for _ in 0..<200 { fixture.append("a.1") }
        try fixture.checkpoint()
        #expect(fixture.store.remove(StreamSequence(7), erase: false))
        try fixture.commit()
        let before = self.answers(fixture)
        let copy = try fixture.directory.copy()
        try old.write(to: URL(fileURLWithPath: copy.path + "/1/index/data.mdb"))
        let opened = try StoreFixture(copy)
        #expect(opened.report.rebuiltIndex)
        #expect(self.answers(opened) == before)
    }

    @Test("Files of another stream are refused and left alone")
    func foreignFiles() throws {
        let fixture = try self.makeClosed()
        let copy = try fixture.directory.copy()
        #expect(throws: StoreError.self) {
            try StoreFixture(copy) { $0.streamID = [UInt8](repeating: 9, count: 16) }
        }
        let opened = try StoreFixture(copy)
        #expect(opened.store.state.messages == 296)
    }

    @Test("A state file that is damaged goes to quarantine; the index says the same")
    func damagedState() throws {
        let fixture = try self.makeClosed()
        try fixture.reopen()
        let before = self.answers(fixture)
        let copy = try fixture.directory.copy()
        let url = URL(fileURLWithPath: copy.path + "/1/state")
        var bytes = try Data(contentsOf: url)
        bytes[20] ^= 1
        try bytes.write(to: url)
        let opened = try StoreFixture(copy)
        #expect(!opened.report.rebuiltIndex)
        #expect(opened.report.notices.contains { $0.contains("state file") })
        #expect(self.answers(opened) == before)
    }

    @Test("A damaged state file without an index loses removals, and says so", arguments: [20])
    func damagedStateWithoutIndex(offset: Int) throws {
        let fixture = try self.makeClosed()
        let copy = try fixture.directory.copy()
        let url = URL(fileURLWithPath: copy.path + "/1/state")
        var bytes = try Data(contentsOf: url)
        bytes[offset] ^= 1
        try bytes.write(to: url)
        try FileManager.default.removeItem(atPath: copy.path + "/1/index")
        let opened = try StoreFixture(copy)
        #expect(opened.store.state.messages >= 296)
        #expect(opened.store.state.lastSequence == StreamSequence(300))
        #expect(opened.report.notices.contains { $0.contains("state file") })
    }

    @Test(
        "Damage anywhere in the index is a wrong answer nowhere: it opens, or is made again",
        arguments: 0..<24
    )
    func damagedIndex(part: Int) throws {
        let fixture = try self.makeClosed()
        try fixture.reopen()
        let before = fixture.store.state
        let copy = try fixture.directory.copy()
        let url = URL(fileURLWithPath: copy.path + "/1/index/data.mdb")
        var bytes = try Data(contentsOf: url)
        // The values, not LMDB's own pages: those it does not check (docs/index-format.md).
        let record = try #require(bytes.range(of: Data("checkpoint".utf8), options: .backwards))
        bytes[record.upperBound + 1 + part] ^= 0x10
        try bytes.write(to: url)
        let opened = try StoreFixture(copy)
        #expect(opened.store.state == before)
    }
}
