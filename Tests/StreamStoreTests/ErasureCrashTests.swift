import Foundation
import NIOCore
import SegmentLog
import StreamModel
import Subjects
import TestSupport
import Testing

@testable import StorageTorture
@testable import StreamStore

/// What was deleted securely, and acknowledged, is overwritten, wherever the process ends in between.
@Suite("Secure deletes and crashes")
struct ErasureCrashTests {
    /// A disk and an index at the moment of a crash.
    private struct Moment {
        var disk: FakeDisk
        var index: [UInt8]?
        var place: String
    }

    private static let erased: [UInt64] = [2, 9, 17, 30]

    private static func secret(_ sequence: UInt64) -> String {
        "secret \(sequence / 10)\(sequence % 10) " + String(repeating: "\(sequence % 10)", count: 100)
    }

    /// Ends a process before each change that two checkpoints make, after messages were deleted securely.
    private func moments(_ workload: StoreWorkload, isPacked: Bool) throws -> [Moment] {
        let disk = FakeDisk()
        let directory = try TemporaryDirectory(inMemory: true)
        let store = try workload.open(disk, directory.directory).store
        var progress: UInt64 = 0
        func apply(_ operations: [StoreWorkload.Operation]) throws {
            for operation in operations {
                try StoreWorkload.apply(operation, to: store, progress: &progress)
            }
        }
        for sequence in 1...30 as ClosedRange<UInt64> {
            let time = Int64(1_000 + sequence)
            try apply([.append(subject: "a.b", payload: Self.secret(sequence), id: "", time: time)])
        }
        try apply([.commit, .checkpoint])
        if isPacked { try apply([.maintain(1)]) }
        try apply(Self.erased.map { .remove($0, erase: true) })
        try apply([.commit])
        var moments: [Moment] = []
        func note(_ disk: FakeDisk) {
            for cut in [.endingTheProcess, .keepingNothing] as [FakeDisk.PowerCut] {
                moments.append(
                    Moment(
                        disk: disk.afterPowerCut(cut),
                        index: directory.index,
                        place: "before change \(moments.count / 2 + 1), \(cut)"
                    )
                )
            }
        }
        disk.beforeEachMutation { note($0) }
        try apply([.checkpoint])
        try apply([.append(subject: "a.c", payload: "more", id: "", time: 2_000), .commit, .checkpoint])
        disk.beforeEachMutation(nil)
        note(disk)
        return moments
    }

    /// The sequences whose bytes are still in a file of the log.
    private func found(_ disk: FakeDisk, _ workload: StoreWorkload) throws -> [UInt64] {
        var found: Set<UInt64> = []
        let id = StoreWorkload.streamID
        guard let stream = StreamUUID(bytes: id.span.bytes) else { return [] }
        let log = try disk.root.openDirectory("1").openDirectory("log")
        _ = try MessageLog.verify(log, stream: stream) { header, body in
            let text = String(decoding: body.array(), as: UTF8.self)
            for sequence in Self.erased where text.contains(Self.secret(sequence)) { found.insert(sequence) }
        }
        // As it is on the disk, whether it can still be read or not.
        for (path, bytes) in disk.files where path.hasPrefix("/1/") {
            for sequence in Self.erased {
                let secret = Data(Self.secret(sequence).utf8)
                if Data(bytes).range(of: secret) != nil { found.insert(sequence) }
            }
        }
        return found.sorted()
    }

    @Test(
        "After a crash at any change the bytes of a secure delete are overwritten",
        arguments: [(isPacked: false, isLost: false), (true, false), (false, true), (true, true)]
    )
    func everywhere(isPacked: Bool, isLost: Bool) throws {
        let workload = StoreWorkload(operations: [], segmentBytes: 2_048, compresses: isPacked)
        let moments = try self.moments(workload, isPacked: isPacked)
        #expect(moments.count > 30)
        let directory = try TemporaryDirectory(inMemory: true)
        var late = 0
        for moment in moments {
            try directory.replaceIndex(by: isLost ? nil : moment.index)
            if try !self.found(moment.disk, workload).isEmpty { late += 1 }
            // Opened once and killed before anything was written, and opened again.
            for round in 1...2 {
                let opened = try workload.open(moment.disk, directory.directory)
                for sequence in Self.erased {
                    var buffer = ByteBuffer()
                    guard case .absent = opened.store.load(StreamSequence(sequence), into: &buffer) else {
                        Issue.record("\(moment.place): message \(sequence) is back")
                        continue
                    }
                }
                if round == 1 { continue }
                var progress: UInt64 = 0
                for operation in [.commit, .checkpoint, .commit] as [StoreWorkload.Operation] {
                    try StoreWorkload.apply(operation, to: opened.store, progress: &progress)
                }
                #expect(opened.store.state.messages == opened.store.state.lastSequence.rawValue - 4)
            }
            #expect(try self.found(moment.disk, workload) == [], "\(moment.place)")
        }
        // Some were not overwritten yet when the process ended.
        #expect(late > 3)
    }
}
