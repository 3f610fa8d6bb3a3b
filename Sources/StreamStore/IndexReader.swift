internal import LMDB
internal import SegmentLog
internal import Subjects

/// The index as the last checkpoint left it, read on the loop.
///
/// One read transaction stays open from one checkpoint to the next: so the layers above and the databases always
/// fit together, also while a checkpoint is being committed. It keeps no page from reuse that its writer could
/// have: LMDB never reuses what the newest committed transaction freed (lmdb.h, caveats on long-lived readers).
///
/// A value that makes no sense, or an error of LMDB, sets ``failure`` and reads as "not there".
///
/// While its stream rests nothing is open; the next question opens it again.
final class IndexReader {
    private let path: String
    private var mapBytes: Int
    private var view: IndexView?

    /// Why the index must not be trusted any more.
    private(set) var failure: String?

    /// How large the databases are.
    private(set) var pages: IndexPages

    /// The row of postings that was read last.
    private(set) var row = PostingRow()
    /// The words of the chunk of holes that was read last.
    private(set) var holes = ContiguousArray<UInt64>(repeating: 0, count: HoleChunk.words)
    private var holesChunk: UInt64?
    private var holesFound = false
    private var blocks: [CachedBlock] = []
    private var recentBlock = 0
    private var uses: UInt64 = 0
    private var key: [UInt8] = []

    /// A block of positions that was read.
    private struct CachedBlock {
        var number: UInt64
        var block: PositionBlock
        var lastUse: UInt64
    }

    /// The most blocks kept: as many readers go forward side by side without decoding a block twice.
    private static let blocksMax = 8
    /// The most keys passed over one by one on the way to another.
    private static let stepsMax = 3

    init(files: IndexFiles) throws(LMDBError) {
        let view = try IndexView(files)
        self.path = files.environment.path
        self.mapBytes = files.environment.mapBytes
        self.pages = try IndexPages(view.transaction, files)
        self.view = view
    }

    /// The open files; nil if they cannot be opened, which is a ``failure``.
    var files: IndexFiles? { self.opened()?.files }

    /// What is open; nil while nothing is.
    var openView: IndexView? { self.view }

    @inline(__always)
    func opened() -> IndexView? { self.view ?? self.wake() }

    private func wake() -> IndexView? {
        if self.failure != nil { return nil }
        let reason: String
        do throws(EnvironmentOpenError) {
            let files = try IndexFiles(path: self.path, mapBytes: self.mapBytes)
            do throws(LMDBError) {
                let view = try IndexView(files)
                self.view = view
                return view
            } catch {
                reason = error.description
            }
        } catch {
            reason = "\(error)"
        }
        // No damage: there may be too many files open. To go on as if nothing were stored would be wrong.
        self.failure = "it cannot be opened again: \(reason)"
        return nil
    }

    /// Closes everything and forgets what was read; false, with nothing changed, while somebody else has the files.
    func rest() -> Bool {
        if let view = self.view {
            // An environment cannot be opened again before it is closed.
            guard isKnownUniquelyReferenced(&view.files) else { return false }
            self.mapBytes = view.files.environment.mapBytes
        }
        self.view = nil
        self.holesChunk = nil
        self.blocks = []
        self.recentBlock = 0
        return true
    }

    /// Sees the newest checkpoint.
    func renew() {
        self.holesChunk = nil
        self.blocks.removeAll(keepingCapacity: true)
        guard let view = self.view else { return }
        do throws(LMDBError) {
            try view.renew()
            self.pages = try IndexPages(view.transaction, view.files)
        } catch {
            self.fail(error)
        }
    }

    /// Gives up the view until ``renew()``: reads in between find nothing.
    func suspend() { self.view?.transaction.reset() }

    func fail(_ error: LMDBError) { self.fail(error.description) }

    func fail(_ reason: String) {
        if self.failure != nil { return }
        self.failure = reason
        self.view?.files.noteDamage()
    }

    // MARK: Values

    /// The checkpoint record; nil if there is none or it is damaged.
    func record() throws(LMDBError) -> CheckpointRecord? {
        guard let view = self.opened() else { return nil }
        let key = IndexFiles.recordKey
        guard try view.transaction.find(unsafe key.span.bytes, in: view.files.meta) else { return nil }
        return view.transaction.checkpointRecord
    }

    /// Whether nothing was ever written: a checkpoint is one transaction, so without its record there is nothing.
    func isEmpty() throws(LMDBError) -> Bool {
        guard let view = self.opened() else { return true }
        let key = IndexFiles.recordKey
        if try view.transaction.find(unsafe key.span.bytes, in: view.files.meta) { return false }
        if try view.positions.first() { return false }
        if try view.subjects.first() { return false }
        return try !view.deleted.first()
    }

