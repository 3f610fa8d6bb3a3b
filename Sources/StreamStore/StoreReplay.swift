internal import SegmentLog
internal import StreamModel

/// Replays what happened since a checkpoint: messages from the log and entries from the journal, in the order of their
/// making.
struct StoreReplay {
    private let store: FileStreamStore
    private let log: MessageLog
    private let entries: JournalReplay
    /// How far each consumer is.
    private(set) var consumers: [ConsumerID: RecoveredConsumer]
    /// What was found so far.
    private(set) var report: StoreReport
    /// Messages that entries removed, to be overwritten after the next checkpoint.
    private var erased: Set<UInt64> = []
    /// Messages to overwrite that were gone already: as of the checkpoint, which was the last thing that needed them.
    private var unfinished: [UInt64] = []

    init(
        store: FileStreamStore,
        log: MessageLog,
        entries: JournalReplay,
        consumers: [ConsumerID: RecoveredConsumer],
        report: StoreReport
    ) {
        self.store = store
        self.log = log
        self.entries = entries
        self.consumers = consumers
        self.report = report
    }

    /// Applies what happened after `base`.
    ///
    /// - Parameter reached: the highest sequence that an index knew of: none up to it is given again.
    mutating func run(from base: CheckpointRecord, reached: UInt64) throws(SegmentError) {
        let store = self.store
        var next = 0
        var position = self.start(base)
        var subject: [UInt8] = []
        while let place = position {
            var found: RecordHeader?
            var messageID: Hash128?
            var timeToLive: TimeToLive?
            let result = self.log.withRecord(at: place) { header, body in
                if header.sequence <= base.last { return }
                found = header
                subject.removeAll(keepingCapacity: true)
                subject.append(body.extracting(first: header.subjectLength))
                messageID = store.messageID(header, body)
                timeToLive = store.timeToLive(header, body)
            }
            switch result {
            case .record(let after), .erased(let after): position = after
            case .damaged(_, let after): position = after
            case .end, .absent: position = nil
            case .failed(let errno): throw .system(call: "pread", path: self.log.directory.path, errno: errno)
            }
            // Whatever ended the reading of a segment, there may be others behind it.
            position = position ?? self.log.start(after: place.segment)
            guard let header = found else { continue }
            self.apply(upTo: header.sequence, &next)
            unsafe self.replay(header, subject.span.bytes, messageID, timeToLive)
        }
        self.apply(upTo: .max, &next)
        // The end of the log may be damaged: its sequences are not given again.
        if store.last < self.log.lastSequence { self.pass(upTo: self.log.lastSequence) }
        if store.last < reached { self.pass(upTo: reached) }
        self.finishErasures()
    }

    /// Where to begin to replay: where `base` ends, or, if that is missing, at the log's first record.
    ///
    /// What is in `base` is passed over.
    private func start(_ base: CheckpointRecord) -> LogPosition? {
        guard let position = base.position else { return self.log.start }
        let isThere = self.log.summaries.contains {
            $0.firstSequence == position.segment && UInt64(position.offset) <= $0.bytes
        }
        return isThere ? position : self.log.start
    }

    private mutating func replay(
        _ header: RecordHeader,
        _ subject: RawSpan,
        _ messageID: Hash128?,
        _ timeToLive: TimeToLive?
    ) {
        let store = self.store
        guard header.sequence > store.last else { return }
        if header.sequence > store.last + 1 { self.pass(upTo: header.sequence - 1) }
        self.report.replayedMessages += 1
        let time = Swift.max(header.timestamp, store.lastTime ?? .min)
        if let messageID { store.tail.dedup.insert(messageID, sequence: header.sequence, time: time) }
        if let timeToLive { store.addTimer(timeToLive, header.sequence, storedAt: time) }
        store.index(
            header.sequence,
            time: time,
            position: header.position,
            size: FileStreamStore.size(header.subjectLength, header.headerLength, header.payloadLength),
            subject: subject
        )
        if self.report.rebuiltIndex { store.checkpointDuringRebuild() }
    }

    /// Leaves sequences out that were given and are not there.
    private mutating func pass(upTo sequence: UInt64) {
        self.report.lostSequences += sequence - self.store.last
        self.store.advance(to: sequence)
    }

    /// Applies the entries made before message `sequence` was appended.
    private mutating func apply(upTo sequence: UInt64, _ next: inout Int) {
        while next < self.entries.count, self.entries.after(next) < sequence {
            let after = self.entries.after(next)
            if after > self.store.last, after <= FileStreamStore.sequenceMax {
                // The entry outlived messages before it.
                self.pass(upTo: after)
            }
            self.entries.with(next) { operation, bytes in
                self.apply(operation, bytes)
            }
            self.report.replayedEntries += 1
            next += 1
        }
    }

    /// Has those messages overwritten that a process ended before it could overwrite.
    private func finishErasures() {
        if self.unfinished.isEmpty { return }
        let segments = self.log.summaries.map { $0.firstSequence }
        var place: LogPosition?
        for sequence in self.unfinished.sorted() {
            if let known = self.store.reader.slot(sequence)?.position,
                self.store.overwrite(PendingErasure(sequence: sequence, position: known))
            {
                continue
            }
            // The index does not know any more: its segment does.
            guard let segment = segments.last(where: { $0 <= sequence }) else { continue }
            if place.map({ $0.segment < segment }) ?? true {
                place = LogPosition(segment: segment, offset: 48)
            }
            self.search(sequence, from: &place)
        }
    }

    /// Looks for the message in the segment of `place`, and has it overwritten if it is there.
    private func search(_ sequence: UInt64, from place: inout LogPosition?) {
        guard let segment = place?.segment else { return }
        while let position = place, position.segment == segment {
            // One that is marked already may have been left with its body.
            if self.store.overwrite(PendingErasure(sequence: sequence, position: position)) { return }
            var passed: UInt64 = 0
            let result = self.log.withRecord(at: position) { header, _ in passed = header.sequence }
            if passed > sequence { return }
            switch result {
            case .record(let next), .erased(let next), .damaged(_, .some(let next)): place = next
            case .damaged(_, nil), .end, .absent, .failed:
                // There is nothing behind it.
                place = LogPosition(segment: segment, offset: .max)
                return
            }
        }
    }

    private mutating func apply(_ operation: JournalOperation?, _ bytes: RawSpan) {
        let store = self.store
        store.tail.journalBytes += bytes.byteCount + 16
        switch operation {
        case .remove(let sequence, let erase):
            if store.isStored(sequence) {
                store.remove(sequence, erase: erase)
                if erase { self.erased.insert(sequence) }
            } else if erase, !self.erased.contains(sequence) {
                self.unfinished.append(sequence)
            }
        case .purge(let filter, let below, let keep):
            _ = store.applyPurge(filter, below: below, keep: keep)
        case .skip(let sequence): store.advance(to: sequence)
        case .front(let sequence): store.age(below: sequence)
        case .expired(let sequences): store.applyExpired(sequences)
        case .limits(let limits): store.apply(limits)
        case .progress(let consumer, let range):
            self.consumers[consumer, default: RecoveredConsumer(snapshot: nil, entries: [])].entries
                .append(bytes.extracting(range).copied())
        case nil: self.report.notices.append("a journal entry of unknown form was passed over")
        }
    }
}

extension MessageLog {
    /// The first record of the segment that follows `number`; nil if none does.
    fileprivate func start(after number: UInt64) -> LogPosition? {
        let next = self.summaries.first { $0.firstSequence > number }
        return next.map { LogPosition(segment: $0.firstSequence, offset: 48) }
    }
}
