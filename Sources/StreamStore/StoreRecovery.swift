internal import LMDB
public import SegmentLog
public import StreamModel

extension FileStreamStore {
    /// Opens the store in `directory`, made if it is missing, and brings it to where it was.
    ///
    /// The index is opened and what happened since its checkpoint is replayed from log and journal. An index that is
    /// missing, damaged, foreign or older than the journal reaches back is moved to quarantine and made again from
    /// the log; no answer changes by that.
    ///
    /// - Parameter now: for message ids, which are looked for only among messages younger than the window.
    /// - Throws: ``StoreError/foreign(path:reason:)`` if the files are another stream's or of a newer format,
    ///   ``StoreError/locked(path:hasKey:)`` if no key decrypts them, else what a system call says. Nothing is changed
    ///   then.
    public static func open(
        directory: String,
        options: FileStoreOptions,
        now: Timestamp
    ) throws(StoreError) -> OpenedStore {
        let root: POSIXDirectory
        let quarantine: POSIXDirectory
        do throws(SegmentError) {
            root = try POSIXDirectory(path: directory, create: true)
            quarantine = try POSIXDirectory(path: options.quarantine, create: true)
        } catch {
            throw StoreError(error)
        }
        return try self.open(
            root: root,
            quarantine: quarantine,
            indexRoot: root,
            options: options,
            now: now
        )
    }

    /// As `open(directory:options:now:)`, of the stream with that number in an open store.
    public static func open(
        _ id: UInt64,
        in store: StoreDirectory,
        options: FileStoreOptions,
        now: Timestamp
    ) throws(StoreError) -> OpenedStore {
        let root: any StorageDirectory
        let quarantine: POSIXDirectory
        do throws(SegmentError) {
            root = try store.streams.ensureDirectory(String(id))
            quarantine = try POSIXDirectory(path: options.quarantine, create: true)
        } catch {
            throw StoreError(error)
        }
        // A directory inside the store's costs no descriptor of its own.
        guard let root = root as? POSIXDirectory else {
            return try self.open(directory: store.streamPath(id), options: options, now: now)
        }
        return try self.open(
            root: root,
            quarantine: quarantine,
            indexRoot: root,
            options: options,
            now: now
        )
    }

    /// As `open(directory:options:now:)`, on a disk of the caller's.
    ///
    /// - Parameter indexRoot: where the directory `index` is; always on the real file system, for LMDB.
    public static func open(
        root: any StorageDirectory,
        quarantine: any StorageDirectory,
        indexRoot: POSIXDirectory,
        options: FileStoreOptions,
        now: Timestamp
    ) throws(StoreError) -> OpenedStore {
        guard let stream = unsafe StreamUUID(bytes: options.streamID.span.bytes) else {
            throw .foreign(path: root.path, reason: "a stream id has sixteen bytes")
        }
        var recovery = StoreRecovery(
            root: root,
            quarantine: quarantine,
            indexRoot: indexRoot,
            options: options,
            stream: stream,
            now: now
        )
        return try recovery.run()
    }
}

/// Brings a store to where it was: chooses what to start from, and replays the rest.
struct StoreRecovery {
    let root: any StorageDirectory
    let quarantine: any StorageDirectory
    let indexRoot: POSIXDirectory
    let options: FileStoreOptions
    let stream: StreamUUID
    let now: Timestamp