    /// What is known of the subject; nil if none of its messages is stored.
    func subject(_ text: RawSpan) -> SubjectRow? {
        // Without one there is nothing to open the files for.
        if !self.pages.hasSubjects { return nil }
        guard let view = self.opened() else { return nil }
        do throws(LMDBError) {
            if text.byteCount <= SubjectKey.plainBytesMax {
                if text.byteCount == 0 { return nil }
                guard try view.transaction.find(text, in: view.files.subjects) else { return nil }
            } else {
                SubjectKey.encode(text, into: &self.key)
                guard try view.transaction.find(unsafe self.key.span.bytes, in: view.files.subjects) else {
                    return nil
                }
            }
            if let row = view.transaction.subjectRow { return row }
            self.fail("a row of database subjects is damaged")
        } catch {
            self.fail(error)
        }
        return nil
    }

    /// Reads a chunk of holes into ``holes``; false if all its sequences are stored.
    func readHoles(_ chunk: UInt64) -> Bool {
        guard let view = self.opened() else { return false }
        if self.holesChunk == chunk { return self.holesFound }
        self.holesFound = false
        self.holesChunk = chunk
        do throws(LMDBError) {
            self.setKey(chunk)
            if try view.transaction.find(unsafe self.key.span.bytes, in: view.files.deleted) {
                self.holesFound = HoleChunk.decode(view.transaction.value, into: &self.holes, at: 0)
                if !self.holesFound { self.fail("a row of database deleted is damaged") }
            }
        } catch {
            self.fail(error)
        }
        return self.holesFound
    }

    /// Where the message is; nil if the index does not have it.
    @inline(__always)
    func slot(_ sequence: UInt64) -> PositionBlock.Slot? {
        let number = PositionBlock.number(of: sequence)
        if self.recentBlock < self.blocks.count, self.blocks[self.recentBlock].number == number {
            let slot = self.blocks[self.recentBlock].block.entries[PositionBlock.slot(of: sequence)]
            return slot.size == 0 ? nil : slot
        }
        return self.findSlot(sequence, number)
    }

    private func findSlot(_ sequence: UInt64, _ number: UInt64) -> PositionBlock.Slot? {
        self.uses += 1
        guard let index = self.readBlock(number) else { return nil }
        self.blocks[index].lastUse = self.uses
        self.recentBlock = index
        let slot = self.blocks[index].block.entries[PositionBlock.slot(of: sequence)]
        return slot.size == 0 ? nil : slot
    }

    private func readBlock(_ number: UInt64) -> Int? {
        guard let view = self.opened() else { return nil }
        if let index = self.blocks.firstIndex(where: { $0.number == number }) { return index }
        do throws(LMDBError) {
            self.setKey(number)
            guard try view.positions.find(unsafe self.key.span.bytes) else { return nil }
        } catch {
            self.fail(error)
            return nil
        }
        var index = self.blocks.count
        if index < Self.blocksMax {
            self.blocks.append(CachedBlock(number: .max, block: PositionBlock(), lastUse: 0))
        } else {
            index = self.blocks.indices.min { self.blocks[$0].lastUse < self.blocks[$1].lastUse } ?? 0
        }
        self.blocks[index].number = .max
        guard self.blocks[index].block.decode(view.positions.value) else {
            self.fail("a row of database positions is damaged")
            return nil
        }
        self.blocks[index].number = number
        return index
    }

    /// Number and first time of the first block at or after `number`.
    func blockTime(atOrAfter number: UInt64) -> (number: UInt64, time: Int64)? {
        guard let view = self.opened() else { return nil }
        do throws(LMDBError) {
            self.setKey(number)
            guard try view.positions.seek(unsafe self.key.span.bytes) else { return nil }
            if let block = view.positions.blockTime { return block }
            self.fail("a row of database positions is damaged")
        } catch {
            self.fail(error)
        }
        return nil
    }

    private func setKey(_ number: UInt64) {
        self.key.removeAll(keepingCapacity: true)
        self.key.appendBigEndian(number)
    }

    // MARK: Postings

