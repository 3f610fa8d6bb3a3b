internal import LMDB

extension IndexWriter {
    /// The most timers of the past that one transaction deletes.
    private static let trimTimersMax = 16_384
    /// The least timers that one transaction looks at to find those of messages that are gone.
    private static let sweepMin = 256

    /// Adds the layer's timers; takes out those that were taken, and some of messages that are gone.
    mutating func writeTimers(_ transaction: inout WriteTransaction) throws(LMDBError) {
        let layer = self.layer.timers
        let due = layer.due.timers.sorted()
        let files = self.files
        try transaction.withCursor(files.timers) { (cursor) throws(LMDBError) in
            try self.trimTimers(&cursor)
            for timer in due { try self.put(timer, &cursor) }
            for sequence in layer.exempt {
                try self.put(MessageTimer(due: MessageTimer.never, sequence: sequence), &cursor)
            }
        }
        try self.sweepTimers(&transaction, count: Self.sweepMin + 2 * (due.count + layer.exempt.count))
    }

    private func put(_ timer: MessageTimer, _ cursor: inout Cursor) throws(LMDBError) {
        var key: [UInt8] = []
        timer.encodeKey(into: &key)
        let value = [MessageTimer.expiryKind]
        unsafe try cursor.put(key.span.bytes, value.span.bytes)
    }

    private func trimTimers(_ cursor: inout Cursor) throws(LMDBError) {
        guard let taken = self.timersTaken else { return }
        var count = 0
        var found = try cursor.first()
        while found, count < Self.trimTimersMax {
            guard let timer = MessageTimer(key: cursor.key) else { throw .damaged("key of timers") }
            if timer > taken { return }
            try cursor.delete()
            count += 1
            found = try cursor.next()
        }
    }

    /// Looks at so many timers from where the last sweep ended, and deletes those of messages that are gone.
    private mutating func sweepTimers(_ transaction: inout WriteTransaction, count: Int) throws(LMDBError) {
        var timers: [MessageTimer] = []
        var key: [UInt8] = []
        (self.sweptTo ?? MessageTimer(due: .min, sequence: 0)).encodeKey(into: &key)
        let files = self.files
        try transaction.withCursor(files.timers) { (cursor) throws(LMDBError) in
            var found = unsafe try cursor.seek(key.span.bytes)
            while found, timers.count < count {
                guard let timer = MessageTimer(key: cursor.key) else { throw .damaged("key of timers") }
                timers.append(timer)
                found = try cursor.next()
            }
        }
        self.sweptTo = timers.count < count ? nil : timers.last
        var words = ContiguousArray<UInt64>(repeating: 0, count: HoleChunk.words)
        var chunk: UInt64?
        var hasHoles = false
        for timer in timers {
            if timer.sequence >= self.record.first {
                if chunk != HoleChunk.number(of: timer.sequence) {
                    chunk = HoleChunk.number(of: timer.sequence)
                    hasHoles = try self.readHoles(chunk ?? 0, into: &words, &transaction)
                }
                let word = words[Int(timer.sequence >> 6 & 63)]
                if !hasHoles || word & 1 << (timer.sequence & 63) == 0 { continue }
            }
            timer.encodeKey(into: &key)
            _ = unsafe try transaction.delete(key.span.bytes, in: self.files.timers)
        }
    }

    private func readHoles(
        _ chunk: UInt64,
        into words: inout ContiguousArray<UInt64>,
        _ transaction: inout WriteTransaction
    ) throws(LMDBError) -> Bool {
        var key: [UInt8] = []
        key.appendBigEndian(chunk)
        guard unsafe try transaction.find(key.span.bytes, in: self.files.deleted) else { return false }
        guard HoleChunk.decode(transaction.value, into: &words, at: 0) else {
            throw .damaged("row of deleted")
        }
        return true
    }
}
