import NIOCore
import SegmentLog
import StreamModel
import TestSupport
import Testing

@testable import StorageTorture
@testable import StreamStore

/// Files of a closed or killed store are removed, cut short or replaced; it is opened again.
@Suite("Missing and damaged files")
struct MissingFilesTests {
    /// A store of 60 messages in segments of a few, checkpointed after 40 of them and killed after 60.
    private final class Killed {
        let workload: StoreWorkload
        let disk = FakeDisk()
        let index: TemporaryDirectory
        var model: WorkloadModel

        init() throws {
            self.index = try TemporaryDirectory(inMemory: true)
            var operations: [StoreWorkload.Operation] = []
            for number in 1...60 as ClosedRange<UInt64> {
                let payload = "payload \(number) \(String(repeating: "p", count: Int(number) * 3))"
                operations.append(
                    .append(subject: "a.\(number % 3)", payload: payload, id: "", time: 1_000 + Int64(number))
                )
                if number % 10 == 0 { operations += [.remove(number - 5, erase: false), .commit] }
                if number == 20 || number == 40 { operations += [.progress(number), .checkpoint] }
            }
            self.workload = StoreWorkload(operations: operations, segmentBytes: 2_048)
            self.model = WorkloadModel(self.workload)
            let store = try self.workload.open(self.disk, self.index.directory).store
            for operation in operations {
                self.model.apply(operation)
                var progress = self.model.progress
                try StoreWorkload.apply(operation, to: store, progress: &progress) {
                    self.model.acknowledge()
                }
            }
        }

        func open() throws(StoreError) -> OpenedStore {
            try self.workload.open(self.disk, self.index.directory)
        }

        var log: any StorageDirectory {
            get throws { try self.disk.root.openDirectory("1").openDirectory("log") }
        }

        /// The index's checkpoint.
        func record() throws -> CheckpointRecord? {
            try IndexReader(files: IndexFiles(path: self.index.path + "/index", mapBytes: 1 << 24)).record()
        }

        /// The segments, and the sequences in each.
        func segments() throws -> [(name: String, sequences: [UInt64])] {
            let id = StoreWorkload.streamID
            guard let stream = StreamUUID(bytes: id.span.bytes) else { return [] }
            var found: [UInt64: [UInt64]] = [:]
            _ = try MessageLog.verify(self.log, stream: stream) { header, _ in
                found[header.position.segment, default: []].append(header.sequence)
            }
            let names = try self.log.list().sorted()
            return names.map { name in (name, found[UInt64(name.prefix(20)) ?? 0] ?? []) }
        }

        /// What is stored of `expected` and cannot be read, and what is read and was not stored like that.
        func check(_ store: FileStreamStore) -> (lost: [UInt64], wrong: [UInt64]) {
            var lost: [UInt64] = []
            var wrong: [UInt64] = []
            for sequence in 1...self.model.list.last {
                var buffer = ByteBuffer()
                guard case .message(let message) = store.load(StreamSequence(sequence), into: &buffer) else {
                    if self.model.stored.contains(sequence) { lost.append(sequence) }
                    continue
                }
                let payload = Array(Array(buffer.readableBytesView)[message.payload])
                if payload != self.model.appended[sequence]?.payload { wrong.append(sequence) }
            }
            return (lost, wrong)
        }
    }

