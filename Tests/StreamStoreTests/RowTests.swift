import SegmentLog
import StreamModel
import Subjects
import TestSupport
import Testing

@testable import StorageTorture
@testable import StreamStore

/// What the index stores, written and read back; and read when it is damaged.
@Suite("Rows of the index")
struct RowTests {
    /// Calls `read` with `bytes` changed in every bit and cut at every length: it must not trap.
    private func damage(_ bytes: [UInt8], _ read: ([UInt8]) -> Void) {
        for count in 0..<bytes.count { read(Array(bytes[..<count])) }
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            read(changed)
        }
    }

    @Test(
        "A subject's row reads as it was written",
        arguments: [
            SubjectRow(count: 1, first: 7, last: 7), SubjectRow(count: 2, first: 7, last: 1 << 40),
            SubjectRow(count: 300, first: 7, last: 900, postings: 5),
            SubjectRow(count: 300, first: 7, last: 900, postings: SubjectRow.idMax, hasHoles: true),
        ]
    )
    func subject(row: SubjectRow) {
        for text in ["a.b".bytes, [UInt8](repeating: 0x61, count: 600)] {
            var bytes: [UInt8] = []
            row.encode(text: text.span.bytes, into: &bytes)
            var range = 0..<0
            let found = SubjectRow(bytes.span.bytes, text: &range)
            #expect(found == row)
            #expect(Array(bytes[range]) == (text.count > 480 ? text : []))
            self.damage(bytes) { _ = SubjectRow($0.span.bytes) }
        }
    }

    @Test("A subject of 480 bytes is its own key, a longer one keeps its first 480 bytes and is told apart")
    func subjectKey() {
        var key: [UInt8] = []
        var other: [UInt8] = []
        SubjectKey.encode([UInt8](repeating: 0x61, count: 480).span.bytes, into: &key)
        #expect(key.count == 480)
        SubjectKey.encode([UInt8](repeating: 0x61, count: 481).span.bytes, into: &key)
        SubjectKey.encode([UInt8](repeating: 0x61, count: 482).span.bytes, into: &other)
        #expect(key.count == 496)
        #expect(key != other)
        #expect(key.prefix(480) == other.prefix(480))
    }

    @Test(
        "Postings read as they were written, and tell their ends without being read whole",
        arguments: [1, 2, 3] as [UInt64]
    )
    func postings(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var row = PostingRow(ordinal: random.next() >> 8, sequences: [])
        var sequence: UInt64 = 5
        for _ in 0..<Int.random(in: 1...PostingRow.entriesMax, using: &random) {
            sequence += UInt64.random(in: 1...1 << UInt64.random(in: 0...30, using: &random), using: &random)
            row.sequences.append(sequence)
        }
        var bytes: [UInt8] = []
        row.encode(into: &bytes)
        let first = row.sequences[0]
        var read = PostingRow()
        let isRead = read.decode(first: first, bytes.span.bytes)
        #expect(isRead)
        #expect(read == row)
        let last = PostingRow.last(first: first, bytes.span.bytes)
        #expect(last == row.sequences.last)
        let extent = PostingRow.extent(bytes.span.bytes)
        #expect(extent?.ordinal == row.ordinal)
        #expect(extent?.count == UInt64(row.sequences.count))
        #expect(row.index(atOrAfter: 0) == 0)
        #expect(row.index(atOrAfter: sequence) == row.sequences.count - 1)
        #expect(row.index(atOrAfter: sequence + 1) == row.sequences.count)
        self.damage(Array(bytes.prefix(40))) { damaged in
            var row = PostingRow()
            _ = row.decode(first: .max - 3, damaged.span.bytes)
            _ = PostingRow.last(first: .max - 3, damaged.span.bytes)
            _ = PostingRow.extent(damaged.span.bytes)
        }
    }

    @Test("A key of postings sorts by subject and then by sequence")
    func postingKey() {
        var keys: [[UInt8]] = []
        for (id, sequence) in [(1, 9), (1, 256), (2, 0), (256, 0), (SubjectRow.idMax, .max)]
            as [(UInt64, UInt64)]
        {
            var key: [UInt8] = []
            PostingRow.encodeKey(id: id, sequence: sequence, into: &key)
            let decoded = PostingRow.decodeKey(key.span.bytes)
            #expect(decoded?.id == id)
            #expect(decoded?.sequence == sequence)
            keys.append(key)
        }
        #expect(keys == keys.sorted { $0.lexicographicallyPrecedes($1) })
        let short: [UInt8] = [1, 2, 3]
        let decoded = PostingRow.decodeKey(short.span.bytes)
        #expect(decoded == nil)
    }

    @Test(
        "A block of positions reads as it was written, over gaps and segments",
        arguments: [1, 2, 3] as [UInt64]
    )
    func positions(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var block = PositionBlock()
        block.firstTime = Int64(bitPattern: random.next())
        var segment: UInt64 = 1
        var offset: UInt32 = 48
        for index in 0..<PositionBlock.slots where Int.random(in: 0..<4, using: &random) > 0 {
            if Int.random(in: 0..<30, using: &random) == 0 {
                segment += UInt64.random(in: 1...1 << 33, using: &random)
                offset = 48
            }
            block.entries[index] = PositionBlock.Slot(
                segment: segment,
                offset: offset,
                size: UInt32.random(in: 31...1_000_000, using: &random)
            )
            offset += UInt32.random(in: 4...2_000, using: &random) * 8
        }
        var bytes: [UInt8] = []
        block.encode(into: &bytes)
        var read = PositionBlock()
        let isRead = read.decode(bytes.span.bytes)
        #expect(isRead)
        #expect(read.firstTime == block.firstTime)
        for index in block.entries.indices {
            #expect(read.entries[index].size == block.entries[index].size)
            if block.entries[index].size > 0 { #expect(read.entries[index] == block.entries[index]) }
        }
        let firstTime = PositionBlock.firstTime(bytes.span.bytes)
        #expect(firstTime == block.firstTime)
        self.damage(Array(bytes.prefix(60))) { damaged in
            var block = PositionBlock()
            _ = block.decode(damaged.span.bytes)
        }
    }

    @Test("A chunk of holes reads as it was written; a full one is one byte")
    func holes() {
        var map = HoleMap()
        let start = map.add(3, copying: nil, at: 0)
        map.mark(5...70, at: start)
        map.mark(4_000...4_000, at: start)
        var bytes: [UInt8] = []
        HoleChunk.encode(map.words, at: start, into: &bytes)
        #expect(bytes.count == 513)
        var words = ContiguousArray<UInt64>(repeating: 0, count: 64)
        var isDecoded = HoleChunk.decode(bytes.span.bytes, into: &words, at: 0)
        #expect(isDecoded)
        #expect(Array(words) == Array(map.words[start..<start + 64]))
        #expect(words.reduce(0) { $0 + $1.nonzeroBitCount } == 67)

        map.mark(0...4_095, at: start)
        bytes = []
        HoleChunk.encode(map.words, at: start, into: &bytes)
        #expect(bytes == [1])
        isDecoded = HoleChunk.decode(bytes.span.bytes, into: &words, at: 0)
        #expect(isDecoded)
        #expect(words.allSatisfy { $0 == .max })
        for wrong in [[], [2], [0, 1], [1, 0]] as [[UInt8]] {
            isDecoded = HoleChunk.decode(wrong.span.bytes, into: &words, at: 0)
            #expect(!isDecoded)
        }
    }

    private func record() -> CheckpointRecord {
        var record = CheckpointRecord(stream: StreamUUID(high: 1, low: 2))
        record.position = LogPosition(segment: 90, offset: 4_096)
        record.journal = 12
        record.messages = 40
        record.bytes = 4_000
        record.first = 5
        record.last = 30_000
        record.lastTime = -7
        record.subjects = 3
        record.limits = StoreLimits(messages: 50, messagesPerSubject: 9)
        record.nextSubject = 77
        record.dedupLength = 60_000_000_000
        record.dedupGenerations = [.min, 5, -5, .max]
        record.gaps = [100...20_000]
        return record
    }

    @Test("A checkpoint record reads as it was written, and not when anything in it changed")
    func checkpoint() {
        let record = self.record()
        let bytes = record.encode()
        let read = CheckpointRecord(bytes.span.bytes)
        #expect(read == record)
        var survivors = 0
        self.damage(bytes) { if CheckpointRecord($0.span.bytes) != nil { survivors += 1 } }
        #expect(survivors == 0)
    }

    @Test("A state file reads as it was written, and not when anything in it changed")
    func stateFile() {
        var file = StateFile(record: self.record())
        file.chunks = [(3, [1]), (4, [0] + [UInt8](repeating: 7, count: 512))]
        file.consumers = [ConsumerSnapshot(consumer: ConsumerID(rawValue: 9), bytes: [1, 2, 3])]
        file.messageIDs = [DedupTable.Entry(hash: Hash128(low: 1, high: 2), sequence: 3, time: 4)]
        let bytes = file.encode()
        let read = StateFile(bytes.span.bytes)
        #expect(read?.record == file.record)
        #expect(read?.chunks.map { $0.number } == [3, 4])
        #expect(read?.chunks.map { $0.value } == file.chunks.map { $0.value })
        #expect(read?.consumers.map { $0.bytes } == [[1, 2, 3]])
        #expect(read?.messageIDs.map { $0.sequence } == [3])
        var survivors = 0
        self.damage(Array(bytes)) { if StateFile($0.span.bytes) != nil { survivors += 1 } }
        #expect(survivors == 0)
    }

    @Test(
        "A journal entry reads as it was written",
        arguments: [
            JournalOperation.remove(7, erase: true), .remove(.max, erase: false),
            .purge(.all, below: nil, keep: 0),
            .purge(ModelTests.filter("a.*", "b.>"), below: 900, keep: 3), .skip(8), .front(9),
            .limits(StoreLimits(messages: 1, bytes: 2, messagesPerSubject: 3)), .limits(StoreLimits()),
        ]
    )
    func operation(operation: JournalOperation) {
        var bytes: [UInt8] = []
        operation.encode(into: &bytes)
        let read = JournalOperation(kind: operation.kind, bytes.span.bytes)
        #expect(read.map { String(describing: $0) } == String(describing: operation))
        self.damage(bytes) { damaged in
            for kind in 0...9 as ClosedRange<UInt8> { _ = JournalOperation(kind: kind, damaged.span.bytes) }
        }
    }

    @Test(
        "The message id is found whatever the case of its name, and only as a header of its own",
        arguments: [
            ("NATS/1.0\r\nNats-Msg-Id: one\r\n\r\n", "one"), ("NATS/1.0\r\nnats-msg-ID:two  \r\n\r\n", "two"),
            ("NATS/1.0\r\nA: b\r\nNats-Msg-Id: a:b\r\nNats-Msg-Id: c\r\n\r\n", "a:b"),
            ("NATS/1.0\r\nX-Nats-Msg-Id: no\r\n\r\n", ""), ("NATS/1.0\r\nNats-Msg-Idx: no\r\n\r\n", ""),
            ("NATS/1.0\r\nNats-Msg-Id:\r\n\r\n", ""), ("Nats-Msg-Id: no", ""), ("", ""), ("\r", ""),
            ("\r\n", ""),
            ("NATS/1.0\r\nNats-Msg-Id: cut", "cut"),
        ]
    )
    func messageID(headers: String, expected: String) {
        let bytes = headers.bytes
        let range = MessageID.find(bytes.span.bytes)
        #expect(String(decoding: bytes[range], as: UTF8.self) == expected)
    }
}
