internal import LMDB
internal import SegmentLog

/// Finds a store's index, or puts what is there out of the way.
struct IndexRecovery {
    private let root: any StorageDirectory
    private let quarantine: any StorageDirectory
    /// Where the directory `index` is.
    private let parent: POSIXDirectory
    private let options: FileStoreOptions
    private let stream: StreamUUID

    /// The highest sequence that an index knew of which is not gone on from.
    private(set) var reached: UInt64 = 0
    /// Whether it is known that a key decrypts all files of log and journal.
    private var areKeysChecked = false

    init(
        root: any StorageDirectory,
        quarantine: any StorageDirectory,
        parent: POSIXDirectory,
        options: FileStoreOptions,
        stream: StreamUUID
    ) {
        self.root = root
        self.quarantine = quarantine
        self.parent = parent
        self.options = options
        self.stream = stream
    }

    /// Where the index is.
    var path: String { self.parent.path + "/index" }

    /// Refuses files that no key decrypts, before anything is put out of the way that only they could make again.
    mutating func checkKeys() throws(StoreError) {
        if self.areKeysChecked { return }
        for name in ["log", "journal"] {
            do throws(SegmentError) {
                try StorageKeys.check(
                    self.options.encryption?.keys,
                    self.root.openDirectory(name),
                    stream: self.stream
                )
            } catch {
                if !error.isAbsent { throw StoreError(error) }
            }
        }
        self.areKeysChecked = true
    }

    /// The index and its checkpoint, if it can be gone on from; else it is out of the way.
    ///
    /// Without a checkpoint it is empty: a crash came before the first one.
    mutating func open(
        _ state: CheckpointRecord?,
        _ report: inout StoreReport
    ) throws(StoreError) -> (reader: IndexReader, record: CheckpointRecord?)? {
        let size: UInt64
        do throws(SegmentError) {
            try IndexCompaction.recover(self.parent)
            _ = try self.parent.ensureDirectory("index")
            size = try self.size()
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
                    if let record = try reader.record(), let known = self.problem(record, state) {
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
        try self.discard(reason, &report)
        return nil
    }

    /// The longest index whose pages are all checked before it is opened, in bytes.
    ///
    /// LMDB ends the process at a damaged page; a longer index would take too long to look at on every start.
    private static let checkedBytesMax: UInt64 = 32 << 20

    /// What is known to be wrong with the index before it is opened; nil: nothing.
    private func damage(bytes: UInt64) throws(EnvironmentOpenError) -> String? {
        if (try? self.parent.openDirectory("index").fileSize(IndexFiles.damageMark)) != nil {
            return "damage was found in it while it was used"
        }
        return bytes <= Self.checkedBytesMax ? try PageCheck.run(path: self.path).problem : nil
    }

    /// Bytes of the index file; zero if there is none.
    private func size() throws(SegmentError) -> UInt64 {
        let index = try self.parent.openDirectory("index")
        do throws(SegmentError) {
            return try index.fileSize("data.mdb")
        } catch {
            if error.isAbsent { return 0 }
            throw error
        }
    }

    private func openReader() throws(EnvironmentOpenError) -> IndexReader {
        let files = try IndexFiles(path: self.path, mapBytes: self.options.indexMapBytes)
        do throws(LMDBError) {
            return try IndexReader(files: files)
        } catch {
            throw .failed(error)
        }
    }

    /// Why the index cannot be gone on from; nil if it can.
    private func problem(_ record: CheckpointRecord, _ state: CheckpointRecord?) -> String? {
        if record.stream != self.stream { return "it is another stream's" }
        if !record.isComplete { return "a rebuild was not finished" }
        guard let state else { return nil }
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
        case .failed(let error): throw StoreError(error, path: self.path)
        }
    }

    /// Moves the index out of the way.
    private mutating func discard(_ reason: String, _ report: inout StoreReport) throws(StoreError) {
        try self.checkKeys()
        report.notices.append("the index is made again: \(reason); the old one is in quarantine")
        do throws(SegmentError) {
            try self.putAway(&report)
        } catch {
            throw StoreError(error)
        }
    }

    private func putAway(_ report: inout StoreReport) throws(SegmentError) {
        let name = try self.parent.quarantineDirectory("index", in: self.quarantine, of: self.root)
        report.quarantined.append(name)
    }

    /// A new index; one that is there is put out of the way.
    mutating func make(_ report: inout StoreReport) throws(StoreError) -> IndexReader {
        try self.checkKeys()
        do throws(SegmentError) {
            // Whatever is there now was refused.
            if try self.parent.list().contains("index"), try self.size() > 0 {
                try self.putAway(&report)
            }
            _ = try self.parent.ensureDirectory("index")
        } catch {
            throw StoreError(error)
        }
        do throws(EnvironmentOpenError) {
            return try self.openReader()
        } catch {
            if case .failed(let error) = error { throw StoreError(error, path: self.path) }
            throw .foreign(path: self.path, reason: "the index could not be made: \(error)")
        }
    }
}
