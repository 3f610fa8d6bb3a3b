internal import LMDB
internal import SegmentLog

/// One checkpoint: the index transaction, and then the state file if it is due.
final class FileCheckpoint: StoreCheckpoint, @unchecked Sendable {
    // Unchecked: as its superclass, handed over and never shared. The layer in it is read by the loop at the same
    // time, and changed by nobody.

    let layer: IndexLayer
    let files: IndexFiles
    let directory: any StorageDirectory
    private(set) var writer: IndexWriter
    /// Whether the state file is written as well.
    let writesState: Bool
    /// Where the index is, if it is to be made smaller should that be worth it.
    let compactedPath: String?
    /// Segments without a stored message as of the freeze.
    let deadSegments: [UInt64]
    /// Segments to rewrite once the state file says what is gone from them.
    let sparse: [SparseSegment]
    /// Messages to overwrite when it is done.
    let erasures: [PendingErasure]
    /// Message ids for the state file.
    let messageIDs: [DedupTable.Entry]
    /// What has to be durable before the index may say it.
    let logMark: UInt64
    let journalMark: UInt64

    /// Why it failed; nil if it did not.
    private(set) var indexError: LMDBError?
    private(set) var stateError: SegmentError?
    private(set) var isDone = false
    /// Bytes of the state file, if one was written.
    private(set) var stateLength: Int?
    /// The index in a smaller file, if it was made smaller.
    private(set) var compacted: IndexFiles?

    init(
        layer: IndexLayer,
        files: IndexFiles,
        directory: any StorageDirectory,
        writer: IndexWriter,
        writesState: Bool,
        compactedPath: String?,
        deadSegments: [UInt64],
        sparse: [SparseSegment],
        erasures: [PendingErasure],
        messageIDs: [DedupTable.Entry],
        logMark: UInt64,
        journalMark: UInt64
    ) {
        self.layer = layer
        self.files = files
        self.directory = directory
        self.writer = writer
        self.writesState = writesState
        self.compactedPath = compactedPath
        self.deadSegments = deadSegments
        self.sparse = sparse
        self.erasures = erasures
        self.messageIDs = messageIDs
        self.logMark = logMark
        self.journalMark = journalMark
    }

    /// The checkpoint once more, to be performed again.
    func again() -> FileCheckpoint {
        FileCheckpoint(
            layer: self.layer,
            files: self.files,
            directory: self.directory,
            writer: IndexWriter(
                files: self.files,
                layer: self.layer,
                record: self.writer.record,
                segments: self.writer.segments,
                consumers: self.writer.consumers,
                timersTaken: self.writer.timersTaken,
                sweptTo: self.writer.sweptTo
            ),
            writesState: self.writesState,
            compactedPath: self.compactedPath,
            deadSegments: self.deadSegments,
            sparse: self.sparse,
            erasures: self.erasures,
            messageIDs: self.messageIDs,
            logMark: self.logMark,
            journalMark: self.journalMark
        )
    }

    override func perform() {
        self.isDone = true
        let started = self.writer
        do throws(LMDBError) {
            Failpoint.reach(.checkpointBegin)
            var transaction = try self.files.environment.write()
            try self.writer.write(&transaction)
            var state: StateFile?
            if self.writesState {
                var file = StateFile(record: self.writer.record)
                file.chunks = try self.writer.readHoles(&transaction)
                file.consumers = self.writer.consumers
                file.messageIDs = self.messageIDs
                state = file
            }
            Failpoint.reach(.checkpointCommit)
            try transaction.commit()
            Failpoint.reach(.checkpointCommitted)
            if let state { self.write(state) }
            if let path = self.compactedPath { self.compact(path) }
        } catch {
            self.indexError = error
            self.writer = started
        }
    }

    /// Makes the index smaller if that is worth it; if it fails, the index is as it was.
    private func compact(_ path: String) {
        do {
            if try IndexCompaction.isDue(self.files) {
                self.compacted = try IndexCompaction(self.files, path: path).run()
            }
        } catch {}
    }

    private func write(_ state: StateFile) {
        let bytes = state.encode()
        do {
            try StateFile.write(bytes, to: self.directory)
            self.stateLength = bytes.count
        } catch {
            self.stateError = error
        }
    }
}

extension FileStreamStore {
    /// The most pages of the index that a checkpoint shall change: it has them in memory until they are written.
    static let changedPagesMax = 16_384

