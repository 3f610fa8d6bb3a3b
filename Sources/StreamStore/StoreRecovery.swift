internal import SegmentLog
internal import StreamModel

/// Brings a store to where it was: chooses what to start from, and replays the rest.
struct StoreRecovery {
    let root: any StorageDirectory
    let quarantine: any StorageDirectory
    let options: FileStoreOptions
    let stream: StreamUUID
    let now: Timestamp

    private var report = StoreReport()
    private var state: StateFile?
    private var consumers: [ConsumerID: RecoveredConsumer] = [:]
    /// The highest sequence that an index knew of and that is not gone on from.
    private var reached: UInt64 = 0
    private var index: IndexRecovery

    init(
        root: any StorageDirectory,
        quarantine: any StorageDirectory,
        indexRoot: POSIXDirectory,
        options: FileStoreOptions,
        stream: StreamUUID,
        now: Timestamp
    ) {
        self.root = root
        self.quarantine = quarantine
        self.options = options
        self.stream = stream
        self.now = now
        self.index = IndexRecovery(
            root: root,
            quarantine: quarantine,
            parent: indexRoot,
            options: options,
            stream: stream
        )
    }

    /// Opens the store.
    mutating func run() throws(StoreError) -> OpenedStore {
        if self.keys != nil { try self.index.checkKeys() }
        try self.readState()
        let opened = try self.index.open(self.state?.record, &self.report)
        self.reached = self.index.reached
        if let opened {
            guard let record = opened.record else { return try self.rebuild(in: opened.reader) }
            if let store = try self.recover(opened.reader, record) { return try self.finish(store) }
        }
        return try self.rebuild(in: self.index.make(&self.report))
    }

    /// Makes the index in an empty environment.
    private mutating func rebuild(in reader: IndexReader) throws(StoreError) -> OpenedStore {
        self.report.rebuiltIndex = true
        guard let store = try self.recover(reader, nil) else {
            throw .foreign(path: self.root.path, reason: "the log could not be read from its start")
        }
        return try self.finish(store)
    }

    private mutating func readState() throws(StoreError) {
        do throws(SegmentError) {
            switch try StateFile.read(self.root) {
            case .absent: return
            case .file(let file) where file.record.stream == self.stream:
                self.state = file
                return
            case .file, .damaged: break
            }
        } catch {
            throw StoreError(error)
        }
        try self.index.checkKeys()
        self.report.notices.append("the state file is damaged or another stream's; it is in quarantine")
        do throws(SegmentError) {
            let name = try self.root.quarantine(StateFile.name, in: self.quarantine)
            self.report.quarantined.append(name)
        } catch {
            throw StoreError(error)
        }
    }

    private var keys: StorageKeys? { self.options.encryption?.keys }

    /// The store as log, journal and index make it; nil if the index does not fit them.
    ///
    /// - Parameter record: the index's checkpoint; nil to make the index from the log and the state file.
    private mutating func recover(
        _ reader: IndexReader,
        _ record: CheckpointRecord?
    ) throws(StoreError) -> FileStreamStore? {
        let base = record ?? self.state?.record ?? CheckpointRecord(stream: self.stream)
        do throws(SegmentError) {
            let log = MessageLog(
                directory: try self.root.ensureDirectory("log"),
                stream: self.stream,
                options: LogOptions(segmentBytes: self.options.segmentBytes, keys: self.keys)
            )
            let journal = Journal(
                directory: try self.root.ensureDirectory("journal"),
                stream: self.stream,
                options: LogOptions(keys: self.keys)
            )
            let store = FileStreamStore(
                log: log,
                journal: journal,
                directory: self.root,
                indexPath: self.index.path,
                reader: reader,
                options: self.options,
                stream: self.stream
            )
            var entries = JournalReplay()
            let journalReport = try journal.recover(from: base.journal, quarantine: self.quarantine) {
                entry,
                bytes in
                entries.add(entry, bytes)
            }
            if let record, !journalReport.missingFiles.isEmpty {
                return self.refuse(reader, record, "journal files that follow it are missing")
            }
            self.note(journalReport, of: "journal")
            store.isReplaying = true
            store.erasedIDs = self.state?.messageIDs ?? []
            if let record {
                try store.restore(record)
                guard try self.recoverLog(log, record) else {
                    return self.refuse(reader, record, "where it ends in the log is missing")
                }
                self.noteMissing(store)
            } else {
                try self.rebuild(store, log)
            }
            var replay = StoreReplay(
                store: store,
                log: log,
                entries: entries,
                consumers: self.readConsumers(reader, record),
                report: self.report
            )
            try replay.run(from: base, reached: self.reached)
            self.report = replay.report
            self.consumers = replay.consumers
            if let record, let failure = reader.failure { return self.refuse(reader, record, failure) }
            return store
        } catch {
            throw StoreError(error)
        }
    }