    private var report = StoreReport()
    private var state: StateFile?
    private var consumers: [ConsumerID: RecoveredConsumer] = [:]
    private var entries = JournalReplay()
    /// The highest sequence that an index knew of and that is not gone on from.
    private var reached: UInt64 = 0
    /// Whether it is known that a key decrypts all files of log and journal.
    private var areKeysChecked = false

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
        self.indexRoot = indexRoot
        self.options = options
        self.stream = stream
        self.now = now
    }

    private var indexPath: String { self.indexRoot.path + "/index" }

    /// Opens the store.
    mutating func run() throws(StoreError) -> OpenedStore {
        if self.keys != nil { try self.checkKeys() }
        try self.readState()
        if let opened = try self.openIndex() {
            guard let record = opened.record else { return try self.rebuild(in: opened.reader) }
            if let store = try self.recover(opened.reader, record) { return try self.finish(store) }
        }
        return try self.rebuild(in: self.makeIndex())
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
        try self.checkKeys()
        self.report.notices.append("the state file is damaged or another stream's; it is in quarantine")
        do throws(SegmentError) {
            let name = try self.root.quarantine(StateFile.name, in: self.quarantine)
            self.report.quarantined.append(name)
        } catch {
            throw StoreError(error)
        }
    }

    private var keys: StorageKeys? { self.options.encryption?.keys }

    /// Refuses files that no key decrypts, before anything is put out of the way that only they could make again.
    private mutating func checkKeys() throws(StoreError) {
        if self.areKeysChecked { return }
        for name in ["log", "journal"] {
            do throws(SegmentError) {
                try StorageKeys.check(self.keys, self.root.openDirectory(name), stream: self.stream)
            } catch {
                if !error.isAbsent { throw StoreError(error) }
            }
        }
        self.areKeysChecked = true
    }

    // MARK: Index

    /// The index and its checkpoint, if it can be gone on from; else it is out of the way.
    ///
    /// Without a checkpoint it is empty: a crash came before the first one.
    private mutating func openIndex() throws(StoreError) -> (reader: IndexReader, record: CheckpointRecord?)?
    {
        let size: UInt64
        do throws(SegmentError) {
            try IndexCompaction.recover(self.indexRoot)
            _ = try self.indexRoot.ensureDirectory("index")
            size = try self.indexSize()
        } catch {
            throw StoreError(error)
        }
        if size == 0 { return nil }
        let reason: String
        do throws(EnvironmentOpenError) {
            if let damage = try self.damage(bytes: size) {
                reason = damage
            } else {
                let reader = try self.openReader()
                do throws(LMDBError) {
                    if let record = try reader.record(), let known = self.isUsable(record) {
                        reason = known
                        if record.stream == self.stream { self.reached = record.last }
                    } else if let record = try reader.record() {
                        return (reader, record)
                    } else if try reader.isEmpty() {
                        return (reader, nil)
                    } else {
                        reason = "it holds no checkpoint"
                    }
                } catch {
                    reason = error.description
                }
            }
        } catch {
            reason = try self.reasonToRebuild(error)
        }
        try self.discardIndex(reason)
        return nil
    }

    /// The longest index whose pages are all checked before it is opened, in bytes.
    ///
    /// LMDB ends the process at a damaged page; a longer index would take too long to look at on every start.
    private static let checkedBytesMax: UInt64 = 32 << 20

    /// What is known to be wrong with the index before it is opened; nil: nothing.
    private func damage(bytes: UInt64) throws(EnvironmentOpenError) -> String? {
        if (try? self.indexRoot.openDirectory("index").fileSize(IndexFiles.damageMark)) != nil {
            return "damage was found in it while it was used"
        }
        return bytes <= Self.checkedBytesMax ? try PageCheck.run(path: self.indexPath).problem : nil
    }

    /// Bytes of the index file; zero if there is none.
    private func indexSize() throws(SegmentError) -> UInt64 {
        let index = try self.indexRoot.openDirectory("index")
        do throws(SegmentError) {
            return try index.fileSize("data.mdb")
        } catch {
            if error.isAbsent { return 0 }
            throw error
        }
    }

    private func openReader() throws(EnvironmentOpenError) -> IndexReader {
        let files = try IndexFiles(path: self.indexPath, mapBytes: self.options.indexMapBytes)
        do throws(LMDBError) {
            return try IndexReader(files: files)
        } catch {
            throw .failed(error)
        }
    }

    /// Why the index cannot be gone on from; nil if it can.
    private func isUsable(_ record: CheckpointRecord) -> String? {
        if record.stream != self.stream { return "it is another stream's" }
        if !record.isComplete { return "a rebuild was not finished" }
        guard let state = self.state?.record else { return nil }
        // Journal files and segments older than the state file may be gone.
        if record.journal < state.journal || record.last < state.last {
            return "it is older than the state file"
        }
        if let known = state.position, record.position.map({ $0 < known }) ?? true {
            return "it is older than the state file"
        }
        return nil
    }

    /// The reason, for an error that a rebuild heals; others are thrown.
    private func reasonToRebuild(_ error: EnvironmentOpenError) throws(StoreError) -> String {
        switch error {
        case .isOpen(let path): throw .inUse(path: path)
        case .networkFileSystem(let path):
            throw .foreign(path: path, reason: "an index cannot be on a network file system")
        case .truncated(_, let bytes, let expected):
            return "it has \(bytes) bytes and should have \(expected)"
        case .damaged: return "its first pages are damaged"
        case .failed(let error) where error.isDamage: return error.description
        case .failed(let error): throw StoreError(error, path: self.indexPath)
        }
    }

    /// Moves the index out of the way.
    private mutating func discardIndex(_ reason: String) throws(StoreError) {
        try self.checkKeys()
        self.report.notices.append("the index is made again: \(reason); the old one is in quarantine")
        do throws(SegmentError) {
            try self.quarantineIndex()
        } catch {
            throw StoreError(error)
        }
    }

    private mutating func quarantineIndex() throws(SegmentError) {
        let name = try self.indexRoot.quarantineDirectory("index", in: self.quarantine, of: self.root)
        self.report.quarantined.append(name)
    }

    private mutating func makeIndex() throws(StoreError) -> IndexReader {
        try self.checkKeys()
        do throws(SegmentError) {
            // Whatever is there now was refused.
            if try self.indexRoot.list().contains("index"), try self.indexSize() > 0 {
                try self.quarantineIndex()
            }
            _ = try self.indexRoot.ensureDirectory("index")
        } catch {
            throw StoreError(error)
        }
        do throws(EnvironmentOpenError) {
            return try self.openReader()
        } catch {
            if case .failed(let error) = error { throw StoreError(error, path: self.indexPath) }
            throw .foreign(path: self.indexPath, reason: "the index could not be made: \(error)")
        }
    }

    // MARK: Replay

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
                indexPath: self.indexPath,
                reader: reader,
                options: self.options,
                stream: self.stream
            )
            self.entries = JournalReplay()
            var entries = JournalReplay()
            let journalReport = try journal.recover(from: base.journal, quarantine: self.quarantine) {
                entry,
                bytes in
                entries.add(entry, bytes)
            }
            if let record, !journalReport.missingFiles.isEmpty {
                return self.refuse(reader, record, "journal files that follow it are missing")
            }
            self.entries = entries
            self.note(journalReport, of: "journal")
            store.isReplaying = true
            store.erasedIDs = self.state?.messageIDs ?? []
            self.consumers = try self.readConsumers(reader, record)
            if let record {
                try store.restore(record)
                guard try self.recoverLog(log, record) else {
                    return self.refuse(reader, record, "where it ends in the log is missing")
                }
                self.noteMissing(store)
            } else {
                try self.rebuild(store, log)
            }
            try self.replay(store, log, from: base)
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
    ) throws(SegmentError) -> [ConsumerID: RecoveredConsumer] {
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

    /// Applies what happened after `base`: messages and journal entries in the order of their making.
    private mutating func replay(
        _ store: FileStreamStore,
        _ log: MessageLog,
        from base: CheckpointRecord
    ) throws(SegmentError) {
        var next = 0
        var position = self.start(log, base)
        var subject: [UInt8] = []
        while let place = position {
            var found: RecordHeader?
            var messageID: Hash128?
            var timeToLive: TimeToLive?
            let result = log.withRecord(at: place) { header, body in
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
            case .failed(let errno): throw .system(call: "pread", path: log.directory.path, errno: errno)
            }
            // Whatever ended the reading of a segment, there may be others behind it.
            position = position ?? log.start(after: place.segment)
            guard let header = found else { continue }
            self.apply(upTo: header.sequence, &next, store)
            unsafe self.replay(header, subject.span.bytes, messageID, timeToLive, store)
        }
        self.apply(upTo: .max, &next, store)
        // The end of the log may be damaged: its sequences are not given again.
        if store.last < log.lastSequence { self.pass(store, upTo: log.lastSequence) }
        if store.last < self.reached { self.pass(store, upTo: self.reached) }
    }

    /// Where to begin to replay: where `base` ends, or, if that is missing, at the log's first record.
    ///
    /// What is in `base` is passed over.
    private func start(_ log: MessageLog, _ base: CheckpointRecord) -> LogPosition? {
        guard let position = base.position else { return log.start }
        let isThere = log.summaries.contains {
            $0.firstSequence == position.segment && UInt64(position.offset) <= $0.bytes
        }
        return isThere ? position : log.start
    }

    private mutating func replay(
        _ header: RecordHeader,
        _ subject: RawSpan,
        _ messageID: Hash128?,
        _ timeToLive: TimeToLive?,
        _ store: FileStreamStore
    ) {
        guard header.sequence > store.last else { return }
        if header.sequence > store.last + 1 { self.pass(store, upTo: header.sequence - 1) }
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
    private mutating func pass(_ store: FileStreamStore, upTo sequence: UInt64) {
        self.report.lostSequences += sequence - store.last
        store.advance(to: sequence)
    }

    /// Applies the entries made before message `sequence` was appended.
    private mutating func apply(upTo sequence: UInt64, _ next: inout Int, _ store: FileStreamStore) {
        while next < self.entries.count, self.entries.after(next) < sequence {
            let after = self.entries.after(next)
            if after > store.last, after <= FileStreamStore.sequenceMax {
                // The entry outlived messages before it.
                self.pass(store, upTo: after)
            }
            self.entries.with(next) { operation, bytes in
                self.apply(operation, bytes, store)
            }
            self.report.replayedEntries += 1
            next += 1
        }
    }

    private mutating func apply(_ operation: JournalOperation?, _ bytes: RawSpan, _ store: FileStreamStore) {
        store.tail.journalBytes += bytes.byteCount + 16
        switch operation {
        case .remove(let sequence, let erase):
            if store.isStored(sequence) { store.remove(sequence, erase: erase) }
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

extension MessageLog {
    /// The first record of the segment that follows `number`; nil if none does.
    fileprivate func start(after number: UInt64) -> LogPosition? {
        let next = self.summaries.first { $0.firstSequence > number }
        return next.map { LogPosition(segment: $0.firstSequence, offset: 48) }
    }
}

/// The journal's entries, gathered to be applied between messages.
struct JournalReplay {
    private var items: [(kind: UInt8, after: UInt64, start: Int, count: Int)] = []
    private var arena: [UInt8] = []

    /// How many there are.
    var count: Int { self.items.count }

    /// Adds an entry behind the others.
    mutating func add(_ entry: JournalEntry, _ bytes: RawSpan) {
        self.items.append((entry.kind, entry.after, self.arena.count, bytes.byteCount))
        self.arena.append(bytes)
    }

    /// The last sequence appended when entry `index` was made.
    func after(_ index: Int) -> UInt64 { self.items[index].after }

    /// Calls `body` with what entry `index` says, nil if that is not known, and its bytes.
    func with(_ index: Int, _ body: (JournalOperation?, RawSpan) -> Void) {
        let item = self.items[index]
        let bytes = unsafe self.arena.span.bytes.extracting(item.start..<item.start + item.count)
        body(JournalOperation(kind: item.kind, bytes), bytes)
    }
}

extension StorageDirectory {
    /// Moves the file `name` to `quarantine` under a name of its own, which is returned.
    func quarantine(_ name: String, in quarantine: any StorageDirectory) throws(SegmentError) -> String {
        let taken = Set(try quarantine.list())
        var number = 0
        while taken.contains("\(name)-\(number)") { number += 1 }
        try self.rename(name, to: "\(name)-\(number)", in: quarantine)
        try quarantine.sync()
        try self.sync()
        return "\(name)-\(number)"
    }

    /// Moves the directory `name` to `quarantine`, or, if that is another disk, beside itself; returns its new name.
    func quarantineDirectory(
        _ name: String,
        in quarantine: any StorageDirectory,
        of root: any StorageDirectory
    ) throws(SegmentError) -> String {
        let target: any StorageDirectory = root === self ? quarantine : self
        let taken = Set(try target.list())
        var number = 0
        while taken.contains("\(name)-\(number)") { number += 1 }
        try self.rename(name, to: "\(name)-\(number)", in: target)
        try target.sync()
        try self.sync()
        return "\(name)-\(number)"
    }
}
