internal import SegmentLog
public import StreamModel

extension FileStreamStore {
    /// The flag of a record whose headers hold a message id that was registered.
    static let messageIDFlag = RecordFlags(rawValue: 1)

    /// Stores a message after the last one, enforces ``limits``, and returns its sequence.
    ///
    /// - Parameter timeToLive: what `Nats-TTL` in `headers` says: that is where it is read from when the index has
    ///   to be made again.
    /// - Precondition: subject, headers and payload together are not longer than 32 MiB, the subject not longer
    ///   than 65 535 bytes.
    @inline(__always)
    public func append(
        subject: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        messageID: RawSpan,
        timestamp: Timestamp,
        timeToLive: TimeToLive?
    ) -> StreamSequence {
        precondition(self.last < .max - 1, "stream sequence space exhausted")  // See `sequenceMax`.
        let sequence = self.last + 1
        let time = Swift.max(timestamp.rawValue, self.lastTime ?? .min)
        self.tell(time)
        let position = self.log.append(
            sequence: sequence,
            timestamp: time,
            flags: RecordFlags(
                rawValue: (messageID.byteCount > 0 ? Self.messageIDFlag.rawValue : 0)
                    | (timeToLive != nil ? Self.timerFlag.rawValue : 0)
            ),
            subject: subject,
            headers: headers,
            payload: payload
        )
        if self.unsyncedSince == nil { self.unsyncedSince = time }
        let tail = self.tail
        if tail.since == nil { tail.since = time }
        if messageID.byteCount > 0, self.duplicateWindow > 0 {
            tail.dedup.insert(self.messageIDHash.hash(messageID), sequence: sequence, time: time)
        }
        if let timeToLive { self.addTimer(timeToLive, sequence, storedAt: time) }
        let size = Self.size(subject.byteCount, headers.byteCount, payload.byteCount)
        self.index(sequence, time: time, position: position, size: size, subject: subject)
        return StreamSequence(sequence)
    }

    /// Bytes of a message by the formula of file stores (streams.md §8.4).
    @inline(__always)
    static func size(_ subject: Int, _ headers: Int, _ payload: Int) -> UInt32 {
        // A record is not longer than 32 MiB and a little.
        UInt32(subject + headers + payload + (headers > 0 ? 34 : 30))
    }

    /// Puts a message that is in the log into the tail, and lets limits take old ones.
    @inline(__always)
    func index(_ sequence: UInt64, time: Int64, position: LogPosition, size: UInt32, subject: RawSpan) {
        let placed = self.insert(sequence, time: time, position: position, size: size, subject: subject)
        self.last = sequence
        self.lastTime = time
        if let most = self.limitsInForce.messagesPerSubject, placed.count > most {
            self.trim(subject: placed.subject, to: most)
        }
        if let most = self.limitsInForce.messages, self.messages > most {
            self.dropOldest { $0.messages > most }
        }
        if let most = self.limitsInForce.bytes, self.bytes > most { self.dropOldest { $0.bytes > most } }
    }

    /// Puts a message into the tail: counters, subject, position.
    ///
    /// Returns the subject's place in the tail and how many messages it has now.
    @discardableResult
    @inline(__always)
    func insert(
        _ sequence: UInt64,
        time: Int64,
        position: LogPosition,
        size: UInt32,
        subject: RawSpan
    ) -> (subject: Int, count: UInt64) {
        if self.messages == 0 { self.first = sequence }
        self.messages += 1
        self.bytes += UInt64(size)
        self.segments.didAppend(sequence, in: position.segment, bytes: SegmentTable.recordBytes(size))
        let hash = self.subjectHash.hash(subject)
        let placed =
            self.tail.messages.append(
                sequence: sequence,
                time: time,
                position: position,
                size: size,
                text: subject,
                hash: hash
            )
            ?? self.insertNew(
                sequence,
                time: time,
                position: position,
                size: size,
                subject: subject,
                hash: hash
            )
        if placed.count == 1 { self.subjectCount += 1 }
        return placed
    }

    @inline(never)
    private func insertNew(
        _ sequence: UInt64,
        time: Int64,
        position: LogPosition,
        size: UInt32,
        subject: RawSpan,
        hash: UInt64
    ) -> (subject: Int, count: UInt64) {
        let index = self.pullUp(subject, hash: hash)
        let count = self.tail.messages.append(
            sequence: sequence,
            time: time,
            position: position,
            size: size,
            subject: index
        )
        return (index, count)
    }