    private mutating func refuse(_ reader: IndexReader, _ record: CheckpointRecord, _ reason: String)
        -> FileStreamStore?
    {
        reader.suspend()
        self.reached = Swift.max(self.reached, record.last)
        // What is found again is counted again.
        self.report.replayedMessages = 0
        self.report.replayedEntries = 0
        self.report.damagedRecords = 0
        self.report.lostSequences = 0
        self.report.missingSegments = 0
        self.report.notices.append("the index is made again: \(reason); the old one is in quarantine")
        return nil
    }

    /// Notes segments with stored messages that have no file.
    ///
    /// The messages stay where they were counted; reading them finds damage.
    private mutating func noteMissing(_ store: FileStreamStore) {
        let present = Set(store.log.summaries.map { $0.firstSequence })
        for row in store.segments.rows where row.live > 0 && !present.contains(row.number) {
            self.report.missingSegments += 1
            self.report.lostSequences += row.live
            if self.report.missingSegments > 16 { continue }
            self.report.notices.append(
                "file \(row.number) of the log is missing, and with it \(row.live) messages"
            )
        }
    }

    /// Recovers the log from the checkpoint on; false if it has no such place.
    private mutating func recoverLog(_ log: MessageLog, _ record: CheckpointRecord) throws(SegmentError)
        -> Bool
    {
        do throws(SegmentError) {
            let report = try log.recover(
                from: record.position,
                after: record.last,
                quarantine: self.quarantine,
                opens: false
            ) { _, _ in }
            self.note(report, of: "log")
            return true
        } catch {
            if case .unknownPosition = error { return false }
            throw error
        }
    }

    private mutating func note(_ found: RecoveryReport, of what: String) {
        self.report.damagedRecords += UInt64(found.holeCount)
        for hole in found.holes.prefix(16) {
            let lost = hole.sequences.map { " (sequences \($0.lowerBound) to \($0.upperBound))" } ?? ""
            self.report.notices.append(
                "\(hole.bytes) damaged bytes in the \(what), file \(hole.position.segment), at byte "
                    + "\(hole.position.offset)\(lost)"
            )
        }
        for file in found.missingFiles.prefix(16) {
            self.report.notices.append("file \(file) of the \(what) is missing")
        }
        for file in found.damagedHeaders.prefix(16) {
            self.report.notices.append("file \(file) of the \(what) has a damaged header")
        }
        if let tail = found.tail {
            if let name = tail.quarantined { self.report.quarantined.append(name) }
            self.report.cutBytes += tail.bytes
            self.report.notices.append("an unfinished write of \(tail.bytes) bytes ended the \(what)")
        }
    }

    private func readConsumers(
        _ reader: IndexReader,
        _ record: CheckpointRecord?
    ) -> [ConsumerID: RecoveredConsumer] {
        var found: [ConsumerID: RecoveredConsumer] = [:]
        if record != nil {
            for snapshot in reader.consumers() {
                found[snapshot.consumer] = RecoveredConsumer(snapshot: snapshot.bytes, entries: [])
            }
        } else {
            for snapshot in self.state?.consumers ?? [] {
                found[snapshot.consumer] = RecoveredConsumer(snapshot: snapshot.bytes, entries: [])
            }
        }
        return found
    }

    /// Puts all messages that the state file says are stored back into an index.
    private mutating func rebuild(_ store: FileStreamStore, _ log: MessageLog) throws(SegmentError) {
        var rebuild = StoreRebuild(store: store, state: self.state, now: self.now)
        let report = try log.recover(quarantine: self.quarantine) { header, body in
            rebuild.visit(header, body)
        }
        self.note(report, of: "log")
        rebuild.finish(&self.report)
    }

    /// The last steps: what the options ask for and the files did not say.
    private mutating func finish(_ store: FileStreamStore) throws(StoreError) -> OpenedStore {
        store.isReplaying = false
        store.isIndexIncomplete = self.report.rebuiltIndex
        store.tell(self.now.rawValue)
        store.journalWanted = store.journal.marks.synced
        let isNew = store.log.summaries.isEmpty && store.last == 0 && self.report.replayedEntries == 0
        if isNew {
            // There was no index to make again.
            self.report.rebuiltIndex = false
            self.report.notices.removeAll { $0.hasPrefix("the index is made again") }
            if self.options.firstSequence.rawValue > 1 { store.skip(to: self.options.firstSequence.previous) }
        }
        if DedupGeneration.length(window: self.options.duplicateWindow) != store.dedupLength {
            store.tail.isTouched = true
        }
        store.limits = self.options.limits
        if let failure = store.reader.failure { throw .index(call: "recovery", code: failure) }
        if self.reached > store.log.lastSequence {
            // Only an index that is out of the way now knew of that sequence.
            store.write(.skip(self.reached))
            try store.commitAll()
        }
        store.recovery = self.report
        return OpenedStore(store: store, report: self.report, consumers: self.consumers)
    }
}
