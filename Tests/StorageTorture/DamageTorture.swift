import NIOCore
import SegmentLog
import StreamModel
import StreamStore
import TestSupport

/// Flips bits in the files of a store of about 128 KiB, one at a time, and opens it.
///
/// It must open. What it serves must be what was stored; a bit of the log may cost the message it is in and no
/// other, or the block that it is in if that is compressed; a bit of the journal may undo the entry it is in; nothing
/// may be deleted.
final class DamageTorture {
    /// What has become of the full segments.
    enum Form: CaseIterable {
        /// They are as they were written.
        case plain
        /// Little of them was still wanted: they are packed, with gaps.
        case packed
        /// They are packed and compressed.
        case compressed
    }

    private let workload: StoreWorkload
    private let whole: FakeDisk
    private let index: [UInt8]?
    private let model: WorkloadModel
    private let directory: TemporaryDirectory
    /// Files, and how many of their first bytes are damaged: what is in use, and a little room behind.
    private let extents: [(path: String, bytes: Int)]
    /// By file, where records begin (in the plain segment) and the sequences in them, ascending.
    private let records: [String: [(offset: Int, sequence: UInt64)]]
    /// By file, what is where in those that are packed.
    private let packed: [String: PackedExtents]
    private var needsIndex = true

    /// What went wrong; at most 20.
    private(set) var problems: [String] = []

    /// Makes the store: messages, removals, a checkpoint, and again messages and removals that are not in the index.
    init(_ form: Form = .plain) throws {
        let messages = form == .plain ? 640 : 1_000
        var operations: [StoreWorkload.Operation] = []
        for number in 1...messages as ClosedRange<Int> {
            operations.append(
                .append(
                    subject: ["a.b", "a.c", "b.x.1", "c"][number % 4],
                    payload: String(repeating: "\(number % 10)", count: 60 + number % 190),
                    id: number % 5 == 0 ? "id-\(number)" : "",
                    time: Int64(1_000 + number)
                )
            )
            if number % 37 == 0 { operations.append(.remove(UInt64(number - 20), erase: number % 2 == 0)) }
            if number % 100 == 0 { operations.append(.commit) }
            if number == messages / 2 || number == messages * 2 / 3 {
                if form == .packed { operations += Self.thinning(upTo: number) }
                // The first look asks for a checkpoint, which plans.
                if form != .plain { operations += [.commit, .maintain(1)] }
                operations.append(.checkpoint)
                // What a checkpoint has planned, and again what is gone from a segment that was packed.
                if form != .plain {
                    operations += [
                        .maintain(1), .remove(number == messages / 2 ? 1 : 2, erase: true), .commit,
                        .checkpoint,
                    ]
                }
            }
            if number % 50 == 0 { operations.append(.progress(UInt64(number))) }
        }
        operations.append(.commit)
        self.workload = StoreWorkload(
            operations: operations,
            segmentBytes: form == .plain ? 32 << 10 : 80 << 10,
            compresses: form == .compressed
        )
        self.whole = FakeDisk()
        self.directory = try TemporaryDirectory(inMemory: true)
        var model = WorkloadModel(self.workload)
        do {
            let store = try self.workload.open(self.whole, self.directory.directory).store
            for operation in operations {
                model.apply(operation)
                var progress = model.progress
                try StoreWorkload.apply(operation, to: store, progress: &progress) { model.acknowledge() }
            }
        }
        self.model = model
        self.index = self.directory.index
        var extents: [(String, Int)] = []
        for (path, bytes) in self.whole.files.sorted(by: { $0.key < $1.key }) {
            let used = (bytes.lastIndex { $0 != 0 } ?? -1) + 1
            extents.append((path, Swift.min(used + 64, bytes.count)))
        }
        self.extents = extents
        var records: [String: [(Int, UInt64)]] = [:]
        let id = StoreWorkload.streamID
        guard let stream = StreamUUID(bytes: id.span.bytes) else { throw Unusable() }
        let log = try self.whole.root.openDirectory("1").openDirectory("log")
        _ = try MessageLog.verify(log, stream: stream) { header, _ in
            let number = String(header.position.segment)
            let name = String(repeating: "0", count: 20 - number.count) + number + ".seg"
            records["/1/log/\(name)", default: []].append((Int(header.position.offset), header.sequence))
        }
        self.records = records
        var packed: [String: PackedExtents] = [:]
        for (path, found) in records {
            packed[path] = PackedExtents(self.whole.files[path] ?? [], records: found.map { $0.0 })
        }
        self.packed = packed
        if packed.isEmpty != (form == .plain) { throw Unusable() }
    }

