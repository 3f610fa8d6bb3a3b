import NIOCore
import SegmentLog
import StreamModel
import StreamStore
import TestSupport

/// Flips bits in the files of a store of about 128 KiB, one at a time, and opens it.
///
/// It must open. What it serves must be what was stored; a bit of the log may cost the message it is in and no
/// other, a bit of the journal may undo the entry it is in; nothing may be deleted.
final class DamageTorture {
    private let workload: StoreWorkload
    private let whole: FakeDisk
    private let index: [UInt8]?
    private let model: WorkloadModel
    private let directory: TemporaryDirectory
    /// Files, and how many of their first bytes are damaged: what is in use, and a little room behind.
    private let extents: [(path: String, bytes: Int)]
    /// By file, where records begin and the sequences in them, ascending.
    private let records: [String: [(offset: Int, sequence: UInt64)]]
    private var needsIndex = true

    /// What went wrong; at most 20.
    private(set) var problems: [String] = []

    /// Makes the store: messages, removals, a checkpoint, and again messages and removals that are not in the index.
    init(messages: Int = 640) throws {
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
            if number == messages / 2 || number == messages * 2 / 3 { operations.append(.checkpoint) }
            if number % 50 == 0 { operations.append(.progress(UInt64(number))) }
        }
        operations.append(.commit)
        self.workload = StoreWorkload(operations: operations, segmentBytes: 32 << 10)
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
        let hit = isLog ? self.records[path]?.last { $0.offset <= byte }?.sequence : nil
        var sequences: ClosedRange<UInt64> = 1...Swift.max(self.model.list.last, 1)
        if !isThorough {
            let middle = hit ?? UInt64(byte % Int(self.model.list.last))
            sequences = Swift.max(middle, 4) - 3...Swift.min(middle + 3, self.model.list.last)
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
        if !lost.isEmpty, lost != [hit] {
            return "messages \(lost) are lost, damaged is \(String(describing: hit))"
        }
        let state = opened.store.state
        let expected = UInt64(self.model.stored.count)
        if state.messages + 1 < expected || (state.messages > expected && !mayComeBack) {
            return "\(state.messages) messages instead of \(expected)"
        }
        if state.messages < expected, !isLog { return "\(state.messages) messages instead of \(expected)" }
        if state.lastSequence.rawValue + 1 < self.model.last {
            return "the sequence went back to \(state.lastSequence)"
        }
        return nil
    }
}