    /// Reads the row of `id` that `sequence` is in or behind into ``row``, else the first one after it.
    func readPostings(_ id: UInt64, around sequence: UInt64) -> Bool {
        guard let view = self.opened() else { return false }
        do throws(LMDBError) {
            PostingRow.encodeKey(id: id, sequence: sequence, into: &self.key)
            if try view.postings.seekBack(unsafe self.key.span.bytes), self.isAt(id) {
                return self.decodeRow()
            }
            guard try view.postings.seek(unsafe self.key.span.bytes), self.isAt(id) else { return false }
            return self.decodeRow()
        } catch {
            self.fail(error)
            return false
        }
    }

    /// Reads the row after the last one read; false if it was the subject's last.
    func readNextPostings(_ id: UInt64) -> Bool {
        guard let view = self.opened() else { return false }
        do throws(LMDBError) {
            guard try view.postings.next(), self.isAt(id) else { return false }
            return self.decodeRow()
        } catch {
            self.fail(error)
            return false
        }
    }

    /// Reads the row before the last one read; false if it was the subject's first.
    func readPreviousPostings(_ id: UInt64) -> Bool {
        guard let view = self.opened() else { return false }
        do throws(LMDBError) {
            guard try view.postings.previous(), self.isAt(id) else { return false }
            return self.decodeRow()
        } catch {
            self.fail(error)
            return false
        }
    }

    /// How many entries of `id` are at or after `sequence`.
    func countPostings(_ id: UInt64, from sequence: UInt64, hasHoles: Bool) -> UInt64 {
        guard let view = self.opened() else { return 0 }
        guard self.readPostings(id, around: sequence) else { return 0 }
        let index = self.row.index(atOrAfter: sequence)
        if !hasHoles {
            let rank = self.row.ordinal &+ UInt64(index)  // Safe: a wrong sum is a wrong rank, caught below.
            guard let end = self.postingsEnd(id), end >= rank else {
                self.fail("a row of database postings is damaged")
                return 0
            }
            return end - rank
        }
        var count = UInt64(self.row.sequences.count - index)
        do throws(LMDBError) {
            while try view.postings.next(), self.isAt(id) {
                guard let extent = view.postings.extent else {
                    self.fail("a row of database postings is damaged")
                    return 0
                }
                count += extent.count
            }
        } catch {
            self.fail(error)
        }
        return count
    }

    /// The ordinal after the subject's last entry.
    private func postingsEnd(_ id: UInt64) -> UInt64? {
        guard let view = self.opened() else { return nil }
        do throws(LMDBError) {
            PostingRow.encodeKey(id: id, sequence: .max, into: &self.key)
            guard try view.postings.seekBack(unsafe self.key.span.bytes), self.isAt(id) else { return nil }
            guard let extent = view.postings.extent else { return nil }
            let (end, overflow) = extent.ordinal.addingReportingOverflow(extent.count)
            return overflow ? nil : end
        } catch {
            self.fail(error)
            return nil
        }
    }

    private func isAt(_ id: UInt64) -> Bool {
        guard let view = self.opened() else { return false }
        guard let key = PostingRow.decodeKey(view.postings.key) else {
            self.fail("a key of database postings is damaged")
            return false
        }
        return key.id == id
    }

    private func decodeRow() -> Bool {
        guard let view = self.opened() else { return false }
        if let key = PostingRow.decodeKey(view.postings.key),
            self.row.decode(first: key.sequence, view.postings.value)
        {
            return true
        }
        self.fail("a row of database postings is damaged")
        return false
    }

    // MARK: Subjects

    /// Calls `body` with each subject that matches the pattern (nil: all), sorted, until it returns false.
    ///
    /// `body` must not ask this reader for subjects; anything else it may.
    func forEachSubject(_ pattern: SubjectPattern?, _ body: (RawSpan, SubjectRow) -> Bool) {
        guard let view = self.opened() else { return }
        if let pattern, pattern.isLiteral {
            if let row = self.subject(unsafe pattern.bytes.span.bytes) {
                _ = unsafe body(pattern.bytes.span.bytes, row)
            }
            return
        }
        var scan = pattern.map { SubjectScan($0) }
        let prefix = Array((scan?.prefix ?? []).prefix(SubjectKey.plainBytesMax))
        do throws(LMDBError) {
            // An empty key is none for LMDB.
            var found =
                prefix.isEmpty ? try view.subjects.first() : try view.subjects.seek(unsafe prefix.span.bytes)
            while found {
                if unsafe !view.subjects.key.starts(with: prefix.span.bytes) { return }
                var text = 0..<0
                guard let row = SubjectRow(view.subjects.value, text: &text) else {
                    self.fail("a row of database subjects is damaged")
                    return
                }
                let isLong = !text.isEmpty
                let matches = view.subjects.subject(text) { pattern?.matches($0) ?? true }
                if matches, !view.subjects.subject(text, { body($0, row) }) { return }
                found = matches || isLong ? try view.subjects.next() : try self.advance(&scan)
            }
        } catch {
            self.fail(error)
        }
    }

