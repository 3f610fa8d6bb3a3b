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
