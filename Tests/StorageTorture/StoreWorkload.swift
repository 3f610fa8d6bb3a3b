import NIOCore
import SegmentLog
import StreamModel
import StreamStore
import Subjects
import TestSupport

extension String {
    /// The bytes of the text.
    var bytes: [UInt8] { Array(self.utf8) }
}

/// A fixed sequence of operations on a store, and what a plain list makes of them: for tests that end it anywhere.
struct StoreWorkload {
    enum Operation: Equatable {
        case append(subject: String, payload: String, id: String, time: Int64)
        case remove(UInt64, erase: Bool)
        case purge([String], below: UInt64?, keep: UInt64)
        case skip(UInt64)
        case expire(Int64)
        case progress(UInt64)
        case maintain(Int)
        case commit
        case checkpoint
    }

    /// Work on the files that changes no answer.
    ///
    /// Another kind of it is another line here: every torture does it.
    /// What one throws is a ``StoreError``.
    static let maintenance: [@Sendable (FileStreamStore) throws -> Void] = [
        { store in store.requestSync() },
        { store in try StoreWorkload.rewrite(store) },
        { store in try StoreWorkload.rewrite(store) },
    ]

    let operations: [Operation]
    let limits: StoreLimits
    /// How long a segment is: by default of a few messages.
    let segmentBytes: Int
    /// Whether full segments are compressed.
    let compresses: Bool
    /// How the files are encrypted; nil: not at all.
    var encryption: StoreEncryption?

    init(operations: [Operation], segmentBytes: Int, compresses: Bool = false) {
        self.operations = operations
        self.limits = StoreLimits()
        self.segmentBytes = segmentBytes
        self.compresses = compresses
    }

