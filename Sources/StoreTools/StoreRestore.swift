import SegmentLog
public import StreamModel
public import StreamStore

/// Makes a store from a backup.
///
/// Every file is compared with its digest while it is copied. The store gets its name, `weir` in the target directory,
/// when all of it is there and on the disk.
public struct StoreRestore {
    /// Up to where messages are restored.
    public struct Limit: Sendable {
        /// The stream's name or number; nil: all streams.
        public var stream: String?
        /// The last sequence; nil: any.
        public var sequence: UInt64?
        /// The time of the last message at most; nil: any.
        public var time: Timestamp?

        /// Makes the limit.
        public init(stream: String? = nil, sequence: UInt64? = nil, time: Timestamp? = nil) {
            self.stream = stream
            self.sequence = sequence
            self.time = time
        }
    }

    /// The store's directory.
    public let path: String
    /// Files that were restored.
    public private(set) var files = 0
    /// Their bytes.
    public private(set) var bytes: UInt64 = 0

    private static let temporaryName = "weir.restoring"

    /// Restores the backup at `backup` into the directory `target`, made if it is missing.
    ///
    /// - Parameters:
    ///   - encryption: what decrypts what is encrypted; needed when messages are left out.
    ///   - now: the time, for message ids when messages are left out.
    /// - Throws: ``StoreError/foreign(path:reason:)`` if the target is not empty, the backup is damaged, or it has no
    ///   such stream; ``StoreError/locked(path:hasKey:)`` if messages are to be left out that no key decrypts; else what a system call says. The target is empty again then, or holds `weir.restoring` alone.
    public init(
        _ backup: String,
        to target: String,
        limit: Limit? = nil,
        encryption: StoreEncryption? = nil,
        now: Timestamp
    ) throws(StoreError) {
        let verification = try BackupVerification(backup, readsObjects: false)
        let root = try StoreError.reading { () throws(SegmentError) in
            try POSIXDirectory(path: target, create: true)
        }
        let names = try StoreError.reading { () throws(SegmentError) in try root.list() }
        if !names.isEmpty {
            throw .foreign(path: target, reason: "it is not empty; give an empty directory or a new one")
        }
        self.path = target + "/weir"
        do throws(StoreError) {
            try self.copy(verification, to: root)
            if let limit {
                try self.truncate(target + "/" + Self.temporaryName, limit, encryption, now: now)
            }
            try StoreError.reading { () throws(SegmentError) in
                try root.rename(Self.temporaryName, to: "weir", in: nil)
                try root.sync()
            }
        } catch {
            try? root.removeTree(Self.temporaryName)
            throw error
        }
    }

    private mutating func copy(
        _ backup: BackupVerification,
        to root: any StorageDirectory
    ) throws(StoreError) {
        let base = try StoreError.reading { () throws(SegmentError) in
            try root.createDirectory(Self.temporaryName)
        }
        for file in backup.manifest.files {
            let parts = file.path.parts
            let copy = try StoreError.reading { () throws(SegmentError) in
                var directory = base
                for name in parts.directories { directory = try directory.ensureDirectory(name) }
                return (directory: directory, file: try directory.createFile(parts.name))
            }
            var offset: UInt64 = 0
            let problem = try backup.check(file) { piece throws(SegmentError) in
                try copy.file.write(piece, at: offset)
                offset += UInt64(piece.byteCount)
            }
            if let problem, try !backup.isErased(file) {
                throw .foreign(path: "\(backup.path): \(file.path.text)", reason: problem)
            }
            try StoreError.reading { () throws(SegmentError) in
                try copy.file.sync()
                try copy.directory.sync()
            }
            self.files += 1
            self.bytes += file.bytes
        }
    }

    private func truncate(
        _ path: String,
        _ limit: Limit,
        _ encryption: StoreEncryption?,
        now: Timestamp
    ) throws(StoreError) {
        let store = try OfflineStore.open(path, for: .changing, encryption: encryption)
        defer { store.close() }
        let entries = try StoreTools.entries(of: store, named: limit.stream)
        if limit.sequence != nil, entries.count != 1 {
            throw .foreign(
                path: path,
                reason: "it has \(entries.count) streams: say which one a sequence is meant of"
            )
        }
        for entry in entries {
            if let sequence = limit.sequence {
                try Self.truncate(entry, store, .sequence(sequence), now: now)
            }
            if let time = limit.time { try Self.truncate(entry, store, .time(time), now: now) }
        }
        // What was made on the way and is of no use.
        try StoreError.reading { () throws(SegmentError) in try store.root.removeTree("quarantine") }
    }

    private static func truncate(
        _ entry: StoreListing.Entry,
        _ store: OfflineStore,
        _ bound: StreamTruncation.Bound,
        now: Timestamp
    ) throws(StoreError) {
        _ = try StreamTruncation(entry, of: store, to: bound, now: now)
        _ = try IndexRebuilding(entry, of: store, keepsOld: false, now: now)
    }
}
