internal import SegmentLog
public import StreamModel

/// The writes of a commit: the log first, then the journal, whose entries refer to it.
final class FileCommit: StoreCommit, @unchecked Sendable {
    // Unchecked: as its superclass, handed over and never shared.

    let logWrite: LogWrite?
    let journalWrite: LogWrite?
    let syncsLog: Bool
    let syncsJournal: Bool
    let removals: [FileRemoval]
    /// The newest time the store knew when this was made.
    let clock: Int64
    private var isPerformed = false

    override var isDurable: Bool { self.isPerformed }

    init(
        log: LogWrite?,
        journal: LogWrite?,
        syncsLog: Bool,
        syncsJournal: Bool,
        removals: [FileRemoval],
        clock: Int64
    ) {
        self.logWrite = log
        self.journalWrite = journal
        self.syncsLog = syncsLog
        self.syncsJournal = syncsJournal
        self.removals = removals
        self.clock = clock
    }

    override func perform() {
        // The outcome of each is kept in it and read by `finish`. When the log cannot be written the journal still
        // is: on a full disk removals become durable, and their entries name no message that must be there.
        var isWritten = true
        do { try self.logWrite?.perform(sync: self.syncsLog) } catch { isWritten = false }
        var isNoted = true
        do { try self.journalWrite?.perform(sync: self.syncsJournal) } catch { isNoted = false }
        self.isPerformed = isWritten && isNoted
        self.syncNanoseconds =
            (self.logWrite?.syncNanoseconds ?? 0) + (self.journalWrite?.syncNanoseconds ?? 0)
        // A file that stays is found again when the store is opened.
        for removal in self.removals { do { try removal.perform() } catch {} }
    }
}

extension FileStreamStore {
    /// The last sequence that a crash can no longer take back, in the sense of the store's durability.
    public var durable: StreamSequence {
        let marks = self.log.marks
        let mark = self.durability == .sync ? marks.synced : marks.written
        // Skipped sequences behind the last message need nothing written to be passed.
        return StreamSequence(mark >= marks.appended ? self.last : Swift.min(mark, self.last))
    }

    /// Whether something (a message, a removal, a journal entry that asked for it) is not durable yet.
    public var hasUncommitted: Bool {
        let log = self.log.marks
        let journal = self.journal.marks
        if self.log.hasUnwritten { return true }
        switch self.durability {
        case .sync, .memory: return log.synced < log.appended || journal.synced < self.journalWanted
        case .interval: return log.written < log.appended || journal.written < self.journalWanted
        }
    }

    /// When what is written has to be synced at the latest; nil if everything is, or each commit syncs anyway.
    ///
    /// Only with ``StoreDurability/interval(nanoseconds:)``.
    public var syncDeadline: Timestamp? {
        guard case .interval(let nanoseconds) = self.durability, let since = self.unsyncedSince else {
            return nil
        }
        return Timestamp(rawValue: since).advanced(byNanoseconds: nanoseconds)
    }

    /// Whether this commit has to sync.
    private var isSyncDue: Bool {
        if self.durability == .sync || self.mustSync { return true }
        guard let deadline = self.syncDeadline else { return false }
        return deadline.rawValue <= self.clock
    }

    /// What has to be written now, or nil: nothing new, or one is already under way.
    public func makeCommit() -> StoreCommit? {
        if self.commit != nil || self.refusal != nil { return nil }
        let syncs = self.isSyncDue
        let isLogBehind = self.log.marks.synced < self.log.marks.appended
        let wantsJournal = self.journal.marks.synced < self.journalWanted
        let unwritten = self.log.unwrittenBytes + self.journal.unwrittenBytes
        let logWrite = self.log.takeWrite(forSync: syncs && isLogBehind)
        // Entries nobody waits for are synced when the log has nothing to do.
        let syncsJournal = syncs && (wantsJournal || logWrite == nil)
        let journalWrite = self.journal.takeWrite(forSync: syncs && wantsJournal)
        if logWrite == nil, journalWrite == nil, self.fileRemovals.isEmpty {
            self.mustSync = false
            return nil
        }
        self.stateBytes += unwritten
        let commit = FileCommit(
            log: logWrite,
            journal: journalWrite,
            syncsLog: syncs,
            syncsJournal: syncsJournal,
            removals: self.fileRemovals,
            clock: self.clock
        )
        self.fileRemovals = []
        self.commit = commit
        return commit
    }

    /// Takes back a performed commit, on the loop.
    ///
    /// Moves ``durable``.
    ///
    /// - Throws: ``StoreError/noSpace(path:)`` if the disk is full: nothing is lost, and the next commit tries
    ///   again. Any other error: the store refuses writes from then on (``StoreState/frozen``).
    public func finish(_ commit: StoreCommit) throws(StoreError) {
        guard let commit = commit as? FileCommit, commit === self.commit else {
            preconditionFailure("a commit was finished that is not under way")
        }
        self.commit = nil
        var failure: SegmentError?
        do throws(SegmentError) {
            if let write = commit.logWrite { try self.log.finish(write) }
        } catch {
            failure = error
        }
        do throws(SegmentError) {
            if let write = commit.journalWrite { try self.journal.finish(write) }
        } catch {
            failure = failure ?? error
        }
        if let failure { throw self.didFail(failure) }
        self.fullDisk = nil
        self.didWriteErasures()
        if commit.syncsLog {
            self.mustSync = false
            // What was appended meanwhile is not older than what the commit knew.
            let marks = self.log.marks
            self.unsyncedSince = marks.synced < marks.appended ? commit.clock : nil
        }
    }

    /// Notes why a write failed.
    private func didFail(_ failure: SegmentError) -> StoreError {
        let error = StoreError(failure)
        if failure.isNoSpace, self.log.frozen == nil, self.journal.frozen == nil {
            self.fullDisk = "the disk is full"
        } else {
            self.refusal = "a write failed (\(failure)); what is on the disk is known after reopening"
        }
        return error
    }

    /// Closes files that are not needed while nothing happens; each is opened again when it is.
    ///
    /// - Returns: False while something is under way or unwritten: then the index may be closed, and nothing else.
    public func rest() -> Bool {
        // What is on its way to the log does not need the index.
        if self.checkpoint != nil || self.waiting != nil || !self.reader.rest() { return false }
        if self.commit != nil || self.hasUncommitted || self.rewrite != nil { return false }
        self.log.release()
        self.journal.release()
        return true
    }

    /// Makes the next commit write and sync all that there is.
    func wantAllWritten() {
        self.requestSync()
        self.journalWanted = self.journal.marks.appended
    }

    /// Commits until everything is on the disk.
    func commitAll() throws(StoreError) {
        self.wantAllWritten()
        while let commit = self.makeCommit() {
            commit.perform()
            try self.finish(commit)
        }
    }
}

extension StoreError {
    /// The error of the store for one of the log.
    init(_ error: SegmentError) {
        switch error {
        case .system(let call, let path, let errno):
            self = error.isNoSpace ? .noSpace(path: path) : .system(call: call, path: path, errno: errno)
        case .foreignStream(let path):
            self = .foreign(path: path, reason: "the file belongs to another stream")
        case .newerFormat(let path, let version):
            self = .foreign(path: path, reason: "the format \(version) is newer than this program's")
        case .locked(let path, let hasKey):
            self = .locked(path: path, hasKey: hasKey)
        case .unknownPosition(let path, let offset):
            self = .foreign(path: path, reason: "there is no record at byte \(offset)")
        }
    }
}