    /// Removes so much of the first messages that their segments are worth writing anew.
    private static func thinning(upTo last: Int) -> [StoreWorkload.Operation] {
        (4...last).filter { $0 % 8 != 1 }.map { .remove(UInt64($0), erase: false) }
    }

    /// The messages that a bit of that byte may cost.
    private func hit(_ path: String, _ byte: Int) -> [UInt64] {
        guard let records = self.records[path] else { return [] }
        if let packed = self.packed[path] { return records[packed.hit(byte)].map { $0.sequence } }
        return records.last { $0.offset <= byte }.map { [$0.sequence] } ?? []
    }

    struct Unusable: Error {}

    /// How many bits can be flipped.
    var bits: Int { self.extents.reduce(0) { $0 + $1.bytes * 8 } }

    /// Flips one bit and looks at the store; `isThorough`: at every message of it.
    func flip(_ bit: Int, withoutIndex: Bool, isThorough: Bool) throws {
        var bit = bit
        guard
            let extent = self.extents.first(where: { extent in
                if bit < extent.bytes * 8 { return true }
                bit -= extent.bytes * 8
                return false
            })
        else { return }
        let disk = self.whole.afterPowerCut(.endingTheProcess)
        disk.flip(extent.path, bit: bit)
        if withoutIndex || self.needsIndex {
            try self.directory.replaceIndex(by: withoutIndex ? nil : self.index)
        }
        self.needsIndex = withoutIndex
        let before = disk.files
        let problem: String?
        do throws(StoreError) {
            let opened = try self.workload.open(disk, self.directory.directory)
            if opened.report.rebuiltIndex { self.needsIndex = true }
            problem =
                disk.missing(from: before)
                ?? self.problem(opened, extent.path, bit / 8, withoutIndex, isThorough)
        } catch {
            self.needsIndex = true
            problem = "it does not open: \(error)"
        }
        if let problem, self.problems.count < 20 {
            self.problems.append(
                "bit \(bit % 8) of byte \(bit / 8) of \(extent.path)"
                    + "\(withoutIndex ? ", without the index" : ""): \(problem)"
            )
        }
    }

    private func problem(
        _ opened: OpenedStore,
        _ path: String,
        _ byte: Int,
        _ withoutIndex: Bool,
        _ isThorough: Bool
    ) -> String? {
        let isLog = path.hasPrefix("/1/log/")
        // A removal that is forgotten lets its message come back. Without the index the state file tells of removals.
        let mayComeBack = path.hasPrefix("/1/journal/") || (withoutIndex && path == "/1/state")
        let hit = self.hit(path, byte)
        var sequences = Array(1...Swift.max(self.model.list.last, 1))
        if !isThorough {
            let middle = UInt64(byte % Int(self.model.list.last))
            let ends = [hit.first ?? middle, hit.last ?? middle]
            sequences.removeAll { sequence in
                !ends.contains { sequence + 3 >= $0 && sequence <= $0 + 3 }
            }
        }
        var lost: [UInt64] = []
        var buffer = ByteBuffer()
        for sequence in sequences {
            buffer.clear()
            let isStored = self.model.stored.contains(sequence)
            guard case .message(let message) = opened.store.load(StreamSequence(sequence), into: &buffer)
            else {
                if isStored { lost.append(sequence) }
                continue
            }
            let bytes = Array(buffer.readableBytesView)
            guard let appended = self.model.appended[sequence],
                appended.subject.bytes == Array(bytes[message.subject]),
                appended.headers == Array(bytes[message.headers]),
                appended.payload == Array(bytes[message.payload])
            else { return "message \(sequence) is not what was stored" }
            if !isStored, !mayComeBack { return "message \(sequence) was removed and is back" }
        }
        if !lost.allSatisfy({ hit.contains($0) }) { return "messages \(lost) are lost, damaged are \(hit)" }
        let state = opened.store.state
        let expected = UInt64(self.model.stored.count)
        if state.messages + UInt64(hit.count) < expected || (state.messages > expected && !mayComeBack) {
            return "\(state.messages) messages instead of \(expected)"
        }
        if state.messages < expected, !isLog { return "\(state.messages) messages instead of \(expected)" }
        if state.lastSequence.rawValue + 1 < self.model.last {
            return "the sequence went back to \(state.lastSequence)"
        }
        return nil
    }
}
