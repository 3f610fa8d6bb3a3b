import Glibc
import SegmentLog
import StreamModel
import StreamStore
import TestSupport

/// Fails one call of a disk after the other, once or for good, until a workload passes untouched.
///
/// After each failure the store must refuse or go on, never lose; what the disk has then is recovered.
final class FaultTorture {
    /// How a call fails.
    struct Kind: Sendable, CustomStringConvertible {
        var errno: CInt
        var isSticky: Bool
        var isShort: Bool

        static let all: [Kind] = [EIO, ENOSPC]
            .flatMap { errno in
                [(false, false), (true, false), (false, true), (true, true)]
                    .map { isSticky, isShort in
                        Kind(errno: errno, isSticky: isSticky, isShort: isShort)
                    }
            }

        var description: String {
            "\(self.errno == EIO ? "EIO" : "ENOSPC")\(self.isSticky ? " for good" : "")"
                + "\(self.isShort ? ", half written" : "")"
        }
    }

    /// How often a call was made to fail.
    private(set) var faults = 0
    /// What went wrong; at most 20.
    private(set) var problems: [String] = []

    private var model = WorkloadModel(StoreWorkload(seed: 0, count: 0))

    /// Fails call after call of the workload, beginning with `first`, each `step`-th.
    func run(seed: UInt64, operations: Int, _ kind: Kind, from first: Int = 1, step: Int = 1) throws {
        let workload = StoreWorkload(seed: seed, count: operations)
        var call = first
        while self.problems.count < 20 {
            let disk = FakeDisk()
            let directory = try TemporaryDirectory(inMemory: true)
            disk.fail(
                FakeDisk.Fault(call: call, errno: kind.errno, isSticky: kind.isSticky, isShort: kind.isShort)
            )
            let frozen = self.work(workload, disk, directory)
            if !disk.didFail { return }
            self.faults += 1
            let context = "seed \(seed), \(operations) operations, call \(call), \(kind)"
            if frozen == "the disk is full" {
                self.note("\(context): the disk has room again and is not written to")
            }
            let index = directory.index
            for cut in [FakeDisk.PowerCut.endingTheProcess, .keepingNothing, .tearing(seed: UInt64(call))] {
                try directory.replaceIndex(by: index)
                let survivor = disk.afterPowerCut(cut)
                // What a sync has failed to write is shown until the file is closed, and is gone.
                let before = cut == .endingTheProcess ? [:] : survivor.files
                let opened = try workload.open(survivor, directory.directory)
                if let problem = survivor.missing(from: before) ?? self.model.problem(with: opened) {
                    self.note("\(context), \(cut): \(problem); \(opened.report)")
                }
            }
            call += step
        }
    }

    /// Does the whole workload as far as the disk lets it; returns why the store takes no writes in the end.
    private func work(_ workload: StoreWorkload, _ disk: FakeDisk, _ directory: TemporaryDirectory) -> String?
    {
        self.model = WorkloadModel(workload)
        guard let store = try? workload.open(disk, directory.directory).store else { return nil }
        for operation in workload.operations {
            // The owner of a store that refuses writes publishes nothing more, but goes on to remove and acknowledge.
            if case .append = operation, store.state.frozen != nil { continue }
            self.model.apply(operation)
            var progress = self.model.progress
            do throws(StoreError) {
                try StoreWorkload.apply(operation, to: store, progress: &progress) {
                    self.model.acknowledge()
                }
            } catch {}
        }
        // A disk that was full has room again.
        disk.fail(nil)
        try? StoreWorkload.commit(store) { self.model.acknowledge() }
        return store.state.frozen
    }

    /// Fails call after call of opening a store that was used and not closed.
    func runRecovery(seed: UInt64, operations: Int, _ kind: Kind, from first: Int = 1, step: Int = 1) throws {
        let workload = StoreWorkload(seed: seed, count: operations)
        let whole = FakeDisk()
        let source = try TemporaryDirectory(inMemory: true)
        whole.crash(afterMutations: 60 + Int(seed % 40))
        _ = self.work(workload, whole, source)
        let torn = whole.afterPowerCut(.tearing(seed: seed))
        let index = source.index
        let directory = try TemporaryDirectory(inMemory: true)
        var call = first
        while self.problems.count < 20 {
            let disk = torn.afterPowerCut(.endingTheProcess)
            let before = disk.files
            try directory.replaceIndex(by: call % 3 == 0 ? nil : index)
            disk.fail(
                FakeDisk.Fault(call: call, errno: kind.errno, isSticky: kind.isSticky, isShort: kind.isShort)
            )
            let context = "recovery, seed \(seed), \(operations) operations, call \(call), \(kind)"
            do {
                let opened = try workload.open(disk, directory.directory)
                disk.fail(nil)
                if let problem = disk.missing(from: before) ?? self.model.problem(with: opened) {
                    self.note("\(context): \(problem); \(opened.report)")
                }
            } catch {}
            if !disk.didFail { return }
            self.faults += 1
            disk.fail(nil)
            let after = disk.files
            let opened = try workload.open(disk, directory.directory)
            let problem =
                disk.missing(from: after) ?? disk.missing(from: before) ?? self.model.problem(with: opened)
            if let problem { self.note("\(context), and then: \(problem); \(opened.report)") }
            call += step
        }
    }

    private func note(_ problem: String) { if self.problems.count < 20 { self.problems.append(problem) } }
}
