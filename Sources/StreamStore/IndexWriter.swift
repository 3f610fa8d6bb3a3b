internal import LMDB
internal import SegmentLog

/// One checkpoint: what a frozen layer holds, written into LMDB in one transaction, sorted.
///
/// Runs on another thread than the loop. It only reads the layer, which nobody changes any more.
struct IndexWriter {
    let files: IndexFiles
    let layer: IndexLayer
    /// The store as of the freeze; completed with what only the writer knows.
    var record: CheckpointRecord
    let segments: [SegmentTable.Row]
    let consumers: [ConsumerSnapshot]
    /// Timers up to this one were taken.
    let timersTaken: MessageTimer?
    /// How far timers of messages that are gone were swept out; nil: from the start.
    var sweptTo: MessageTimer?

    private var key: [UInt8] = []
    private var value: [UInt8] = []
    private var row = PostingRow()
    private var block = PositionBlock()

    /// The most rows of the past that one transaction deletes from the front of a database.
    private static let trimMax = 16_384

    init(
        files: IndexFiles,
        layer: IndexLayer,
        record: CheckpointRecord,
        segments: [SegmentTable.Row],
        consumers: [ConsumerSnapshot],
        timersTaken: MessageTimer?,
        sweptTo: MessageTimer?
    ) {
        self.files = files
        self.layer = layer
        self.record = record
        self.segments = segments
        self.consumers = consumers
        self.timersTaken = timersTaken
        self.sweptTo = sweptTo
    }

    /// Makes all changes but the commit.
    mutating func write(_ transaction: inout WriteTransaction) throws(LMDBError) {
        if self.layer.isReset {
            try transaction.removeAll(in: self.files.positions)
            try transaction.removeAll(in: self.files.subjects)
            try transaction.removeAll(in: self.files.postings)
            try transaction.removeAll(in: self.files.deleted)
            try transaction.removeAll(in: self.files.timers)
        }
        try self.writePositions(&transaction)
        try self.writeSubjects(&transaction)
        try self.writeHoles(&transaction)
        try self.writeTimers(&transaction)
        try self.writeMessageIDs(&transaction)
        try self.writeSegments(&transaction)
        try self.writeConsumers(&transaction)
        let key = IndexFiles.recordKey
        let record = self.record.encode()
        unsafe try transaction.put(key.span.bytes, record.span.bytes, in: self.files.meta)
    }

    private mutating func setKey(_ number: UInt64) {
        self.key.removeAll(keepingCapacity: true)
        self.key.appendBigEndian(number)
    }

    /// Deletes the rows whose key is a number below `first`.
    private static func trim(_ cursor: inout Cursor, below first: UInt64) throws(LMDBError) {
        var count = 0
        var found = try cursor.first()
        while found, count < self.trimMax {
            guard cursor.key.byteCount == 8 else { throw .damaged("key of eight bytes") }
            if cursor.key.bigEndian64(at: 0) >= first { return }
            try cursor.delete()
            count += 1
            found = try cursor.next()
        }
    }

    // MARK: Positions

    private mutating func writePositions(_ transaction: inout WriteTransaction) throws(LMDBError) {
        let files = self.files
        try transaction.withCursor(files.positions) { (cursor) throws(LMDBError) in
            try self.writePositions(&cursor)
        }
    }

    private mutating func writePositions(_ cursor: inout Cursor) throws(LMDBError) {
        try Self.trim(&cursor, below: PositionBlock.number(of: self.record.first))
        let entries = self.layer.entries
        var index = self.layer.index(atOrAfter: self.record.first)
        while index < entries.count {
            let number = PositionBlock.number(of: entries[index].sequence)
            self.setKey(number)
            // Only the first block can have been begun by an earlier checkpoint.
            let isBegun = unsafe try cursor.find(self.key.span.bytes)
            self.block.clear()
            if isBegun {
                guard self.block.decode(cursor.value) else { throw .damaged("row of positions") }
            } else {
                self.block.firstTime = entries[index].time
            }
            while index < entries.count, PositionBlock.number(of: entries[index].sequence) == number {
                let entry = entries[index]
                self.block.entries[PositionBlock.slot(of: entry.sequence)] = PositionBlock.Slot(
                    segment: entry.segment,
                    offset: entry.offset,
                    size: entry.size
                )
                index += 1
            }
            self.value.removeAll(keepingCapacity: true)
            self.block.encode(into: &self.value)
            unsafe try cursor.put(self.key.span.bytes, self.value.span.bytes, append: !isBegun)
        }
    }

