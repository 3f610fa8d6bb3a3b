import Foundation
import NIOCore
import SegmentLog
import StreamModel
import TestSupport
import Testing

@testable import StorageTorture
@testable import StreamStore

/// What is left after a crash is the matter of ``TortureTests``.
@Suite("A disk that fails")
struct FailingDiskTests {
    @Test("A full disk refuses, keeps what there is, and heals")
    func fullDisk() throws {
        let workload = StoreWorkload(seed: 1, count: 0)
        let disk = FakeDisk()
        let index = try TemporaryDirectory()
        let store = try workload.open(disk, index.directory).store
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
        let store = try workload.open(disk, index.directory).store
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
