import Foundation
import NIOCore
import SegmentLog
import StreamModel
import TestSupport
import Testing

@testable import StreamStore

/// The log, the journal and the state file are on a disk whose power is cut; LMDB is on a real one, where each of
/// its transactions is whole or absent.
@Suite("After a crash")
struct CrashTests {
    private func options(_ workload: StoreWorkload) -> FileStoreOptions {
        FileStoreOptions(
            streamID: StoreFixture.streamID,
            quarantine: "unused",
            segmentBytes: 2_048,
            limits: workload.limits,
            duplicateWindow: 1_000_000_000,
            indexMapBytes: 1 << 24
        )
    }

    private func open(_ disk: FakeDisk, _ index: POSIXDirectory, _ workload: StoreWorkload) throws
        -> OpenedStore
    {
        try FileStreamStore.open(
            root: disk.root.ensureDirectory("1"),
            quarantine: disk.root.ensureDirectory("quarantine"),
            indexRoot: index,
            options: self.options(workload),
            now: Timestamp(rawValue: 2_000)
        )
    }

    /// Runs the workload until the disk fails; returns what was acknowledged.
    private func run(_ workload: StoreWorkload, _ disk: FakeDisk, _ index: POSIXDirectory) -> WorkloadModel {
        var model = WorkloadModel(workload)
        guard let store = try? self.open(disk, index, workload).store else { return model }
        for operation in workload.operations {
            model.apply(operation)
            do throws(StoreError) {
                try StoreWorkload.apply(operation, to: store, progress: &model.progress)
            } catch {
                return model
            }
            if operation == .commit || operation == .checkpoint { model.acknowledge() }
        }
        return model
    }

    /// What recovery says twice in a row; it must be the same.
    private func recover(
        _ model: WorkloadModel,
        _ disk: FakeDisk,
        _ index: POSIXDirectory,
        _ workload: StoreWorkload
    ) throws -> String? {
        let state: StoreState
        do {
            let opened = try self.open(disk, index, workload)
            if let problem = model.problem(with: opened) {
                return "\(problem); \(opened.report)"
            }
            state = opened.store.state
            try opened.store.commitAll()
        }
        let again = try self.open(disk, index, workload)
        if let problem = model.problem(with: again) { return "the second time: \(problem)" }
        return again.store.state == state ? nil : "recovered twice: \(state) and \(again.store.state)"
    }

    @Test(
        "Nothing acknowledged is lost or back, wherever the power is cut",
        arguments: [1, 2, 3, 4] as [UInt64]
    )
    func everywhere(seed: UInt64) throws {
        let workload = StoreWorkload(seed: seed, count: 120)
        let whole = FakeDisk()
        let scratch = try TemporaryDirectory()
        _ = self.run(workload, whole, scratch.directory)
        let total = whole.mutations
        #expect(total > 100)
        // Every step would take too long; the places move with the seed.
        var step = Int(seed)
        while step < total {
            let disk = FakeDisk()
            let index = try TemporaryDirectory()
            disk.crash(afterMutations: step)
            let model = self.run(workload, disk, index.directory)
            let cuts: [FakeDisk.PowerCut] = [
                .keepingNothing, .keepingEverything, .keepingSome(seed: UInt64(step)),
                .tearing(seed: UInt64(step)),
            ]
            let problem = try self.recover(
                model,
                disk.afterPowerCut(cuts[step % cuts.count]),
                index.directory,
                workload
            )
            #expect(problem == nil, "seed \(seed), cut after \(step) of \(total), \(cuts[step % cuts.count])")
            step += 7
        }
    }

    @Test("The same without the index", arguments: [5, 6] as [UInt64])
    func withoutIndex(seed: UInt64) throws {
        let workload = StoreWorkload(seed: seed, count: 150)
        let whole = FakeDisk()
        let scratch = try TemporaryDirectory()
        _ = self.run(workload, whole, scratch.directory)
        let total = whole.mutations
        var step = Int(seed)
        while step < total {
            let disk = FakeDisk()
            disk.crash(afterMutations: step)
            let index = try TemporaryDirectory()
            let lost = try TemporaryDirectory()
            let model = self.run(workload, disk, lost.directory)
            let problem = try self.recover(
                model,
                disk.afterPowerCut(.tearing(seed: UInt64(step))),
                index.directory,
                workload
            )
            #expect(problem == nil, "seed \(seed), cut after \(step) of \(total)")
            step += 11
        }
    }

    @Test("A full disk refuses, keeps what there is, and heals")
    func fullDisk() throws {
        let workload = StoreWorkload(seed: 1, count: 0)
        let disk = FakeDisk()
        let index = try TemporaryDirectory()
        let store = try self.open(disk, index.directory, workload).store
        var progress: UInt64 = 0
        let message = StoreWorkload.Operation.append(
            subject: "a.b",
            payload: String(repeating: "p", count: 500),
            id: "",
            time: 1
        )
        for _ in 0..<10 { try StoreWorkload.apply(message, to: store, progress: &progress) }
        try StoreWorkload.commit(store)
        disk.limit(bytes: 0)
        for _ in 0..<20 { try StoreWorkload.apply(message, to: store, progress: &progress) }
        var isFull = false
        do throws(StoreError) {
            try StoreWorkload.commit(store)
        } catch {
            if case .noSpace = error { isFull = true }
        }
        #expect(isFull)
        #expect(store.state.frozen != nil)
        #expect(store.durable == StreamSequence(10))
        #expect(store.hasUncommitted)
        var buffer = ByteBuffer()
        guard case .message = store.load(StreamSequence(5), into: &buffer) else {
            Issue.record("reads go on")
            return
        }
        #expect(store.remove(StreamSequence(5), erase: false))
        disk.limit(bytes: nil)
        try StoreWorkload.commit(store)
        #expect(store.state.frozen == nil)
        #expect(store.durable == StreamSequence(30))
        #expect(store.state.messages == 29)
    }

    @Test("After a failed sync nothing more is acknowledged, and reads go on")
    func failedSync() throws {
        let workload = StoreWorkload(seed: 1, count: 0)
        let disk = FakeDisk()
        let index = try TemporaryDirectory()
        let store = try self.open(disk, index.directory, workload).store
        var progress: UInt64 = 0
        let message = StoreWorkload.Operation.append(subject: "a.b", payload: "one", id: "", time: 1)
        try StoreWorkload.apply(message, to: store, progress: &progress)
        try StoreWorkload.commit(store)
        try StoreWorkload.apply(message, to: store, progress: &progress)
        // The write succeeds, the sync after it does not.
        disk.fail(FakeDisk.Fault(call: disk.calls + 2, errno: EIO))
        #expect(throws: StoreError.self) { try StoreWorkload.commit(store) }
        #expect(disk.didFail)
        disk.fail(nil)
        #expect(store.state.frozen != nil)
        #expect(store.durable == StreamSequence(1))
        #expect(store.makeCommit() == nil)
        #expect(store.makeCheckpoint(consumers: []) == nil)
        var buffer = ByteBuffer()
        guard case .message = store.load(StreamSequence(1), into: &buffer) else {
            Issue.record("reads go on")
            return
        }
    }
}