    // MARK: Holes

    private mutating func writeHoles(_ transaction: inout WriteTransaction) throws(LMDBError) {
        let files = self.files
        try transaction.withCursor(files.deleted) { (cursor) throws(LMDBError) in
            let first = HoleChunk.number(of: self.record.first)
            try Self.trim(&cursor, below: first)
            for chunk in self.layer.holes.starts.keys.sorted() where chunk >= first {
                guard let start = self.layer.holes.start(of: chunk) else { continue }
                self.setKey(chunk)
                self.value.removeAll(keepingCapacity: true)
                HoleChunk.encode(self.layer.holes.words, at: start, into: &self.value)
                unsafe try cursor.put(self.key.span.bytes, self.value.span.bytes)
            }
        }
    }

    // MARK: Subjects

    private mutating func writeSubjects(_ transaction: inout WriteTransaction) throws(LMDBError) {
        let order = SubjectOrder(self.layer.subjects)
        let isEmpty = try transaction.count(self.files.subjects) == 0
        let files = self.files
        try transaction.withCursors(files.subjects, files.postings) {
            (subjects, postings) throws(LMDBError) in
            for index in order.indexes {
                try self.writeSubject(index, &subjects, &postings, appends: isEmpty && !order.hasLong)
            }
        }
    }

    private mutating func writeSubject(
        _ index: Int,
        _ subjects: inout Cursor,
        _ postings: inout Cursor,
        appends: Bool
    ) throws(LMDBError) {
        let layer = self.layer
        let entry = layer.subjects.entries[index]
        layer.withText(index) { SubjectKey.encode($0, into: &self.key) }
        if self.key.isEmpty { return }
        var old: SubjectRow?
        if !appends, unsafe try subjects.find(self.key.span.bytes) {
            guard let row = SubjectRow(subjects.value) else { throw .damaged("row of subjects") }
            old = row
        }
        guard entry.count > 0 else {
            if let id = old?.postings { try self.removePostings(id, &postings) }
            if old != nil { try subjects.delete() }
            return
        }
        var new = SubjectRow(count: entry.count, first: entry.first, last: entry.last)
        if entry.count == 1 {
            new.first = entry.last
            if let id = old?.postings { try self.removePostings(id, &postings) }
        } else if entry.count == 2, entry.isFirstExact {
            if let id = old?.postings { try self.removePostings(id, &postings) }
        } else {
            try self.writePostings(entry, old, &new, &postings)
        }
        self.value.removeAll(keepingCapacity: true)
        layer.withText(index) { new.encode(text: $0, into: &self.value) }
        unsafe try subjects.put(self.key.span.bytes, self.value.span.bytes, append: appends)
    }

    // MARK: Postings

    private mutating func writePostings(
        _ entry: SubjectTable.Entry,
        _ old: SubjectRow?,
        _ new: inout SubjectRow,
        _ postings: inout Cursor
    ) throws(LMDBError) {
        var removed = Set<UInt64>()
        var mark = entry.removal
        while mark != 0 {
            let removal = self.layer.messages.removals[Int(mark) - 1]
            if removal.sequence >= entry.first { removed.insert(removal.sequence) }
            mark = removal.previous
        }
        // What the subject had before without postings, and then what the layer got.
        var sequences: [UInt64] = []
        if let old, let id = old.postings {
            new.postings = id
            new.hasHoles = old.hasHoles
            if entry.first > old.first { try self.trimPostings(id, below: entry.first, &postings) }
            for sequence in removed.sorted() where try self.removePosting(id, sequence, &postings) {
                new.hasHoles = true
            }
        } else {
            guard self.record.nextSubject < SubjectRow.idMax else { throw .damaged("subject ids used up") }
            new.postings = self.record.nextSubject
            self.record.nextSubject += 1
            if let old {
                for sequence in old.count == 1 ? [old.first] : [old.first, old.last]
                where sequence >= entry.first && !removed.contains(sequence) {
                    sequences.append(sequence)
                }
            }
        }
        var next = entry.head
        while next != 0 {
            let message = self.layer.entries[Int(next) - 1]
            sequences.append(message.sequence)
            next = message.next
        }
        if let id = new.postings { try self.appendPostings(id, sequences, &postings) }
    }

