internal import Glibc
internal import LMDB
internal import SegmentLog

/// A store's directory, held by this process alone.
///
///     <path>/lock             flock; format version and identifier of the store
///     <path>/ids              which stream numbers may have been given out
///     <path>/catalog/         see ``Catalog``
///     <path>/streams/<id>/    one stream's files; the number is never reused, names never become paths
///     <path>/trash/           removed streams on their way out
///     <path>/quarantine/      what could not be understood, kept for a person
///
/// May be used from any thread.
public final class StoreDirectory: Sendable {
    /// The format this program writes, and the newest it opens.
    public static let formatVersion: UInt64 = 1

    /// The directory.
    public let path: String
    /// The sixteen bytes that tell this store from every other, made with it.
    public let identifier: [UInt8]
    /// What an operator should know of the opening, in sentences.
    public let notices: [String]

    let root: any StorageDirectory
    let streams: any StorageDirectory
    let trash: any StorageDirectory
    let quarantine: any StorageDirectory
    private let lock: any StorageFile

    /// Opens the store at `path`, which is made if it is missing, together with the directories above it.
    ///
    /// What earlier removals left in trash is removed.
    ///
    /// - Parameter randomBytes: sixteen random bytes; the identifier, if the store is made now.
    /// - Throws: ``StoreError/inUse(path:)`` if another server has it open; ``StoreError/foreign(path:reason:)`` if
    ///   its format is newer than ``formatVersion``, its lock file is damaged, or it is on a network file system;
    ///   else what a system call says. Nothing is changed then.
    /// - Precondition: `randomBytes` has sixteen bytes.
    public static func open(_ path: String, randomBytes: [UInt8]) throws(StoreError) -> StoreDirectory {
        try self.open(path, randomBytes: randomBytes) { Environment.isOnNetworkFileSystem(path: $0) }
    }

    static func open(
        _ path: String,
        randomBytes: [UInt8],
        isNetwork: (String) -> Bool
    ) throws(StoreError) -> StoreDirectory {
        precondition(randomBytes.count == 16, "a store's identifier has sixteen bytes")
        let root = try self.ensureDirectory(path, isNetwork: isNetwork)
        let lock: any StorageFile
        do throws(SegmentError) {
            lock = try root.lock(Self.lockName)
        } catch {
            throw error.errno == EWOULDBLOCK ? .inUse(path: path) : StoreError(error)
        }
        let file = StoreLockFile(file: lock, directory: root)
        let identifier = try file.identifier(ifNew: randomBytes)
        return try StoreError.converting { () throws(SegmentError) in
            try StoreDirectory(path: path, identifier: identifier, root: root, lock: lock)
        }
    }

    private init(
        path: String,
        identifier: [UInt8],
        root: any StorageDirectory,
        lock: any StorageFile
    ) throws(SegmentError) {
        self.path = path
        self.identifier = identifier
        self.root = root
        self.lock = lock
        self.streams = try root.ensureDirectory(Self.streamsName)
        self.trash = try root.ensureDirectory("trash")
        self.quarantine = try root.ensureDirectory("quarantine")
        self.notices =
            Self.empty(self.trash).map { ["trash was not emptied: \(StoreError($0))"] } ?? []
    }

    static let lockName = "lock"
    static let streamsName = "streams"
    static let catalogName = "catalog"

    /// Lets another server open the store; the owner uses it no more.
    ///
    /// The end of the process does the same.
    public func close() { try? self.lock.close() }

    /// The directory of the catalog.
    public var catalogPath: String { "\(self.path)/\(Self.catalogName)" }

    /// The directory for what could not be understood.
    public var quarantinePath: String { "\(self.path)/quarantine" }

    /// The directory of the stream with that number.
    public func streamPath(_ id: UInt64) -> String { "\(self.path)/\(Self.streamsName)/\(id)" }

    /// The size of the file system it is on, in bytes; nil if that cannot be found out.
    public var diskBytes: UInt64? { try? (self.root as? POSIXDirectory)?.totalBytes() }

    /// Makes the directory of the stream with that number, durably, unless it is there.
    public func makeStreamDirectory(_ id: UInt64) throws(StoreError) {
        try StoreError.converting { () throws(SegmentError) in
            _ = try self.streams.ensureDirectory(String(id))
        }
    }

    /// Moves the directory of the stream with that number to trash, durably.
    ///
    /// Open files in it stay usable; no effect if there is none. Not for two threads at once.
    public func discardStream(_ id: UInt64) throws(StoreError) {
        try StoreError.converting { () throws(SegmentError) in
            Failpoint.reach(.streamDiscard)
            try self.move(String(id), from: self.streams, to: self.trash, failpoint: .streamDiscardSync)
        }
    }

    /// Removes everything in trash; long for large streams.
    ///
    /// What cannot be removed is passed over and stays for the next time.
    ///
    /// - Throws: the first failure.
    public func emptyTrash() throws(StoreError) {
        if let failure = Self.empty(self.trash) { throw StoreError(failure) }
    }

    /// Moves an entry of the store's directory to quarantine, durably; returns where it is now.
    func quarantine(_ name: String) throws(StoreError) -> String {
        try StoreError.converting { () throws(SegmentError) in
            let newName = try self.move(name, from: self.root, to: self.quarantine, failpoint: nil)
            return "\(self.quarantinePath)/\(newName)"
        }
    }

    /// The numbers of the streams that have a directory, ascending.
    func streamIDs() throws(StoreError) -> [UInt64] {
        try StoreError.converting { () throws(SegmentError) in
            try self.streams.list().compactMap { Self.streamID($0) }.sorted()
        }
    }

    /// The directory of the stream with that number; nil if there is none.
    func openStream(_ id: UInt64) throws(SegmentError) -> (any StorageDirectory)? {
        do {
            return try self.streams.openDirectory(String(id))
        } catch {
            guard error.isAbsent else { throw error }
            return nil
        }
    }

    /// Stream numbers are from 1 to this, so that counting on from one never overflows.
    static let streamIDMax: UInt64 = 1 << 48

    /// The number that is spelled exactly so; nil for any other name.
    static func streamID(_ name: String) -> UInt64? {
        guard let id = UInt64(name), 1 <= id, id <= self.streamIDMax, String(id) == name else { return nil }
        return id
    }

    /// Moves an entry and gives it a name of its own, `<name>-<n>`, which is returned.
    @discardableResult
    private func move(
        _ name: String,
        from source: any StorageDirectory,
        to target: any StorageDirectory,
        failpoint: Failpoint?
    ) throws(SegmentError) -> String {
        let taken = Set(try target.list())
        // There are more numbers than names taken.
        let number = (0...taken.count).first { !taken.contains("\(name)-\($0)") } ?? taken.count
        let newName = "\(name)-\(number)"
        do {
            try source.rename(name, to: newName, in: target)
        } catch {
            guard error.isAbsent else { throw error }
        }
        if let failpoint { Failpoint.reach(failpoint) }
        // The new place first: in between, the entry may be in both, but not in neither.
        try target.sync()
        try source.sync()
        return newName
    }

    private static func empty(_ trash: any StorageDirectory) -> SegmentError? {
        do throws(SegmentError) {
            var failure: SegmentError?
            for name in try trash.list() {
                Failpoint.reach(.trashRemove)
                do throws(SegmentError) { try trash.removeTree(name) } catch { failure = failure ?? error }
            }
            return failure
        } catch {
            return error
        }
    }
}