    /// Goes on after a key that does not match.
    private func advance(_ scan: inout SubjectScan?) throws(LMDBError) -> Bool {
        guard let view = self.opened() else { return false }
        switch scan?.step(after: view.subjects.key) ?? .next {
        case .next: return try view.subjects.next()
        case .stop: return false
        case .seek: break
        }
        let target = scan?.target ?? []
        // A key is longer than LMDB allows only with a pattern that only long subjects can match.
        if target.count > SubjectKey.plainBytesMax { return try view.subjects.next() }
        // Often the key is near: a few steps cost less than a search from the root.
        for _ in 0..<Self.stepsMax {
            guard try view.subjects.next() else { return false }
            if unsafe view.subjects.key.compare(target.span.bytes) >= 0 { return true }
        }
        return try view.subjects.seek(unsafe target.span.bytes)
    }

    // MARK: Message ids

    /// What is kept under the hash in dedup database `slot`.
    func messageID(_ hash: Hash128, slot: Int) -> (sequence: UInt64, time: Int64)? {
        guard let view = self.opened() else { return nil }
        self.key.removeAll(keepingCapacity: true)
        self.key.appendWord(hash.low)
        self.key.appendWord(hash.high)
        do throws(LMDBError) {
            guard try view.transaction.find(unsafe self.key.span.bytes, in: view.files.dedup[slot]) else {
                return nil
            }
            if let found = view.transaction.messageID { return found }
            self.fail("a row of database dedup is damaged")
        } catch {
            self.fail(error)
        }
        return nil
    }

    // MARK: Rest

    /// The rows of database `segments`.
    func segments() -> [SegmentTable.Row] {
        guard let view = self.opened() else { return [] }
        var rows: [SegmentTable.Row] = []
        do throws(LMDBError) {
            var cursor = try view.transaction.cursor(view.files.segments)
            while try cursor.next() {
                guard cursor.key.byteCount == 8,
                    let row = SegmentTable.Row(number: cursor.key.bigEndian64(at: 0), cursor.value)
                else { throw .damaged("row of segments") }
                rows.append(row)
            }
        } catch {
            self.fail(error)
        }
        return rows
    }

    /// The snapshots of all consumers.
    func consumers() -> [ConsumerSnapshot] {
        guard let view = self.opened() else { return [] }
        var snapshots: [ConsumerSnapshot] = []
        do throws(LMDBError) {
            var cursor = try view.transaction.cursor(view.files.consumers)
            while try cursor.next() {
                guard cursor.key.byteCount == 8 else { throw .damaged("key of consumers") }
                let consumer = ConsumerID(rawValue: cursor.key.bigEndian64(at: 0))
                snapshots.append(ConsumerSnapshot(consumer: consumer, bytes: cursor.value.copied()))
            }
        } catch {
            self.fail(error)
        }
        return snapshots
    }
}

// The values that a transaction or a cursor stands on, decoded. Here and not above, because a span of a class's
// property cannot be handed on.

extension ReadTransaction {
    /// The checkpoint record just found.
    fileprivate var checkpointRecord: CheckpointRecord? { CheckpointRecord(self.value) }

    /// The row of database `subjects` just found.
    fileprivate var subjectRow: SubjectRow? { SubjectRow(self.value) }

    /// The row of a dedup database just found.
    fileprivate var messageID: (sequence: UInt64, time: Int64)? {
        let value = self.value
        guard value.byteCount == 16 else { return nil }
        return (value.littleEndian64(at: 0), Int64(bitPattern: value.littleEndian64(at: 8)))
    }
}

extension Cursor {
    /// What `body` says of the subject it stands on: the key, or where that is cut short the part `text` of the value.
    fileprivate func subject(_ text: Range<Int>, _ body: (RawSpan) -> Bool) -> Bool {
        text.isEmpty ? body(self.key) : body(self.value.extracting(text))
    }

    /// Number and first time of the block of positions it stands on.
    fileprivate var blockTime: (number: UInt64, time: Int64)? {
        let key = self.key
        guard key.byteCount == 8, let time = PositionBlock.firstTime(self.value) else { return nil }
        return (key.bigEndian64(at: 0), time)
    }

    /// Ordinal and count of the row of postings it stands on.
    fileprivate var extent: (ordinal: UInt64, count: UInt64)? { PostingRow.extent(self.value) }
}