    /// The subject's place in the tail, made with what the layers below say if it has none.
    @inline(__always)
    func touch(_ subject: RawSpan) -> Int {
        let hash = self.subjectHash.hash(subject)
        if let index = self.tail.subjects.find(subject, hash: hash) { return index }
        return self.pullUp(subject, hash: hash)
    }

    private func pullUp(_ subject: RawSpan, hash: UInt64) -> Int {
        let index = self.tail.messages.subjects.insert(subject, hash: hash)
        if self.tail.isReset { return index }
        if let frozen = self.frozen {
            if let below = frozen.subjects.find(subject, hash: hash) {
                let known = frozen.subjects.entries[below]
                self.tail.messages.subjects.update(index) { entry in
                    entry.count = known.count
                    entry.first = known.first
                    entry.last = known.last
                    entry.isFirstExact = known.isFirstExact
                }
                return index
            }
            if frozen.isReset { return index }
        }
        if let row = self.reader.subject(subject) {
            self.tail.messages.subjects.update(index) { entry in
                entry.count = row.count
                entry.first = row.first
                entry.last = row.last
                entry.isFirstExact = row.postings == nil
            }
        }
        return index
    }

    /// The furthest a stream is moved forward without storing: so that messages cannot run out of sequences.
    static let sequenceMax: UInt64 = 1 << 62

    /// Skips ahead without storing: the next message gets `sequence.next`.
    ///
    /// No effect if not beyond the last.
    public func skip(to sequence: StreamSequence) {
        if sequence.rawValue <= self.last || sequence.rawValue > Self.sequenceMax { return }
        self.write(.skip(sequence.rawValue))
        self.advance(to: sequence.rawValue)
    }

    /// Makes `sequence` the last one, with nothing stored behind the last message.
    func advance(to sequence: UInt64) {
        guard sequence > self.last, sequence <= Self.sequenceMax else { return }
        if self.messages == 0 {
            self.first = sequence + 1
        } else {
            self.markHoles(self.last + 1...sequence)
        }
        self.last = sequence
        self.tail.isTouched = true
    }

    // MARK: Journal

    /// Writes an entry for what is about to be done, unless it is being replayed.
    func write(_ operation: JournalOperation, durable: Bool = true) {
        if self.isReplaying { return }
        self.scratch.removeAll(keepingCapacity: true)
        operation.encode(into: &self.scratch)
        self.writeScratch(operation.kind, durable: durable)
    }

    private func writeScratch(_ kind: UInt8, durable: Bool) {
        unsafe self.journal.append(kind: kind, after: self.last, bytes: self.scratch.span.bytes)
        self.tail.journalBytes += self.scratch.count + 16
        if self.tail.since == nil, self.clock > .min { self.tail.since = self.clock }
        if durable { self.journalWanted = self.journal.marks.appended }
    }

    /// Writes a consumer's progress to the journal: bytes that only the consumer understands.
    ///
    /// - Precondition: `entry` is not longer than 16 MiB less 16 bytes.
    public func journal(_ entry: RawSpan, consumer: ConsumerID, durable: Bool) {
        precondition(entry.byteCount <= JournalOperation.progressBytesMax, "the entry is too long")
        self.scratch.removeAll(keepingCapacity: true)
        let operation = JournalOperation.progress(consumer, 0..<0)
        operation.encode(into: &self.scratch)
        self.scratch.append(entry)
        self.writeScratch(operation.kind, durable: durable)
    }

    // MARK: Message ids

    /// The sequence stored under that message id, if `append` saw it at or after `time`.
    public func duplicate(of messageID: RawSpan, since time: Timestamp) -> StreamSequence? {
        let hash = self.messageIDHash.hash(messageID)
        if let entry = self.tail.dedup.find(hash) ?? self.frozen?.dedup.find(hash) {
            return entry.time >= time.rawValue ? StreamSequence(entry.sequence) : nil
        }
        var newest: (sequence: UInt64, time: Int64)?
        for slot in 0..<CheckpointRecord.dedupSlots where self.dedupGenerations[slot] != .min {
            // A generation that ended before `time` has nothing to say.
            let (end, overflow) = (self.dedupGenerations[slot] + 1)
                .multipliedReportingOverflow(
                    by: self.dedupLength
                )
            if !overflow, end <= time.rawValue { continue }
            if let found = self.reader.messageID(hash, slot: slot),
                newest.map({ $0.sequence < found.sequence }) ?? true
            {
                newest = found
            }
        }
        guard let newest, newest.time >= time.rawValue else { return nil }
        return StreamSequence(newest.sequence)
    }
}