    private mutating func appendPostings(
        _ id: UInt64,
        _ sequences: [UInt64],
        _ postings: inout Cursor
    ) throws(LMDBError) {
        guard var next = sequences.first else { return }
        var key: [UInt8] = []
        PostingRow.encodeKey(id: id, sequence: .max, into: &key)
        var place = 0
        var ordinal: UInt64 = 0
        self.row.sequences.removeAll(keepingCapacity: true)
        if unsafe try postings.seekBack(key.span.bytes), try Self.isAt(id, postings) {
            try self.decodeRow(postings)
            // Safe: a wrong ordinal is found when it is read.
            ordinal = self.row.ordinal &+ UInt64(self.row.sequences.count)
            if self.row.sequences.count >= PostingRow.entriesMax { self.row.sequences.removeAll() }
            // A damaged index must not make gaps negative.
            if let last = self.row.sequences.last, last >= next { throw .damaged("row of postings") }
        }
        while place < sequences.count {
            if self.row.sequences.isEmpty { self.row.ordinal = ordinal }
            while place < sequences.count, self.row.sequences.count < PostingRow.entriesMax {
                next = sequences[place]
                self.row.sequences.append(next)
                ordinal &+= 1  // Safe: counts messages.
                place += 1
            }
            try self.putRow(id, &postings)
            self.row.sequences.removeAll(keepingCapacity: true)
        }
    }

    /// Takes one sequence out of its row; false if it is in none.
    private mutating func removePosting(
        _ id: UInt64,
        _ sequence: UInt64,
        _ postings: inout Cursor
    ) throws(LMDBError) -> Bool {
        var key: [UInt8] = []
        PostingRow.encodeKey(id: id, sequence: sequence, into: &key)
        guard unsafe try postings.seekBack(key.span.bytes), try Self.isAt(id, postings) else { return false }
        try self.decodeRow(postings)
        let index = self.row.index(atOrAfter: sequence)
        guard index < self.row.sequences.count, self.row.sequences[index] == sequence else { return false }
        self.row.sequences.remove(at: index)
        if index == 0 || self.row.sequences.isEmpty { try postings.delete() }
        if !self.row.sequences.isEmpty { try self.putRow(id, &postings) }
        return true
    }

    private mutating func trimPostings(
        _ id: UInt64,
        below first: UInt64,
        _ postings: inout Cursor
    ) throws(LMDBError) {
        var key: [UInt8] = []
        PostingRow.encodeKey(id: id, sequence: 0, into: &key)
        var found = unsafe try postings.seek(key.span.bytes)
        while found, let place = PostingRow.decodeKey(postings.key), place.id == id {
            guard let last = PostingRow.last(first: place.sequence, postings.value) else {
                throw .damaged("row of postings")
            }
            if last >= first { return }
            try postings.delete()
            found = try postings.next()
        }
    }

    private mutating func removePostings(_ id: UInt64, _ postings: inout Cursor) throws(LMDBError) {
        try self.trimPostings(id, below: .max, &postings)
    }

    private mutating func putRow(_ id: UInt64, _ postings: inout Cursor) throws(LMDBError) {
        guard let first = self.row.sequences.first else { return }
        var key: [UInt8] = []
        var value: [UInt8] = []
        PostingRow.encodeKey(id: id, sequence: first, into: &key)
        self.row.encode(into: &value)
        unsafe try postings.put(key.span.bytes, value.span.bytes)
    }

    private mutating func decodeRow(_ postings: borrowing Cursor) throws(LMDBError) {
        guard let key = PostingRow.decodeKey(postings.key),
            self.row.decode(first: key.sequence, postings.value)
        else { throw .damaged("row of postings") }
    }

    private static func isAt(_ id: UInt64, _ postings: borrowing Cursor) throws(LMDBError) -> Bool {
        guard let key = PostingRow.decodeKey(postings.key) else { throw .damaged("key of postings") }
        return key.id == id
    }
}
