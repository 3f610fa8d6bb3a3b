import SegmentLog
import StreamModel
import StreamStore
import Subjects
import TestSupport

/// Ends a workload before every change that it makes to its disk, lets power cuts keep different parts of what was
/// not synced, and recovers what each of them leaves; during some of these recoveries the power is cut again.
///
/// Log, journal, state file and quarantine are on a disk in memory. LMDB's files are on a real one, where each of its
/// transactions is whole or absent: a crash is tried with the index before and after it, and without any.
final class CrashTorture {
    /// How much is tried.
    struct Scale {
        /// Power cuts by chance at each change, where there are too many to try all.
        var cuts = 10
        /// With so few unsynced sectors and entries every subset of them is tried.
        var subsetsMax = 3
        /// Each so many-th state is also tried without its index.
        var withoutIndexEvery = 4
        /// In each so many-th recovery the power is cut again, at every change it makes.
        var nestedEvery = 8
        /// So many recoveries in a row may be cut short.
        var depthMax = 2
        /// After each so many-th recovery the store is opened again, used, and opened once more.
        var reuseEvery = 8
        /// The run ends after so many distinct states.
        var statesMax = Int.max
    }

    private let scale: Scale
    private var chance = SeededGenerator(seed: 0)
    private var workload = StoreWorkload(seed: 0, count: 0)
    private var model = WorkloadModel(StoreWorkload(seed: 0, count: 0))
    private var acknowledgements = 0
    private var seed: UInt64 = 0
    private var step = 0
    private var index: [UInt8]?
    private var directories: [TemporaryDirectory] = []
    private var tried: Set<Int> = []
    private var turn = 0

    /// The digests of all disks, with their index, that were recovered.
    private(set) var states: Set<Int> = []
    /// How many recoveries there were.
    private(set) var recoveries = 0
    /// How many recoveries were cut short by another power cut.
    private(set) var nested = 0
    /// How many segments the workloads have written anew.
    private(set) var rewrites: UInt64 = 0
    /// What went wrong, with what is needed to see it again; at most 20.
    private(set) var problems: [String] = []

    init(_ scale: Scale = Scale()) { self.scale = scale }

    /// Whether enough has been tried, or too much found.
    var isDone: Bool { self.states.count >= self.scale.statesMax || self.problems.count >= 20 }

    /// Runs the workload of that seed, on encrypted files if there is `encryption`.
    func run(seed: UInt64, operations: Int, encryption: StoreEncryption? = nil) throws {
        self.seed = seed
        self.step = 0
        self.index = nil
        self.chance = SeededGenerator(seed: seed)
        self.workload = StoreWorkload(seed: seed, count: operations)
        self.workload.encryption = encryption
        self.model = WorkloadModel(self.workload)
        let disk = FakeDisk()
        let directory = try TemporaryDirectory(inMemory: true)
        disk.beforeEachMutation { disk in self.crash(disk, directory, depth: 0) }
        let store = try self.workload.open(disk, directory.directory).store
        for operation in self.workload.operations where !self.isDone {
            self.model.apply(operation)
            var progress = self.model.progress
            try StoreWorkload.apply(operation, to: store, progress: &progress) {
                self.model.acknowledge()
                self.acknowledgements += 1
            }
        }
        disk.beforeEachMutation(nil)
        self.crash(disk, directory, depth: 0)
        self.rewrites += store.rewrites
    }

    // MARK: Crashing

    private func crash(_ disk: FakeDisk, _ directory: TemporaryDirectory, depth: Int) {
        if self.isDone { return }
        if depth == 0 { self.step += 1 }
        let newest = directory.index
        var indexes = [newest]
        if depth == 0 {
            // A checkpoint was committed since the last change of the disk: or was it not?
            if let before = self.index, before != newest { indexes.append(before) }
            self.index = newest
        }
        for cut in self.cuts(disk, depth) {
            let survivor = disk.afterPowerCut(cut)
            for index in indexes { self.check(survivor, index, isLost: false, cut, depth) }
            self.turn += 1
            if newest != nil, self.turn % self.scale.withoutIndexEvery == 0 {
                self.check(survivor, nil, isLost: true, cut, depth)
            }
        }
    }

    /// What a power cut now may leave, as far as it is tried.
    private func cuts(_ disk: FakeDisk, _ depth: Int) -> [FakeDisk.PowerCut] {
        let pieces = disk.unsyncedPieces
        var cuts: [FakeDisk.PowerCut] = [.endingTheProcess]
        if pieces <= self.scale.subsetsMax {
            for bits in 0..<UInt64(1) << UInt64(pieces) { cuts.append(.choosing(bits: bits)) }
            return cuts
        }
        cuts += [.keepingNothing, .keepingEverything]
        let count = depth == 0 ? self.scale.cuts : Swift.min(self.scale.cuts, 3)
        for number in 0..<count {
            let seed = self.chance.next()
            cuts.append(number % 4 == 3 ? .keepingSome(seed: seed) : .tearing(seed: seed))
        }
        return cuts
    }

