internal import Glibc
internal import LMDB
public import SegmentLog

/// A store that no server has open, held so that none opens it meanwhile: for tools.
///
/// Opening it changes nothing.
public final class OfflineStore {
    /// What the caller is about to do.
    public enum Access: Sendable {
        /// Only look; several may at the same time.
        case reading
        /// Change files.
        case changing
    }

    /// The directory that holds the lock file.
    public let path: String
    /// The sixteen bytes that tell this store from every other.
    public let identifier: [UInt8]
    /// The directory as the engine sees it.
    public let root: POSIXDirectory
    /// What decrypts what is encrypted in it; nil: that is left unread.
    public let encryption: StoreEncryption?
    private let lock: any StorageFile

    /// Opens the store at `path`, or at `path/weir`: both a server's store directory and what is in it will do.
    ///
    /// - Throws: ``StoreError/inUse(path:)`` if a server or a tool has it open; ``StoreError/foreign(path:reason:)``
    ///   if it is no store, its format is newer than this program's, or its lock file is damaged; else what a
    ///   system call says.
    public static func open(
        _ path: String,
        for access: Access,
        encryption: StoreEncryption? = nil
    ) throws(StoreError) -> OfflineStore {
        let found = try self.locate(path)
        if Environment.isOnNetworkFileSystem(path: found) {
            let reason = "it is on a network file system, where file locks and memory maps do not hold"
            throw .foreign(path: found, reason: reason)
        }
        let root = try StoreError.converting { () throws(SegmentError) in try POSIXDirectory(path: found) }
        let lock: any StorageFile
        do throws(SegmentError) {
            lock = try root.lockExisting(StoreDirectory.lockName, isShared: access == .reading)
        } catch {
            throw error.errno == EWOULDBLOCK ? .inUse(path: found) : StoreError(error)
        }
        let identifier = try StoreLockFile(file: lock, directory: root).existingIdentifier()
        return OfflineStore(
            path: found,
            identifier: identifier,
            root: root,
            encryption: encryption,
            lock: lock
        )
    }

    /// The directory of the store that `path` means.
    ///
    /// - Throws: ``StoreError/foreign(path:reason:)`` if neither `path` nor `path/weir` is a store.
    public static func locate(_ path: String) throws(StoreError) -> String {
        var directory = path
        while directory.count > 1, directory.hasSuffix("/") { directory.removeLast() }
        for candidate in [directory, directory + "/weir"] {
            do throws(SegmentError) {
                let names = try POSIXDirectory(path: candidate).list()
                // A damaged or missing lock file beside a store's folders is told apart by `open`.
                if names.contains(StoreDirectory.lockName) { return candidate }
            } catch {
                if error.isAbsent || error.errno == ENOTDIR { continue }
                throw StoreError(error)
            }
        }
        throw .foreign(
            path: path,
            reason: "it is not a store: neither it nor its folder weir has a file lock"
        )
    }

    private init(
        path: String,
        identifier: [UInt8],
        root: POSIXDirectory,
        encryption: StoreEncryption?,
        lock: any StorageFile
    ) {
        self.encryption = encryption
        self.path = path
        self.identifier = identifier
        self.root = root
        self.lock = lock
    }

    /// Lets servers open the store again; also when the object goes.
    public func close() { try? self.lock.close() }

    /// The directory of the stream with that number.
    public func streamPath(_ id: UInt64) -> String { "\(self.path)/\(StoreDirectory.streamsName)/\(id)" }

    /// The directory for what could not be understood.
    public var quarantinePath: String { "\(self.path)/quarantine" }

    /// The numbers of the streams that have a directory, ascending.
    public func streamIDs() throws(StoreError) -> [UInt64] {
        do throws(SegmentError) {
            let names = try self.root.openDirectory(StoreDirectory.streamsName).list()
            return names.compactMap { StoreDirectory.streamID($0) }.sorted()
        } catch {
            if error.isAbsent { return [] }
            throw StoreError(error)
        }
    }

    /// Whether the file of reserved stream numbers is there and does not verify.
    public func areReservedNumbersDamaged() -> Bool {
        guard StreamNumbers.reserved(self.root) == nil else { return false }
        return (try? self.root.fileSize(StreamNumbers.name)) != nil
    }
}

extension StoreLockFile {
    /// The identifier of a store that exists.
    ///
    /// - Throws: ``StoreError/foreign(path:reason:)`` if there is none that this program can read.
    func existingIdentifier() throws(StoreError) -> [UInt8] {
        if let identifier = try self.read() { return identifier }
        let reason =
            "its file \(StoreDirectory.lockName) is damaged or not of this program; if the directory is a store of "
            + "this version, remove that file and start the server once, which writes it anew"
        throw .foreign(path: self.directory.path, reason: reason)
    }
}