    init(seed: UInt64, count: Int) {
        var random = SeededGenerator(seed: seed)
        var operations: [Operation] = []
        var last: UInt64 = 0
        var time: Int64 = 1_000
        let subjects = ["a.b", "a.c", "b.x.1", "b.y.1", "c"]
        for _ in 0..<count {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<62:
                last += 1
                time += Int64.random(in: 0..<10, using: &random)
                operations.append(
                    .append(
                        subject: subjects.randomElement(using: &random) ?? "c",
                        payload: String(repeating: "p", count: Int.random(in: 0..<200, using: &random)),
                        id: last % 3 == 0 ? "id-\(last)" : "",
                        time: time
                    )
                )
            case 62..<66:
                operations.append(.maintain(Int.random(in: 0..<Self.maintenance.count, using: &random)))
            case 66..<73:
                operations.append(
                    .remove(UInt64.random(in: 0...last + 1, using: &random), erase: last % 2 == 0)
                )
            case 73..<75:
                let below = UInt64.random(in: 0...last, using: &random)
                operations.append(.purge(["a.*"], below: below, keep: 0))
            case 75..<78: operations.append(Self.purge(last, &random))
            case 78:
                last += 5
                operations.append(.skip(last))
            case 79: operations.append(.expire(time - 200))
            case 80..<84: operations.append(.progress(last))
            case 84..<94: operations.append(.commit)
            default:
                operations.append(.checkpoint)
                // What a checkpoint has planned.
                operations.append(.maintain(Int.random(in: 0..<Self.maintenance.count, using: &random)))
            }
        }
        operations.append(.commit)
        operations.append(.checkpoint)
        self.operations = operations
        self.segmentBytes = 2_048
        self.compresses = seed % 3 == 0
        self.limits = seed % 2 == 0 ? StoreLimits(messages: 60, messagesPerSubject: 25) : StoreLimits()
    }

    /// A purge of one of the kinds there are.
    private static func purge(_ last: UInt64, _ random: inout SeededGenerator) -> Operation {
        let below = UInt64.random(in: 0...last, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return .purge([], below: nil, keep: 0)
        case 1: return .purge(["b.*.1", "c"], below: nil, keep: 0)
        case 2, 3: return .purge([], below: below, keep: 0)
        case 4, 5: return .purge(["a.*"], below: nil, keep: 2)
        default: return .purge([], below: nil, keep: 10)
        }
    }

    /// Consumers of the workload: one, whose progress is a number.
    static let consumer = ConsumerID(rawValue: 7)

    /// The stream that all of this happens to.
    static let streamID: [UInt8] = (1...16).map { UInt8($0) }

    /// How its store is opened.
    var options: FileStoreOptions {
        FileStoreOptions(
            streamID: Self.streamID,
            quarantine: "unused",
            segmentBytes: self.segmentBytes,
            limits: self.limits,
            duplicateWindow: 1_000_000_000,
            indexMapBytes: 1 << 24,
            compresses: self.compresses,
            encryption: self.encryption
        )
    }

    /// Opens the store on `disk`, with its index in `index`.
    func open(_ disk: FakeDisk, _ index: POSIXDirectory) throws(StoreError) -> OpenedStore {
        let root: any StorageDirectory
        let quarantine: any StorageDirectory
        do throws(SegmentError) {
            root = try disk.root.ensureDirectory("1")
            quarantine = try disk.root.ensureDirectory("quarantine")
        } catch {
            throw .system(call: "mkdirat", path: "1", errno: error.errno)
        }
        return try FileStreamStore.open(
            root: root,
            quarantine: quarantine,
            indexRoot: index,
            options: self.options,
            now: Timestamp(rawValue: 2_000)
        )
    }

    /// Does one operation; throws what a commit or checkpoint throws.
    ///
    /// - Parameter acknowledged: called whenever everything done so far is durable.
    static func apply(
        _ operation: Operation,
        to store: FileStreamStore,
        progress: inout UInt64,
        acknowledged: () -> Void = {}
    ) throws(StoreError) {
        switch operation {
        case .append(let subject, let payload, let id, let time):
            let headers = id.isEmpty ? "" : "NATS/1.0\r\nNats-Msg-Id: \(id)\r\n\r\n"
            _ = store.append(
                subject: subject.bytes.span.bytes,
                headers: headers.bytes.span.bytes,
                payload: payload.bytes.span.bytes,
                messageID: id.bytes.span.bytes,
                timestamp: Timestamp(rawValue: time)
            )
        case .remove(let sequence, let erase): _ = store.remove(StreamSequence(sequence), erase: erase)
        case .purge(let patterns, let below, let keep):
            let filter = SubjectFilter(patterns.compactMap { SubjectPattern($0) })
            _ = store.purge(matching: filter, below: below.map { StreamSequence($0) }, keep: keep)
        case .skip(let sequence): store.skip(to: StreamSequence(sequence))
        case .expire(let time):
            store.limits.age = 0
            _ = store.expire(by: Timestamp(rawValue: time))
        case .progress(let number):
            progress = number
            store.journal("\(number)".bytes.span.bytes, consumer: Self.consumer, durable: true)
        case .maintain(let kind): try self.maintain(store, kind)
        case .commit: try self.commit(store, acknowledged)
        case .checkpoint:
            try self.commit(store, acknowledged)
            let snapshot = ConsumerSnapshot(consumer: Self.consumer, bytes: "\(progress)".bytes)
            for _ in 0..<2 {
                if let checkpoint = store.makeCheckpoint(consumers: [snapshot]) {
                    checkpoint.perform()
                    try store.finish(checkpoint)
                    break
                }
                try self.commit(store, acknowledged)
            }
            try self.commit(store, acknowledged)
        }
    }

    /// Writes a segment anew, if the last checkpoint found one of which little is stored, or one to compress.
    private static func rewrite(_ store: FileStreamStore) throws(StoreError) {
        guard let due = store.rewriteDeadline else { return }
        // Nothing was appended for so long that the stream is quiet.
        let now = due.advanced(byNanoseconds: 20_000_000_000)
        while let rewrite = store.makeRewrite(now: now) {
            rewrite.perform { _ in }
            try store.finish(rewrite)
        }
    }

    private static func maintain(_ store: FileStreamStore, _ kind: Int) throws(StoreError) {
        do {
            try Self.maintenance[kind](store)
        } catch let error as StoreError {
            throw error
        } catch {
            preconditionFailure("maintenance throws a StoreError, not \(error)")
        }
    }

    /// Commits until nothing is left to do, or nothing can be done.
    static func commit(_ store: FileStreamStore, _ acknowledged: () -> Void = {}) throws(StoreError) {
        while let commit = store.makeCommit() {
            commit.perform()
            try store.finish(commit)
        }
        if !store.hasUncommitted, store.state.frozen == nil { acknowledged() }
    }
}
