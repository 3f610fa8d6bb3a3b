internal import LMDB
internal import SegmentLog
internal import StreamModel

/// Makes an index anew from the log, as far as the state file reaches: it says which messages are not stored any more.
struct StoreRebuild {
    private let store: FileStreamStore
    private let record: CheckpointRecord
    /// Message ids of messages before this are not needed.
    private let oldestID: Int64

    init(store: FileStreamStore, state: StateFile?, now: Timestamp) {
        self.store = store
        self.record = state?.record ?? CheckpointRecord(stream: store.stream)
        self.oldestID = now.advanced(byNanoseconds: -store.duplicateWindow).rawValue
        store.restoreLimits(self.record)
        for chunk in state?.chunks ?? [] { store.restoreHoles(chunk.number, chunk.value) }
        for entry in state?.messageIDs ?? [] where entry.time >= self.oldestID {
            store.tail.dedup.insert(entry.hash, sequence: entry.sequence, time: entry.time)
        }
        store.first = self.record.first
        store.last = Swift.max(self.record.first, 1) - 1
    }

    /// Takes a record of the log.
    mutating func visit(_ header: RecordHeader, _ body: RawSpan) {
        // What comes after the state file is replayed, with limits and journal.
        guard header.sequence <= self.record.last else { return }
        if header.timestamp >= self.oldestID, let hash = self.store.messageID(header, body) {
            self.store.tail.dedup.insert(hash, sequence: header.sequence, time: header.timestamp)
        }
        let isStored =
            header.sequence >= self.record.first && !self.store.isRestoredHole(header.sequence)
            && !header.flags.contains(.erased)
        guard isStored else {
            self.store.segments.didSee(header)
            return
        }
        guard header.sequence > self.store.last else { return }
        if header.sequence > self.store.last + 1 { self.markLost(upTo: header.sequence - 1) }
        if let timeToLive = self.store.timeToLive(header, body) {
            self.store.addTimer(timeToLive, header.sequence, storedAt: header.timestamp)
        }
        self.store.insert(
            header.sequence,
            time: header.timestamp,
            position: header.position,
            size: FileStreamStore.size(header.subjectLength, header.headerLength, header.payloadLength),
            subject: body.extracting(first: header.subjectLength)
        )
        self.store.last = header.sequence
        self.store.lastTime = header.timestamp
        self.store.checkpointDuringRebuild()
    }

    /// What the state file says is stored and the log does not have is a hole from now on.
    private func markLost(upTo sequence: UInt64) {
        var lost = self.store.last + 1
        while lost <= sequence {
            if let gap = self.record.gaps.first(where: { $0.contains(lost) }) {
                lost = gap.upperBound + 1
                continue
            }
            if self.store.messages > 0 { self.store.markHoles(lost...lost) }
            lost += 1
        }
    }

    /// All records have been seen.
    mutating func finish(_ report: inout StoreReport) {
        let store = self.store
        if store.messages == 0 {
            store.first = self.record.last + 1
            store.last = self.record.last
            store.gaps = []
        } else if store.last < self.record.last {
            self.markLost(upTo: self.record.last)
            store.last = self.record.last
        }
        if let time = self.record.lastTime { store.lastTime = Swift.max(store.lastTime ?? time, time) }
        if self.record.messages > store.messages {
            let lost = self.record.messages - store.messages
            report.lostSequences += lost
            report.notices.append("\(lost) messages that were stored are not in the log any more")
        }
    }
}

extension FileStreamStore {
    /// Goes on from a checkpoint that is in the index.
    func restore(_ record: CheckpointRecord) throws(SegmentError) {
        self.messages = record.messages
        self.bytes = record.bytes
        self.first = record.first
        self.last = record.last
        self.lastTime = record.lastTime
        self.subjectCount = Int(clamping: record.subjects)
        self.nextSubject = record.nextSubject
        self.dedupLength = record.dedupLength
        self.dedupGenerations = record.dedupGenerations
        self.restoreLimits(record)
        for row in self.reader.segments() { self.segments.restore(row) }
    }

    fileprivate func restoreLimits(_ record: CheckpointRecord) {
        self.limitsInForce = record.limits
        self.gaps = record.gaps
    }

    /// Puts a chunk of holes into the tail; one that makes no sense is left out.
    fileprivate func restoreHoles(_ chunk: UInt64, _ value: [UInt8]) {
        var words = ContiguousArray<UInt64>(repeating: 0, count: HoleChunk.words)
        guard unsafe HoleChunk.decode(value.span.bytes, into: &words, at: 0) else { return }
        _ = self.tail.holes.add(chunk, copying: words, at: 0)
    }

    /// Whether the state file says that the sequence is not stored; counters do not tell yet.
    fileprivate func isRestoredHole(_ sequence: UInt64) -> Bool {
        if self.gaps.contains(where: { $0.contains(sequence) }) { return true }
        return self.holeWord(sequence) & (1 << (sequence & 63)) != 0
    }

    /// The hash of the record's message id, if it has one that was registered.
    func messageID(_ header: RecordHeader, _ body: RawSpan) -> Hash128? {
        guard header.flags.contains(Self.messageIDFlag), self.duplicateWindow > 0,
            header.bodyLength <= body.byteCount
        else { return nil }
        let headers = body.extracting(header.subjectLength..<header.subjectLength + header.headerLength)
        let range = MessageID.find(headers)
        return range.isEmpty ? nil : self.messageIDHash.hash(headers.extracting(range))
    }

    /// Keeps memory bounded while an index is made: writes what has gathered, marked as incomplete.
    func checkpointDuringRebuild() {
        let count = self.tail.entries.count
        // Memory is added up only now and then: it grows with the messages.
        let isFull =
            count >= self.policy.messages || count & 255 == 0 && self.tail.memoryBytes >= self.policy.bytes
        guard isFull, self.reader.failure == nil, let files = self.reader.files else { return }
        let checkpoint = self.freeze([], into: files, isComplete: false)
        checkpoint.perform()
        if let error = checkpoint.indexError {
            self.reader.fail(error)
        } else {
            self.adopt(checkpoint)
        }
    }
}

extension SegmentTable {
    /// The segment holds this message, which is not stored any more.
    mutating func didSee(_ header: RecordHeader) {
        let number = header.position.segment
        if self.newest?.number != number { self.restore(Row(number: number, live: 0, last: header.sequence)) }
        self.didFind(bytes: UInt64(header.recordBytes))
    }
}
