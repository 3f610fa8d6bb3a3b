internal import LMDB
public import SegmentLog

/// The databases of an index, in the order of docs/index-format.md.
public enum IndexTable: String, CaseIterable, Sendable {
    /// The checkpoint record.
    case meta
    /// How much of each segment is alive.
    case segments
    /// Where messages are.
    case positions
    /// Subjects with their counts and ends.
    case subjects
    /// The sequences of each subject.
    case postings
    /// Which sequences are not stored.
    case deleted
    /// Message ids of every fourth generation, from 0.
    case dedup0
    /// Message ids of every fourth generation, from 1.
    case dedup1
    /// Message ids of every fourth generation, from 2.
    case dedup2
    /// Message ids of every fourth generation, from 3.
    case dedup3
    /// Times to live.
    case timers
    /// How far consumers are.
    case consumers

    /// The databases of message ids, by their number.
    public static let messageIDs: [IndexTable] = [.dedup0, .dedup1, .dedup2, .dedup3]
}

/// Where one message is, as the index says.
public struct IndexPosition: Sendable, Equatable {
    /// The message.
    public var sequence: UInt64
    /// Its record.
    public var position: LogPosition
    /// Its bytes as the stream's state counts them (streams.md §8.4).
    public var size: UInt32
}

/// What the index says of one subject.
public struct IndexSubject: Sendable, Equatable {
    /// The subject.
    public var text: [UInt8]
    /// Messages stored.
    public var count: UInt64
    /// No message of the subject is stored below it; exact when there are no postings.
    public var first: UInt64
    /// The newest message stored.
    public var last: UInt64
    /// Its number in the postings; nil while `first` and `last` say it all.
    public var postings: UInt64?
    /// Whether postings were taken from their middle, so that their ordinals no longer count.
    public var hasHoles: Bool
}

/// One row of an index, decoded.
public enum IndexRow: Sendable {
    /// The checkpoint.
    case checkpoint(StoreCheckpointRecord)
    /// A segment: messages in it that are stored, and the highest sequence in it.
    case segment(number: UInt64, live: UInt64, last: UInt64)
    /// A block of 128 sequences: the time of its first message, and where those that are there are.
    case positions(block: UInt64, firstTime: Int64, [IndexPosition])
    /// A subject.
    case subject(IndexSubject)
    /// Some sequences of a subject; `ordinal` counts those in its rows before.
    case postings(id: UInt64, ordinal: UInt64, sequences: [UInt64])
    /// A chunk of 4 096 sequences: bit n of word w stands for sequence 4096 × chunk + 64 × w + n.
    case deleted(chunk: UInt64, words: [UInt64])
    /// A message id: its hash, and the message that has it.
    case messageID(hash: [UInt8], sequence: UInt64, time: Int64)
    /// When a message goes by itself, in nanoseconds since 1970; the largest number: it never goes by age.
    ///
    /// The message may be gone.
    case timer(due: Int64, sequence: UInt64)
    /// A consumer's progress, in its own encoding.
    case consumer(ConsumerSnapshot)
    /// A row that makes no sense.
    case damaged(key: [UInt8], value: [UInt8])
}

/// The rows of one database, one after the other.
///
/// Confined to the thread of its ``IndexInspection``.
public final class IndexRows {
    private let table: IndexTable
    private var cursor: Cursor
    private var isSought = false

    init(_ table: IndexTable, _ cursor: consuming Cursor) {
        self.table = table
        self.cursor = cursor
    }

    /// The next row; nil at the end.
    ///
    /// - Throws: ``StoreError/index(call:code:)`` if LMDB cannot read on.
    public func next() throws(StoreError) -> IndexRow? {
        do throws(LMDBError) {
            if self.isSought {
                self.isSought = false
            } else if try !self.cursor.next() {
                return nil
            }
            return self.cursor.row(of: self.table)
        } catch {
            throw .index(call: error.call, code: error.name)
        }
    }

    /// Makes the first row of a subject's postings the next one; false if there is none.
    ///
    /// - Precondition: these are rows of ``IndexTable/postings``.
    public func seek(postings id: UInt64) throws(StoreError) -> Bool {
        precondition(self.table == .postings)
        var key: [UInt8] = []
        PostingRow.encodeKey(id: id, sequence: 0, into: &key)
        return try self.seek(key)
    }

