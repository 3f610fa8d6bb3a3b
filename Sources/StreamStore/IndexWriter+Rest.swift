internal import LMDB
internal import SegmentLog

extension IndexWriter {
    /// Adds the layer's message ids to their generations; one that is over makes room.
    mutating func writeMessageIDs(_ transaction: inout WriteTransaction) throws(LMDBError) {
        try self.changeDedupLength(&transaction)
        let length = self.record.dedupLength
        if length <= 0 || self.layer.dedup.entries.isEmpty { return }
        try self.putMessageIDs(Array(self.layer.dedup.entries), length: length, &transaction)
    }

    private mutating func putMessageIDs(
        _ entries: [DedupTable.Entry],
        length: Int64,
        _ transaction: inout WriteTransaction
    ) throws(LMDBError) {
        // Sorted as LMDB sorts the keys, which are hashes: so that neighbours are written together.
        let sorted = entries.sorted { one, other in
            one.hash.low.byteSwapped < other.hash.low.byteSwapped
        }
        for entry in sorted {
            let generation = DedupGeneration.of(entry.time, length: length)
            let slot = DedupGeneration.slot(generation)
            if self.record.dedupGenerations[slot] < generation {
                try transaction.removeAll(in: self.files.dedup[slot])
                self.record.dedupGenerations[slot] = generation
            }
            if self.record.dedupGenerations[slot] != generation { continue }  // Long over.
            var key: [UInt8] = []
            key.appendWord(entry.hash.low)
            key.appendWord(entry.hash.high)
            var value: [UInt8] = []
            value.appendWord(entry.sequence)
            value.appendWord(UInt64(bitPattern: entry.time))
            unsafe try transaction.put(key.span.bytes, value.span.bytes, in: self.files.dedup[slot])
        }
    }

    /// Moves the ids into generations of another length, if the window was changed.
    private mutating func changeDedupLength(_ transaction: inout WriteTransaction) throws(LMDBError) {
        var old: Int64 = 0
        let key = IndexFiles.recordKey
        if unsafe try transaction.find(key.span.bytes, in: self.files.meta) {
            let record = CheckpointRecord(transaction.value)
            old = record?.dedupLength ?? 0
        }
        if old == self.record.dedupLength { return }
        var entries: [DedupTable.Entry] = []
        for slot in 0..<CheckpointRecord.dedupSlots {
            if self.record.dedupLength > 0 {
                try transaction.withCursor(self.files.dedup[slot]) { (cursor) throws(LMDBError) in
                    while try cursor.next() {
                        guard cursor.key.byteCount == 16, cursor.value.byteCount == 16 else {
                            throw .damaged("row of dedup")
                        }
                        entries.append(
                            DedupTable.Entry(
                                hash: Hash128(
                                    low: cursor.key.littleEndian64(at: 0),
                                    high: cursor.key.littleEndian64(at: 8)
                                ),
                                sequence: cursor.value.littleEndian64(at: 0),
                                time: Int64(bitPattern: cursor.value.littleEndian64(at: 8))
                            )
                        )
                    }
                }
            }
            try transaction.removeAll(in: self.files.dedup[slot])
            self.record.dedupGenerations[slot] = .min
        }
        if self.record.dedupLength > 0 {
            try self.putMessageIDs(entries, length: self.record.dedupLength, &transaction)
        }
    }

    /// Makes database `segments` equal to the table.
    func writeSegments(_ transaction: inout WriteTransaction) throws(LMDBError) {
        let rows = self.segments
        try transaction.withCursor(self.files.segments) { (cursor) throws(LMDBError) in
            var index = 0
            var found = try cursor.first()
            while found {
                guard cursor.key.byteCount == 8 else { throw .damaged("key of segments") }
                let number = cursor.key.bigEndian64(at: 0)
                while index < rows.count, rows[index].number < number { index += 1 }
                if index >= rows.count || rows[index].number != number { try cursor.delete() }
                found = try cursor.next()
            }
            var key: [UInt8] = []
            var value: [UInt8] = []
            for row in rows {
                key.removeAll(keepingCapacity: true)
                key.appendBigEndian(row.number)
                value.removeAll(keepingCapacity: true)
                row.encode(into: &value)
                if unsafe try cursor.find(key.span.bytes), unsafe cursor.value.isSame(as: value.span.bytes) {
                    continue
                }
                unsafe try cursor.put(key.span.bytes, value.span.bytes)
            }
        }
    }

    /// Makes database `consumers` equal to the snapshots.
    func writeConsumers(_ transaction: inout WriteTransaction) throws(LMDBError) {
        let snapshots = self.consumers
        let known = Set(snapshots.map { $0.consumer.rawValue })
        try transaction.withCursor(self.files.consumers) { (cursor) throws(LMDBError) in
            var found = try cursor.first()
            while found {
                guard cursor.key.byteCount == 8 else { throw .damaged("key of consumers") }
                if !known.contains(cursor.key.bigEndian64(at: 0)) { try cursor.delete() }
                found = try cursor.next()
            }
            for snapshot in snapshots {
                var key: [UInt8] = []
                key.appendBigEndian(snapshot.consumer.rawValue)
                if unsafe try cursor.find(key.span.bytes),
                    unsafe cursor.value.isSame(as: snapshot.bytes.span.bytes)
                {
                    continue
                }
                unsafe try cursor.put(key.span.bytes, snapshot.bytes.span.bytes)
            }
        }
    }

    /// The chunks of holes of the whole stream, as of this transaction.
    func readHoles(
        _ transaction: inout WriteTransaction
    ) throws(LMDBError) -> [(number: UInt64, value: [UInt8])] {
        try transaction.withCursor(self.files.deleted) { (cursor) throws(LMDBError) in
            var chunks: [(number: UInt64, value: [UInt8])] = []
            while try cursor.next() {
                guard cursor.key.byteCount == 8 else { throw .damaged("key of deleted") }
                chunks.append((cursor.key.bigEndian64(at: 0), cursor.value.copied()))
            }
            return chunks
        }
    }
}

/// Message ids are kept in groups by time; a group is dropped whole when all of it is older than the window.
enum DedupGeneration {
    /// The generation of a message stored at `time`.
    static func of(_ time: Int64, length: Int64) -> Int64 {
        // Rounds down, also before 1970.
        time >= 0 ? time / length : -((-1 - time) / length) - 1
    }

    /// The database that a generation is in.
    static func slot(_ generation: Int64) -> Int {
        Int(truncatingIfNeeded: generation) & (CheckpointRecord.dedupSlots - 1)
    }

    /// The length of generations for a window: four of them cover it and the one being filled.
    static func length(window: Int64) -> Int64 {
        window <= 0 ? 0 : max(window / 2, 1_000_000_000)
    }
}
