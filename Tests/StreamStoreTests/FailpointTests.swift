import Foundation
import SegmentLog
import StreamModel
import TestSupport
import Testing

@testable import StorageTorture
@testable import StreamStore

@Suite("A process that ends at a failpoint", .serialized)
struct FailpointTests {
    /// Where each failpoint of a store is met, and how often it is passed first.
    static let points: [(point: Failpoint, count: Int)] = [
        (.segmentWrite, 5), (.segmentSync, 5), (.segmentSynced, 5), (.segmentCreate, 3), (.segmentSeal, 2),
        (.segmentErase, 1), (.segmentEraseBody, 1), (.segmentRemove, 1), (.journalWrite, 3),
        (.journalSync, 3),
        (.journalSynced, 3), (.journalRotate, 2), (.journalSeal, 1), (.journalRemove, 1),
        (.checkpointBegin, 2),
        (.checkpointCommit, 2), (.checkpointCommitted, 2), (.segmentCut, 1), (.journalCut, 1),
    ]

    static func options(_ path: String) -> FileStoreOptions {
        FileStoreOptions(
            streamID: StoreFixture.streamID,
            quarantine: path + "/quarantine",
            segmentBytes: 2_048,
            limits: Self.workload.limits,
            duplicateWindow: 1_000_000_000,
            indexMapBytes: 1 << 24
        )
    }

    static func open(_ path: String) throws -> OpenedStore {
        try FileStreamStore.open(
            directory: path + "/1",
            options: Self.options(path),
            now: Timestamp(rawValue: 2_000)
        )
    }

    static let workload = StoreWorkload(seed: 8, count: 300)

    @Test("Leaves a store in which everything acknowledged is there", arguments: FailpointTests.points)
    func ends(point: Failpoint, count: Int) async throws {
        let directory = try TemporaryDirectory()
        if point == .segmentCut || point == .journalCut { try self.makeUnfinished(directory.path, point) }
        setenv("WEIR_TEST_POINT", "\(point.rawValue):\(count)", 1)
        setenv("WEIR_TEST_PATH", directory.path, 1)
        defer {
            unsetenv("WEIR_TEST_POINT")
            unsetenv("WEIR_TEST_PATH")
        }
        await #expect(processExitsWith: .exitCode(137)) {
            let point = String(cString: getenv("WEIR_TEST_POINT"))
            let path = String(cString: getenv("WEIR_TEST_PATH"))
            setenv("WEIR_FAILPOINT", point, 1)
            let store = try FailpointTests.open(path).store
            var progress: UInt64 = 0
            for (index, operation) in FailpointTests.workload.operations.enumerated() {
                try StoreWorkload.apply(operation, to: store, progress: &progress)
                if operation == .commit || operation == .checkpoint {
                    try "\(index)".write(toFile: path + "/acked", atomically: true, encoding: .utf8)
                }
            }
        }
        if point == .segmentCut || point == .journalCut {
            let opened = try Self.open(directory.path)
            #expect(opened.store.state.messages == 3)
            #expect(opened.report.cutBytes > 0)
            return
        }
        let acked =
            (try? String(contentsOfFile: directory.path + "/acked", encoding: .utf8)).flatMap { Int($0) }
            ?? -1
        #expect(acked >= 0)
        var model = WorkloadModel(Self.workload)
        for (index, operation) in Self.workload.operations.enumerated() {
            model.apply(operation)
            if index == acked { model.acknowledge() }
            // Nothing after the next commit can have happened.
            if index > acked, operation == .commit || operation == .checkpoint { break }
        }
        let problem = model.problem(with: try Self.open(directory.path))
        #expect(problem == nil)
    }

    /// A store of three messages with an unfinished write at the end of its log or journal.
    private func makeUnfinished(_ path: String, _ point: Failpoint) throws {
        do {
            let store = try Self.open(path).store
            var progress: UInt64 = 0
            for operation in [
                StoreWorkload.Operation.append(subject: "a", payload: "one", id: "", time: 1),
                .append(subject: "b", payload: "two", id: "", time: 2),
                .append(subject: "c", payload: "three", id: "", time: 3), .progress(1), .commit,
            ] { try StoreWorkload.apply(operation, to: store, progress: &progress) }
        }
        let folder = path + (point == .segmentCut ? "/1/log" : "/1/journal")
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).sorted().last)
        let file = folder + "/" + name
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        let end = (bytes.lastIndex { $0 != 0 } ?? 0) / 8 * 8 + 8
        while bytes.count < end + 24 { bytes.append(0) }
        for index in end..<end + 24 { bytes[index] = 0x5a }
        try Data(bytes).write(to: URL(fileURLWithPath: file))
    }
}