    // MARK: Checking

    private func check(
        _ survivor: FakeDisk,
        _ index: [UInt8]?,
        isLost: Bool,
        _ cut: FakeDisk.PowerCut,
        _ depth: Int
    ) {
        if self.isDone { return }
        var hasher = Hasher()
        hasher.combine(survivor.digest)
        index?.withUnsafeBytes { hasher.combine(bytes: $0) }
        let digest = hasher.finalize()
        self.states.insert(digest)
        // The same disk is looked at again when more has been promised of it.
        hasher.combine(self.acknowledgements)
        hasher.combine(cut == .endingTheProcess)
        if !self.tried.insert(hasher.finalize()).inserted { return }
        do {
            let problem = try self.recover(survivor, index, depth)
            if let problem { self.note(problem, isLost, cut, depth) }
        } catch {
            self.note("\(error)", isLost, cut, depth)
        }
    }

    private func note(_ problem: String, _ isLost: Bool, _ cut: FakeDisk.PowerCut, _ depth: Int) {
        if self.problems.count >= 20 { return }
        self.problems.append(
            "seed \(self.seed), \(self.workload.operations.count) operations, before change \(self.step), "
                + "recovery \(depth + 1), \(cut)\(isLost ? ", without its index" : ""): \(problem)"
        )
    }

    /// Recovers a copy of `survivor`; returns what is wrong with it.
    private func recover(_ survivor: FakeDisk, _ index: [UInt8]?, _ depth: Int) throws -> String? {
        self.turn += 1
        self.recoveries += 1
        let disk = survivor.afterPowerCut(.endingTheProcess)
        let directory = try self.directory(depth, index)
        let before = disk.files
        if depth < self.scale.depthMax, self.turn % self.scale.nestedEvery == 0 {
            disk.beforeEachMutation { disk in
                self.nested += 1
                self.crash(disk, directory, depth: depth + 1)
            }
        }
        defer { disk.beforeEachMutation(nil) }
        let reuses = self.turn % self.scale.reuseEvery == 0
        var answers = ""
        do {
            let opened = try self.workload.open(disk, directory.directory)
            disk.beforeEachMutation(nil)
            if let problem = disk.missing(from: before) { return problem }
            if let problem = self.model.problem(with: opened) { return "\(problem); \(opened.report)" }
            if depth == 0, opened.report.notices.contains(where: { $0.hasPrefix("the index is made again") })
            {
                return "an index that fits is not used: \(opened.report)"
            }
            if reuses { answers = opened.answers }
        }
        return reuses ? try self.reuse(disk, directory, answers) : nil
    }

    /// Recovers once more, goes on, and recovers again; returns what is wrong.
    private func reuse(_ disk: FakeDisk, _ directory: TemporaryDirectory, _ answers: String) throws -> String?
    {
        let digest = disk.digest
        let sequence: UInt64
        do {
            let opened = try self.workload.open(disk, directory.directory)
            if opened.answers != answers { return "recovered twice: \(answers) and then \(opened.answers)" }
            if disk.digest != digest { return "recovering twice changed the disk" }
            sequence = opened.store.state.lastSequence.rawValue + 1
            var progress: UInt64 = 0
            let message = StoreWorkload.Operation.append(subject: "new", payload: "one", id: "", time: 1)
            try StoreWorkload.apply(message, to: opened.store, progress: &progress)
            try StoreWorkload.apply(
                self.turn % 2 == 0 ? .checkpoint : .commit,
                to: opened.store,
                progress: &progress
            )
            if opened.store.durable.rawValue != sequence { return "a message got another sequence" }
        }
        let opened = try self.workload.open(disk.afterPowerCut(.keepingNothing), directory.directory)
        let filter = opened.store.last(matching: .all, atOrBefore: StreamSequence(.max - 1))
        return filter?.rawValue == sequence ? nil : "the message after a recovery is gone"
    }

    /// A directory with that index alone.
    private func directory(_ depth: Int, _ index: [UInt8]?) throws -> TemporaryDirectory {
        while self.directories.count <= depth {
            self.directories.append(try TemporaryDirectory(inMemory: true))
        }
        let directory = self.directories[depth]
        try directory.replaceIndex(by: index)
        return directory
    }
}