    /// Whether enough has gathered in memory that a checkpoint should be made.
    public var wantsCheckpoint: Bool {
        if self.checkpoint != nil || self.refusal != nil { return false }
        if self.checkpointProblem != nil, self.clock < self.checkpointRetry { return false }
        if let waiting = self.waiting { return self.isDurable(waiting) }
        if self.wantsReclaim { return true }
        if self.tail.isEmpty { return false }
        if self.isIndexIncomplete { return true }
        let count = self.tail.entries.count
        let bytes = self.tail.memoryBytes + self.tail.journalBytes
        if count >= self.policy.messages || bytes >= self.policy.bytes { return true }
        if self.reader.pages.changed(by: self.tail) >= Self.changedPagesMax { return true }
        guard let oldest = self.tail.since else { return false }
        let age = self.clock.subtractingReportingOverflow(oldest)
        if age.overflow || age.partialValue < self.policy.age { return false }
        return count >= self.policy.busyMessages || !self.erasures.isEmpty
            || age.partialValue >= self.policy.idleAge
    }

    private func isDurable(_ checkpoint: FileCheckpoint) -> Bool {
        self.log.marks.synced >= checkpoint.logMark && self.journal.marks.synced >= checkpoint.journalMark
    }

    /// Freezes what has gathered in memory for the index, or nil: nothing to do, or one is already under way, or
    /// what was frozen is not durable yet.
    ///
    /// The index may not say what a crash can still take back. So when a commit is still to come, the freeze happens
    /// now with the consumers given, nil is returned, and the call after that commit returns the checkpoint;
    /// ``wantsCheckpoint`` is true then.
    public func makeCheckpoint(consumers: [ConsumerSnapshot]) -> StoreCheckpoint? {
        if self.checkpoint != nil || self.refusal != nil || self.reader.failure != nil { return nil }
        if self.waiting == nil {
            if self.tail.isEmpty && !self.isIndexIncomplete && !self.wantsReclaim { return nil }
            guard let files = self.reader.files else { return nil }
            self.waiting = self.freeze(consumers, into: files)
        }
        guard let waiting = self.waiting, self.isDurable(waiting) else { return nil }
        self.waiting = nil
        self.checkpoint = waiting
        return waiting
    }

    /// Puts a new tail over the one there is.
    func freeze(
        _ consumers: [ConsumerSnapshot],
        into files: IndexFiles,
        isComplete: Bool = true
    ) -> FileCheckpoint {
        self.gaps.removeAll { $0.upperBound < self.first }
        let layer = self.tail
        self.frozen = layer
        self.frozenTimers = layer.timers.due
        self.tail = IndexLayer()
        if layer.isTouched || layer.journalBytes > 0 { self.stateDue = true }
        let dead = self.segments.rows.dropLast().filter { $0.live == 0 }.map { $0.number }
        let sparse = isComplete && self.wantsReclaim ? self.planSparse() : []
        if isComplete { self.wantsReclaim = false }
        let isStateDue =
            isComplete
            && (!dead.isEmpty || !sparse.isEmpty || !self.erasures.isEmpty
                || self.stateDue && self.stateBytes >= Swift.min(self.stateLength * 2, 64 << 20))
        let erasures = isComplete ? self.erasures : []
        if isComplete { self.erasures = [] }
        if !self.erasedIDs.isEmpty {
            let (oldest, overflow) = self.clock.subtractingReportingOverflow(self.duplicateWindow)
            if !overflow { self.erasedIDs.removeAll { $0.time < oldest } }
        }
        var record = CheckpointRecord(stream: self.stream)
        record.position = self.logEnd
        record.journal = isComplete ? self.journal.rotate() : 1
        record.isComplete = isComplete
        record.messages = self.messages
        record.bytes = self.bytes
        record.first = self.first
        record.last = self.last
        record.lastTime = self.lastTime
        record.subjects = UInt64(self.subjectCount)
        record.limits = self.limitsInForce
        record.nextSubject = self.nextSubject
        record.dedupLength = DedupGeneration.length(window: self.duplicateWindow)
        record.dedupGenerations = self.dedupGenerations
        record.gaps = self.gaps
        let writer = IndexWriter(
            files: files,
            layer: layer,
            record: record,
            segments: self.segments.rows,
            consumers: consumers,
            timersTaken: self.timersTaken,
            sweptTo: self.timersSwept
        )
        if isComplete {
            self.journalErasures(erasures)
            // The journal's file is only at its end once the commit before the checkpoint is synced.
            self.journalWanted = self.journal.marks.appended
            if self.log.marks.synced < self.log.marks.appended
                || self.journal.marks.synced < self.journalWanted
            {
                self.mustSync = true
            }
        }
        return FileCheckpoint(
            layer: layer,
            files: files,
            directory: self.directory,
            writer: writer,
            writesState: isStateDue,
            compactedPath: isComplete && self.clock >= self.nextCompaction ? self.indexPath : nil,
            deadSegments: dead,
            sparse: sparse,
            erasures: erasures,
            messageIDs: self.erasedIDs,
            logMark: self.log.marks.appended,
            journalMark: self.journal.marks.appended
        )
    }

