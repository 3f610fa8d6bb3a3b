import SegmentLog
public import StreamModel
public import StreamStore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Makes a backup of a store that no server has open.
///
///     <destination>/manifest            what it consists of; written last and at once
///     <destination>/objects/<sha256>    the files' bytes
///
/// An object is named by its digest: what an earlier backup has is not copied again, and the earlier manifest stays
/// true until the new one takes its place. Segments that nothing is appended to any more are hard-linked where that
/// can be, unless they are packed; everything else is copied.
public struct StoreBackup {
    /// Files in the backup.
    public private(set) var files = 0
    /// Their bytes.
    public private(set) var bytes: UInt64 = 0
    /// Files that were copied.
    public private(set) var copied = 0
    /// Their bytes.
    public private(set) var copiedBytes: UInt64 = 0
    /// Segments that were linked.
    public private(set) var linked = 0
    /// Files that an earlier backup had.
    public private(set) var kept = 0

    private let store: OfflineStore
    private let root: POSIXDirectory
    private let objects: POSIXDirectory
    private let linksSegments: Bool
    private var known: [BackupPath: BackupManifest.File] = [:]
    private var present: Set<String>
    private var manifest: BackupManifest

    /// Backs the store at `path` up into the directory `destination`, made if it is missing.
    ///
    /// - Parameters:
    ///   - linksSegments: whether segments may be hard-linked. A message that is overwritten in the store later is
    ///     overwritten in a linked segment too.
    ///   - now: the time, for the manifest.
    /// - Throws: what opening the store throws; ``StoreError/foreign(path:reason:)`` if the destination is neither
    ///   empty nor a backup of this store; else what a system call says. An earlier backup is not harmed.
    public init(
        of path: String,
        to destination: String,
        linksSegments: Bool = true,
        now: Timestamp
    ) throws(StoreError) {
        let store = try OfflineStore.open(path, for: .reading)
        defer { store.close() }
        self.store = store
        self.linksSegments = linksSegments
        let root = try StoreError.reading { () throws(SegmentError) in
            try POSIXDirectory(path: destination, create: true)
        }
        self.root = root
        let identifier = Self.hexadecimal(store.identifier)
        let names = try StoreError.reading { () throws(SegmentError) in try root.list() }
        if names.contains(BackupManifest.name) {
            let earlier = try BackupManifest(in: root)
            guard earlier.store == identifier else {
                throw .foreign(
                    path: destination,
                    reason: "it is a backup of another store; give an empty directory"
                )
            }
            for file in earlier.files { self.known[file.path] = file }
        } else if names.contains(where: { $0 != BackupManifest.objectsName && $0 != Self.temporaryName }) {
            throw .foreign(
                path: destination,
                reason: "it is neither empty nor a backup; give an empty directory"
            )
        }
        self.objects = try StoreError.reading { () throws(SegmentError) in
            _ = try root.ensureDirectory(BackupManifest.objectsName)
            return try POSIXDirectory(path: destination + "/" + BackupManifest.objectsName)
        }
        let objects = self.objects
        self.present = Set(try StoreError.reading { () throws(SegmentError) in try objects.list() })
        self.manifest = BackupManifest(store: identifier, created: now)
        for path in try self.paths() { try self.add(path) }
        try self.finish()
    }

    private static let temporaryName = "manifest.new"
    private static let partName = "part"

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    // MARK: Files

    /// The files of the store, sorted.
    private func paths() throws(StoreError) -> [BackupPath] {
        var paths: [String] = ["lock", "ids", "catalog/data.mdb"]
        for id in try self.store.streamIDs() {
            paths += ["streams/\(id)/state", "streams/\(id)/stream.meta", "streams/\(id)/index/data.mdb"]
            for folder in ["log", "journal"] {
                let names = try StoreError.reading { () throws(SegmentError) in
                    do throws(SegmentError) {
                        return try POSIXDirectory(path: "\(self.store.streamPath(id))/\(folder)").list()
                    } catch {
                        if error.isAbsent { return [] }
                        throw error
                    }
                }
                paths += names.map { "streams/\(id)/\(folder)/\($0)" }
            }
        }
        // What has no such shape (a file half written) is of no use to a restored store.
        return paths.compactMap { BackupPath($0) }.sorted()
    }

