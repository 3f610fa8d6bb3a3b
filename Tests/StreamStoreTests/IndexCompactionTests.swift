import Foundation
import LMDB
import StreamModel
import Subjects
import TestSupport
import Testing

@testable import StreamStore

@Suite("An index that has shrunk", .serialized)
struct IndexCompactionTests {
    /// A store of many subjects, and then of few.
    private func shrunk() throws -> StoreFixture {
        let fixture = try StoreFixture {
            $0.segmentBytes = 1 << 20
            $0.checkpoint = CheckpointPolicy(messages: 10_000)
        }
        for index in 0..<20_000 {
            fixture.append("device.\(index).with.a.subject.of.its.own", "x", time: Int64(index))
            if index % 10_000 == 9_999 { try fixture.checkpoint() }
        }
        #expect(self.bytes(fixture) > 3 << 19)
        _ = fixture.store.purge(matching: .all, below: nil, keep: 10)
        return fixture
    }

    private func bytes(_ fixture: StoreFixture) -> Int {
        let path = fixture.path + "/index/data.mdb"
        return (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
    }

    private func names(_ fixture: StoreFixture) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: fixture.path).filter { $0.hasPrefix("index") }
    }

    private func check(_ fixture: StoreFixture) {
        #expect(fixture.store.state.messages == 10)
        #expect(fixture.load(20_000)?.subject == "device.19999.with.a.subject.of.its.own")
        #expect(fixture.load(19_990) == nil)
        let filter = SubjectFilter([SubjectPattern("device.*.with.>")].compactMap { $0 })
        #expect(fixture.store.count(from: StreamSequence(1), matching: filter) == 10)
    }

    @Test("Its file becomes small at a checkpoint, and every answer is as before")
    func becomesSmall() throws {
        let fixture = try self.shrunk()
        try fixture.checkpoint()
        #expect(self.bytes(fixture) < 1 << 19)
        #expect(try self.names(fixture) == ["index"])
        #expect(fixture.store.reader.failure == nil)
        self.check(fixture)
        // It goes on being written.
        for index in 0..<300 { fixture.append("more.\(index % 3)", time: 30_000) }
        try fixture.checkpoint()
        let filter = SubjectFilter([SubjectPattern("more.1")].compactMap { $0 })
        #expect(fixture.store.count(from: StreamSequence(1), matching: filter) == 100)
        try fixture.reopen()
        #expect(!fixture.report.rebuiltIndex)
        #expect(fixture.store.state.messages == 310)
        #expect(fixture.store.count(from: StreamSequence(1), matching: filter) == 100)
    }

    @Test("What happens while the copy is made is in no way lost")
    func goesOn() throws {
        let fixture = try self.shrunk()
        try fixture.commit()
        // The checkpoint holds the files open as long as it is there.
        do {
            var checkpoint = fixture.store.makeCheckpoint(consumers: [])
            if checkpoint == nil {
                try fixture.commit()
                checkpoint = fixture.store.makeCheckpoint(consumers: [])
            }
            let made = try #require(checkpoint)
            made.perform()
            #expect(self.bytes(fixture) < 1 << 19)
            // The loop still sees the old file.
            self.check(fixture)
            fixture.append("late", time: 40_000)
            try fixture.store.finish(made)
        }
        #expect(fixture.store.state.messages == 11)
        #expect(fixture.load(20_001)?.subject == "late")
        try fixture.commit()
        try fixture.reopen()
        #expect(!fixture.report.rebuiltIndex)
        #expect(fixture.store.state.messages == 11)
    }

    @Test("The pages of every database count as used")
    func countsAll() throws {
        let fixture = try self.shrunk()
        let files = try #require(fixture.store.reader.files)
        #expect(files.databases.count == IndexTable.allCases.count)
        let usage = try files.environment.pageUsage(files.databases)
        #expect(usage.used > IndexTable.allCases.count && usage.used <= usage.file)
        #expect(usage.freeBytes < usage.fileBytes)
    }

    @Test("Not again at once: an index that changes much needs its free pages")
    func notAtOnce() throws {
        let fixture = try self.shrunk()
        try fixture.checkpoint()
        #expect(fixture.store.nextCompaction > 0)
        for index in 0..<20_000 {
            fixture.append("device.\(index).with.a.subject.of.its.own", "x", time: 50_000)
        }
        try fixture.checkpoint()
        _ = fixture.store.purge(matching: .all, below: nil, keep: 10)
        try fixture.checkpoint()
        #expect(self.bytes(fixture) > 1 << 20)
        fixture.append("later", time: fixture.store.nextCompaction)
        try fixture.checkpoint()
        #expect(self.bytes(fixture) < 1 << 19)
    }

    @Test(
        "A process that ends in between leaves an index that is gone on from",
        arguments: [Step.indexCopy, .indexReplace, .indexReplaced]
    )
    func crashes(point: Step) async throws {
        let directory = try TemporaryDirectory()
        setenv("WEIR_TEST_POINT", point.rawValue, 1)
        setenv("WEIR_TEST_PATH", directory.path, 1)
        defer {
            unsetenv("WEIR_TEST_POINT")
            unsetenv("WEIR_TEST_PATH")
        }
        await #expect(processExitsWith: .exitCode(137)) {
            setenv("WEIR_FAILPOINT", String(cString: getenv("WEIR_TEST_POINT")), 1)
            let path = String(cString: getenv("WEIR_TEST_PATH"))
            var options = FileStoreOptions(
                streamID: StoreFixture.streamID,
                quarantine: path + "/quarantine",
                segmentBytes: 1 << 20,
                indexMapBytes: 1 << 26
            )
            options.checkpoint = CheckpointPolicy(messages: 10_000)
            let store = try FileStreamStore.open(directory: path + "/1", options: options, now: .distantPast)
                .store
            for index in 0..<20_000 {
                let subject = Array("device.\(index).with.a.subject.of.its.own".utf8)
                _ = store.append(
                    subject: subject.span.bytes,
                    headers: RawSpan(),
                    payload: subject.span.bytes,
                    messageID: RawSpan(),
                    timestamp: Timestamp(rawValue: 1)
                )
            }
            try store.close(consumers: [])
            _ = store.purge(matching: .all, below: nil, keep: 10)
            try store.close(consumers: [])
        }
        let fixture = try StoreFixture(directory) { $0.segmentBytes = 1 << 20 }
        #expect(!fixture.report.rebuiltIndex, "\(fixture.report)")
        #expect(try self.names(fixture) == ["index"])
        self.check(fixture)
    }

    /// The failpoints of a compaction, as the environment names them.
    enum Step: String, CaseIterable {
        case indexCopy
        case indexReplace
        case indexReplaced
    }
}