    /// Makes the first row whose number is `number` or higher the next one; false if there is none.
    ///
    /// - Precondition: these are rows whose keys are one number: segments, positions, deleted or consumers.
    public func seek(number: UInt64) throws(StoreError) -> Bool {
        precondition([.segments, .positions, .deleted, .consumers].contains(self.table))
        var key: [UInt8] = []
        key.appendBigEndian(number)
        return try self.seek(key)
    }

    private func seek(_ key: [UInt8]) throws(StoreError) -> Bool {
        do throws(LMDBError) {
            self.isSought = unsafe try self.cursor.seek(key.span.bytes)
            return self.isSought
        } catch {
            throw .index(call: error.call, code: error.name)
        }
    }
}

extension Cursor {
    /// The row it stands on.
    fileprivate func row(of table: IndexTable) -> IndexRow {
        self.decoded(table) ?? .damaged(key: self.key.copied(), value: self.value.copied())
    }

    /// The row it stands on; nil if it makes no sense.
    private func decoded(_ table: IndexTable) -> IndexRow? {
        switch table {
        case .meta: return CheckpointRecord(self.value).map { .checkpoint(StoreCheckpointRecord($0)) }
        case .segments: return self.segment
        case .positions: return self.positions
        case .subjects: return self.subject
        case .postings: return self.postings
        case .deleted: return self.holes
        case .dedup0, .dedup1, .dedup2, .dedup3: return self.messageID
        case .timers:
            let value = self.value
            guard let timer = MessageTimer(key: self.key), value.byteCount == 1,
                value.octet(0) == MessageTimer.expiryKind
            else { return nil }
            return .timer(due: timer.due, sequence: timer.sequence)
        case .consumers:
            guard let number = self.number else { return nil }
            let consumer = ConsumerID(rawValue: number)
            return .consumer(ConsumerSnapshot(consumer: consumer, bytes: self.value.copied()))
        }
    }

    /// The number that the key is.
    private var number: UInt64? {
        let key = self.key
        return key.byteCount == 8 ? key.bigEndian64(at: 0) : nil
    }

    private var segment: IndexRow? {
        guard let number = self.number, let row = SegmentTable.Row(number: number, self.value) else {
            return nil
        }
        return .segment(number: number, live: row.live, last: row.last)
    }

    private var positions: IndexRow? {
        var block = PositionBlock()
        // A block that LMDB's key cannot name would overflow below.
        guard let number = self.number, number < 1 << 57, block.decode(self.value) else { return nil }
        var positions: [IndexPosition] = []
        positions.reserveCapacity(PositionBlock.slots)
        for index in block.entries.indices where block.entries[index].size != 0 {
            let slot = block.entries[index]
            positions.append(
                IndexPosition(
                    sequence: number << 7 + UInt64(index),
                    position: slot.position,
                    size: slot.size
                )
            )
        }
        return .positions(block: number, firstTime: block.firstTime, positions)
    }

    private var subject: IndexRow? {
        var text = 0..<0
        let value = self.value
        guard let row = SubjectRow(value, text: &text) else { return nil }
        let key = self.key.copied()
        let bytes = text.isEmpty ? key : value.extracting(text).copied()
        var expected: [UInt8] = []
        unsafe SubjectKey.encode(bytes.span.bytes, into: &expected)
        guard expected == key else { return nil }
        return .subject(
            IndexSubject(
                text: bytes,
                count: row.count,
                first: row.first,
                last: row.last,
                postings: row.postings,
                hasHoles: row.hasHoles
            )
        )
    }

    private var postings: IndexRow? {
        var row = PostingRow()
        guard let key = PostingRow.decodeKey(self.key), row.decode(first: key.sequence, self.value) else {
            return nil
        }
        return .postings(id: key.id, ordinal: row.ordinal, sequences: row.sequences)
    }

    private var holes: IndexRow? {
        var words = ContiguousArray<UInt64>(repeating: 0, count: HoleChunk.words)
        guard let chunk = self.number, chunk < 1 << 52, HoleChunk.decode(self.value, into: &words, at: 0)
        else { return nil }
        return .deleted(chunk: chunk, words: Array(words))
    }

    private var messageID: IndexRow? {
        let value = self.value
        guard self.key.byteCount == 16, value.byteCount == 16 else { return nil }
        return .messageID(
            hash: self.key.copied(),
            sequence: value.littleEndian64(at: 0),
            time: Int64(bitPattern: value.littleEndian64(at: 8))
        )
    }
}