    /// Where the log goes on; nil if nothing was ever appended.
    private var logEnd: LogPosition? {
        if let end = self.log.end { return end }
        return self.log.summaries.last.map {
            LogPosition(segment: $0.firstSequence, offset: UInt32(clamping: $0.bytes))
        }
    }

    /// Takes back a performed checkpoint, on the loop.
    ///
    /// - Throws: ``StoreError/noSpace(path:)`` if the disk is full, or another error: nothing is lost, the frozen
    ///   layer stays in memory and the next checkpoint writes it.
    public func finish(_ checkpoint: StoreCheckpoint) throws(StoreError) {
        guard let checkpoint = checkpoint as? FileCheckpoint, checkpoint === self.checkpoint,
            checkpoint.isDone
        else {
            preconditionFailure("a checkpoint was finished that is not under way")
        }
        self.checkpoint = nil
        if let error = checkpoint.indexError {
            self.waiting = checkpoint.again()
            throw self.didFail(checkpoint, error)
        }
        self.adopt(checkpoint)
        if let error = checkpoint.stateError {
            self.erasures.append(contentsOf: checkpoint.erasures)
            self.noteProblem("the state file could not be written: \(error)")
            throw StoreError(error)
        }
        self.checkpointProblem = nil
        guard checkpoint.writesState, let length = checkpoint.stateLength else { return }
        self.stateLength = length
        self.stateBytes = 0
        self.stateDue = false
        self.sparse = checkpoint.sparse
        for erasure in checkpoint.erasures {
            // Not in a file that is about to be replaced by a copy made before.
            if erasure.position.segment == self.log.rewriting {
                self.erasures.append(erasure)
            } else {
                self.overwrite(erasure)
            }
        }
        if let removal = self.journal.removeFiles(below: checkpoint.writer.record.journal) {
            self.fileRemovals.append(removal)
        }
        var dropped: [UInt64] = []
        for number in checkpoint.deadSegments {
            if let removal = self.log.dropSegment(number) {
                self.fileRemovals.append(removal)
                dropped.append(contentsOf: removal.files)
            }
        }
        self.segments.drop(dropped)
    }

    /// The frozen layer is in LMDB now.
    func adopt(_ checkpoint: FileCheckpoint) {
        self.frozen = nil
        self.frozenTimers = TimerHeap()
        self.storedTimer = .unknown
        self.timersSwept = checkpoint.writer.sweptTo
        let record = checkpoint.writer.record
        self.nextSubject = record.nextSubject
        self.dedupLength = record.dedupLength
        self.dedupGenerations = record.dedupGenerations
        self.isIndexIncomplete = !record.isComplete
        guard let files = checkpoint.compacted else { return self.reader.renew() }
        self.nextCompaction = self.clock.addingReportingOverflow(IndexCompaction.interval).partialValue
        do throws(LMDBError) {
            self.reader = try IndexReader(files: files)
        } catch {
            // The old reader sees the checkpoint before, and what was frozen since is gone from memory.
            self.reader.fail(error)
        }
    }

    private func didFail(_ checkpoint: FileCheckpoint, _ error: LMDBError) -> StoreError {
        if error.isMapFull {
            self.growMap()
        } else if error.isDamage {
            self.reader.fail(error)
        }
        self.noteProblem("the index could not be written: \(error)")
        return StoreError(error, path: self.indexPath)
    }

    private func noteProblem(_ reason: String) {
        self.checkpointProblem = reason
        // Not at once again: the disk may be full for a while.
        self.checkpointRetry = self.clock.addingReportingOverflow(1_000_000_000).partialValue
    }

    /// Doubles the map, which needs that no transaction is open: the reader gives up its own for a moment.
    private func growMap() {
        guard let files = self.reader.files else { return }
        self.reader.suspend()
        do throws(LMDBError) {
            try files.environment.resizeMap(bytes: files.environment.mapBytes * 2)
        } catch {
            self.reader.fail(error)
        }
        self.reader.renew()
    }
}