    /// Whether a second name of the file would go on showing what it shows now.
    ///
    /// The last segment of a stream still grows. A packed one may lose a block when a message in it is erased; in
    /// any other, erasing changes the record alone.
    private func canLink(_ path: BackupPath) throws(StoreError) -> Bool {
        guard self.linksSegments, case .segment(let number) = path.kind, let id = path.stream else {
            return false
        }
        return try StoreError.reading { () throws(SegmentError) in
            let log = try POSIXDirectory(path: "\(self.store.streamPath(id))/log")
            let newest = try log.list().compactMap { SegmentNames.number($0, suffix: ".seg") }.max()
            guard number != newest, let stream = try MessageLog.identify(log) else { return false }
            return try !MessageLog.isPacked(number, in: log, stream: stream)
        }
    }

    private mutating func add(_ path: BackupPath) throws(StoreError) {
        let source = "\(self.store.path)/\(path.text)"
        guard let status = try Self.status(source) else { return }
        if status.bytes == 0, path.text.hasSuffix("data.mdb") { return }
        var file = BackupManifest.File(path: path, bytes: status.bytes, changed: status.changed, digest: "")
        if let known = self.known[path], known.bytes == file.bytes, known.changed == file.changed,
            self.present.contains(known.digest)
        {
            file.digest = known.digest
            self.kept += 1
        } else {
            try self.take(&file, canLink: try self.canLink(path))
        }
        self.files += 1
        self.bytes += file.bytes
        self.manifest.files.append(file)
    }

    /// Makes the file's object.
    private mutating func take(_ file: inout BackupManifest.File, canLink: Bool) throws(StoreError) {
        let (directories, name) = file.path.parts
        let folder = ([self.store.path] + directories).joined(separator: "/")
        let objects = self.objects
        var hash = FileDigest()
        let isLinked = try StoreError.reading { () throws(SegmentError) -> Bool in
            let source = try POSIXDirectory(path: folder)
            do throws(SegmentError) { try objects.removeFile(Self.partName) } catch {
                if !error.isAbsent { throw error }
            }
            let handle = try source.openFile(name, for: .reading)
            if canLink {
                do throws(SegmentError) {
                    try source.link(name, as: Self.partName, in: objects)
                    try handle.forEachPiece { piece throws(SegmentError) in hash.update(piece) }
                    return true
                } catch {
                    // On another file system, or where links are not wanted: a copy will do.
                    guard [EXDEV, EPERM, EMLINK, EOPNOTSUPP].contains(error.errno) else { throw error }
                }
            }
            try objects.copy(handle, as: Self.partName) { hash.update($0) }
            return false
        }
        file.digest = hash.finish()
        let digest = file.digest
        try StoreError.reading { () throws(SegmentError) in
            try objects.rename(Self.partName, to: digest, in: nil)
            try objects.sync()
        }
        if self.present.insert(digest).inserted {
            self.linked += isLinked ? 1 : 0
            self.copied += isLinked ? 0 : 1
            self.copiedBytes += isLinked ? 0 : file.bytes
        } else {
            self.kept += 1
        }
    }

    /// Length and time of the last change; nil if there is no such file.
    private static func status(_ path: String) throws(StoreError) -> (bytes: UInt64, changed: Int64)? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .system(call: "lstat", path: path, errno: errno)
        }
        // A link or a device where a file should be is not followed.
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        let seconds = Int64(status.st_mtim.tv_sec).multipliedReportingOverflow(by: 1_000_000_000).partialValue
        return (UInt64(clamping: status.st_size), seconds &+ Int64(status.st_mtim.tv_nsec))
    }

    // MARK: Manifest

    /// Writes the manifest, and removes what only an earlier backup needed.
    private func finish() throws(StoreError) {
        let bytes = self.manifest.encode()
        let wanted = Set(self.manifest.files.map(\.digest))
        try StoreError.reading { () throws(SegmentError) in
            do throws(SegmentError) { try self.root.removeFile(Self.temporaryName) } catch {
                if !error.isAbsent { throw error }
            }
            let file = try self.root.createFile(Self.temporaryName)
            try file.write(unsafe bytes.span.bytes, at: 0)
            try file.sync()
            try self.root.rename(Self.temporaryName, to: BackupManifest.name, in: nil)
            try self.root.sync()
            for name in try self.objects.list() where !wanted.contains(name) {
                try self.objects.removeFile(name)
            }
        }
    }
}
