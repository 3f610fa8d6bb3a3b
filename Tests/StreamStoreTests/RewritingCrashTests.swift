import Foundation
import SegmentLog
import StreamModel
import TestSupport
import Testing

@testable import StorageTorture
@testable import StreamStore

/// Rewriting among all other operations: against a plain list, and with the power cut anywhere.
@Suite("Rewriting among other operations")
struct RewritingCrashTests {
    @Test("The store gives the answers of a plain list", arguments: 101...112 as ClosedRange<UInt64>)
    func model(seed: UInt64) throws {
        var run = try ModelRun(seed: seed)
        run.fixture.options.compresses = seed % 2 == 0
        run.fixture.store.compresses = seed % 2 == 0
        var rewrite: StoreRewrite?
        weak var owner: FileStreamStore?
        var count = 0
        for step in 0..<300 {
            try run.step()
            // Opened again meanwhile: what was under way belongs to nobody.
            if owner !== run.fixture.store { rewrite = nil }
            if let known = rewrite {
                if Bool.random(using: &run.random) {
                    known.perform { _ in }
                } else {
                    run.fixture.store.endRewrite()
                }
                try run.fixture.store.finish(known)
                rewrite = nil
                count += 1
            }
            owner = run.fixture.store
            let now = Timestamp(rawValue: run.time + Int64(step) * 1_000_000_000)
            rewrite = run.fixture.store.makeRewrite(now: now)
            if rewrite != nil { run.log.append("rewrite") }
            if run.checkpoint == nil, run.fixture.store.wantsCheckpoint {
                run.log.append("checkpoint for it")
                try run.fixture.commit()
                run.checkpoint = run.fixture.store.makeCheckpoint(consumers: [])
            }
            try run.compare(step)
        }
        #expect(count > 0)
    }

    private static func options(_ workload: StoreWorkload, _ compresses: Bool) -> FileStoreOptions {
        FileStoreOptions(
            streamID: StoreFixture.streamID,
            quarantine: "unused",
            segmentBytes: 2_048,
            limits: workload.limits,
            duplicateWindow: 1_000_000_000,
            indexMapBytes: 1 << 24,
            compresses: compresses
        )
    }

    private func open(
        _ disk: FakeDisk,
        _ index: TemporaryDirectory,
        _ workload: StoreWorkload,
        _ compresses: Bool
    ) throws -> OpenedStore {
        try FileStreamStore.open(
            root: disk.root.ensureDirectory("1"),
            quarantine: disk.root.ensureDirectory("quarantine"),
            indexRoot: index.directory,
            options: Self.options(workload, compresses),
            now: Timestamp(rawValue: 2_000)
        )
    }

    /// The workload's operations, and removals that leave little of what is old.
    private static func operations(_ workload: StoreWorkload) -> [StoreWorkload.Operation] {
        var operations: [StoreWorkload.Operation] = []
        var next: UInt64 = 1
        for (index, operation) in workload.operations.enumerated() {
            operations.append(operation)
            if index % 20 != 19 { continue }
            for sequence in next..<next + 10 where sequence % 5 != 0 {
                operations.append(.remove(sequence, erase: sequence % 7 == 0))
            }
            next += 10
            operations.append(.commit)
        }
        return operations
    }

    /// Runs the workload, and a rewriting now and then, until the disk fails; returns what was acknowledged.
    private func run(
        _ workload: StoreWorkload,
        _ disk: FakeDisk,
        _ index: TemporaryDirectory,
        _ compresses: Bool,
        rewrites: inout UInt64
    ) -> WorkloadModel {
        var model = WorkloadModel(workload)
        guard let store = try? self.open(disk, index, workload, compresses).store else { return model }
        var under: StoreRewrite?
        for (step, operation) in Self.operations(workload).enumerated() {
            model.apply(operation)
            do throws(StoreError) {
                try StoreWorkload.apply(operation, to: store, progress: &model.progress)
                if operation == .commit || operation == .checkpoint { model.acknowledge() }
                if let rewrite = under, step % 3 == 0 {
                    rewrite.perform { _ in }
                    under = nil
                    try store.finish(rewrite)
                    rewrites = store.rewrites
                }
                let now = Timestamp(rawValue: Int64(step) * 20_000_000_000)
                if under == nil { under = store.makeRewrite(now: now) }
                if store.wantsCheckpoint {
                    try StoreWorkload.apply(.checkpoint, to: store, progress: &model.progress)
                    model.acknowledge()
                }
            } catch {
                return model
            }
        }
        return model
    }

    @Test(
        "Nothing acknowledged is lost or back, wherever the power is cut",
        arguments: [21, 22, 23, 24] as [UInt64]
    )
    func everywhere(seed: UInt64) throws {
        let workload = StoreWorkload(seed: seed, count: 140)
        let compresses = seed > 22
        let whole = FakeDisk()
        var rewrites: UInt64 = 0
        _ = self.run(workload, whole, try TemporaryDirectory(), compresses, rewrites: &rewrites)
        let total = whole.mutations
        #expect(rewrites > 1)
        var step = Int(seed)
        while step < total {
            let disk = FakeDisk()
            let index = try TemporaryDirectory()
            disk.crash(afterMutations: step)
            let model = self.run(workload, disk, index, compresses, rewrites: &rewrites)
            let cuts: [FakeDisk.PowerCut] = [
                .keepingNothing, .keepingEverything, .keepingSome(seed: UInt64(step)),
                .tearing(seed: UInt64(step)),
            ]
            let survivor = disk.afterPowerCut(cuts[step % cuts.count])
            // With the index as it is on the disk, or without one.
            let found = step % 3 == 0 ? try TemporaryDirectory() : index
            var state: StoreState?
            for round in 1...2 {
                let opened = try self.open(survivor, found, workload, compresses)
                let context = "seed \(seed), cut after \(step) of \(total), round \(round), \(opened.report)"
                let problem = model.problem(with: opened)
                #expect(problem == nil, "\(context)")
                #expect(opened.report.damagedRecords == 0, "\(context)")
                #expect(state == nil || state == opened.store.state, "\(context)")
                state = opened.store.state
                try opened.store.commitAll()
            }
            step += 29
        }
    }
}