    @Test(
        "A missing segment costs the messages in it, and no sequence is given twice",
        arguments: 0..<6,
        [true, false]
    )
    func missingSegment(place: Int, hasIndex: Bool) throws {
        let killed = try Killed()
        let segments = try killed.segments()
        try #require(segments.count >= 5)
        let removed = place < 5 ? segments[place * (segments.count - 2) / 4] : segments[segments.count - 1]
        try killed.log.removeFile(removed.name)
        if !hasIndex { try killed.index.replaceIndex(by: nil) }
        let before = killed.disk.files
        let answers: String
        do {
            let opened = try killed.open()
            let found = killed.check(opened.store)
            #expect(found.wrong == [])
            #expect(found.lost == removed.sequences.filter { killed.model.stored.contains($0) })
            #expect(!opened.store.health.isSound)
            #expect(killed.disk.missing(from: before) == nil)
            // The newest segment takes the knowledge of what was reached with it, but for what the journal says.
            if place < 5 { #expect(opened.store.state.lastSequence == StreamSequence(60)) }
            #expect(opened.store.state.lastSequence >= StreamSequence(55))
            try opened.store.commitAll()
            answers = opened.answers
        }
        let again = try killed.open()
        #expect(again.answers == answers)
        var progress: UInt64 = 0
        let message = StoreWorkload.Operation.append(subject: "new", payload: "x", id: "", time: 2_000)
        let last = again.store.state.lastSequence
        try StoreWorkload.apply(message, to: again.store, progress: &progress)
        try StoreWorkload.apply(.checkpoint, to: again.store, progress: &progress)
        #expect(again.store.durable == last.next)
    }

    @Test("When the checkpoint's own segment is missing, all others are read and the sequence goes on")
    func checkpointSegment() throws {
        let killed = try Killed()
        let record = try #require(try killed.record())
        let position = try #require(record.position)
        for name in try killed.log.list() where (UInt64(name.prefix(20)) ?? 0) >= position.segment {
            try killed.log.removeFile(name)
        }
        for name in killed.disk.names("/1/journal") {
            try killed.disk.root.openDirectory("1").openDirectory("journal").removeFile(name)
        }
        let opened = try killed.open()
        #expect(opened.report.rebuiltIndex)
        #expect(opened.report.quarantined == ["index-0"])
        #expect(opened.store.state.lastSequence >= StreamSequence(record.last))
        #expect(killed.check(opened.store).wrong == [])
        #expect(killed.check(opened.store).lost.allSatisfy { $0 >= position.segment })
    }

    @Test("A segment that is cut short costs what was cut", arguments: 0..<5)
    func cut(place: Int) throws {
        let whole = try Killed()
        let segments = try whole.segments()
        let segment = segments[place * (segments.count - 1) / 4]
        let path = "/1/log/\(segment.name)"
        let bytes = try #require(whole.disk.contents(path))
        let index = whole.index.index
        for size in [8, 47, 48, 49] + Array(stride(from: 0, to: bytes.count, by: 131)) {
            let disk = whole.disk.afterPowerCut(.endingTheProcess)
            disk.replaceContents(path, with: Array(bytes.prefix(size)))
            try whole.index.replaceIndex(by: size % 2 == 0 ? index : nil)
            let before = disk.files
            let opened = try whole.workload.open(disk, whole.index.directory)
            let context: Comment =
                "\(path), \(segment.sequences), cut to \(size) of \(bytes.count): \(opened.report)"
            let found = whole.check(opened.store)
            #expect(found.wrong == [], context)
            #expect(found.lost.filter { !segment.sequences.contains($0) } == [], context)
            #expect(disk.missing(from: before) == nil, context)
            if place < 4 { #expect(opened.store.state.lastSequence == StreamSequence(60), context) }
        }
    }

    @Test("Without its log a store keeps the sequence it has reached, and says what is lost")
    func withoutLog() throws {
        let killed = try Killed()
        for name in try killed.log.list() { try killed.log.removeFile(name) }
        let opened = try killed.open()
        #expect(opened.store.state.messages == 0)
        #expect(opened.store.state.lastSequence >= StreamSequence(55))
        #expect(!opened.store.health.isSound)
    }

    @Test("A segment of a newer format is refused, and nothing is changed", arguments: [true, false])
    func newerFormat(hasIndex: Bool) throws {
        let killed = try Killed()
        let name = try #require(try killed.log.list().max())
        var bytes = try #require(killed.disk.contents("/1/log/\(name)"))
        // The header's version and its checksum, docs/log-format.md.
        bytes[12] = 9
        let checked = Array(bytes[12..<48])
        let sum = CRC32C.of(checked.span.bytes)
        for index in 0..<4 { bytes[8 + index] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * index)) }
        killed.disk.replaceContents("/1/log/\(name)", with: bytes)
        if !hasIndex { try killed.index.replaceIndex(by: nil) }
        let digest = killed.disk.digest
        let error = #expect(throws: StoreError.self) { try killed.open() }
        guard case .foreign(_, let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains("newer"))
        #expect(killed.disk.digest == digest)
    }

    @Test("Files that are no segments are left alone")
    func strangers() throws {
        let killed = try Killed()
        for name in ["notes", "1.seg", "00000000000000000001.seg.bak", "00000000000000000001.jnl"] {
            let bytes = name.bytes
            try killed.log.createFile(name).write(bytes.span.bytes, at: 0)
        }
        let before = killed.disk.files
        let opened = try killed.open()
        #expect(opened.store.health.isSound)
        #expect(killed.check(opened.store).lost == [])
        #expect(killed.disk.missing(from: before) == nil)
    }

    @Test("A message that cannot be read does not expire before its time")
    func unreadableDoesNotExpire() throws {
        let killed = try Killed()
        let first = try killed.segments()[0]
        var bytes = try #require(killed.disk.contents("/1/log/\(first.name)"))
        bytes[48 + 36] ^= 1
        killed.disk.replaceContents("/1/log/\(first.name)", with: bytes)
        let store = try killed.open().store
        store.expire(before: Timestamp(rawValue: 1_001))
        #expect(store.state.firstSequence == StreamSequence(1))
        store.expire(before: Timestamp(rawValue: 1_003))
        #expect(store.state.firstSequence == StreamSequence(3))
    }
}
