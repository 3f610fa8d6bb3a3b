import Logging
import StreamEngine
import StreamModel
import StreamStore
import Subjects
import Synchronization

/// The server's store: its directory, the catalogue of streams, and opening and deleting what is in it.
///
/// The catalogue is touched by one disk thread only, so that changes happen in the order they were asked for.
final class JetStreamStorage: @unchecked Sendable {
    // Unchecked: `directory` and `catalog` are set before the loops begin, then used on the catalogue's queue only.

    private let path: String
    private let syncInterval: Int64?
    private let asyncSyncInterval: Int64
    private let encryption: StoreEncryption?
    private let logger: Logger
    private var directory: StoreDirectory?
    private var catalog: Catalog?
    private let placed = Atomic<Int>(0)

    init(path: String, options: ServerOptions, logger: Logger) {
        self.path = path
        self.syncInterval = options.syncInterval
        self.asyncSyncInterval = options.asyncSyncInterval
        self.encryption = options.encryption.map { StoreEncryption($0) }
        self.logger = logger
    }

    /// Why a stream is not opened whose configuration no key decrypts.
    func refusal(of listed: CatalogStream) -> StoreError {
        .locked(path: "the configuration of stream '\(listed.name)'", hasKey: self.encryption != nil)
    }

    /// The shard for the next stream: one after another.
    func nextShard(of shards: Int) -> Int {
        Int(self.placed.wrappingAdd(1, ordering: .relaxed).oldValue % shards)
    }

    // MARK: - Start and stop

    /// Opens the directory and the catalogue, and returns what the catalogue lists.
    ///
    /// - Parameter randomBytes: sixteen random bytes, the identifier of a store made now.
    func open(randomBytes: [UInt8]) throws(StoreError) -> [CatalogStream] {
        let directory = try StoreDirectory.open(self.path, randomBytes: randomBytes)
        self.directory = directory
        let catalog = try Catalog.open(directory: directory, encryption: self.encryption)
        self.catalog = catalog
        if catalog.wasRebuilt {
            self.logger.warning("The catalogue was rebuilt from the streams' own records")
        }
        for problem in catalog.problems { self.logger.error("Catalogue: \(problem)") }
        return catalog.streams()
    }

    /// Room kept for a full disk: a twentieth of the disk, 64 MiB at the most; nil if the store is closed.
    var reserve: DiskReserve? {
        guard let directory = self.directory else { return nil }
        return DiskReserve(directory, bytes: min(64 << 20, (directory.diskBytes ?? .max) / 20))
    }

    /// Closes the catalogue and lets the directory go.
    func close() {
        self.catalog = nil
        self.directory?.close()
        self.directory = nil
    }

    // MARK: - Streams

    /// Opens the store of a stream that the catalogue lists.
    ///
    /// Blocks.
    func openStream(_ id: UInt64, _ record: StreamRecord, now: Timestamp) throws(StoreError) -> OpenedStream {
        guard let directory = self.directory else {
            throw .foreign(path: self.path, reason: "the store is closed")
        }
        if record.configuration.storage == .memory {
            let store = MemoryStreamStore(firstSequence: record.configuration.firstSequence)
            return OpenedStream(catalogID: id, store: store, consumers: [:])
        }
        var options = FileStoreOptions(record, id: id, quarantine: "\(directory.quarantinePath)/\(id)")
        options.durability = self.durability(of: record.configuration)
        options.encryption = self.encryption
        let opened = try FileStreamStore.open(id, in: directory, options: options, now: now)
        self.report(opened.report, of: record.configuration.name)
        return OpenedStream(catalogID: id, store: opened.store, consumers: opened.consumers)
    }

    /// What an acknowledgement of a stream in files means.
    private func durability(of configuration: StreamConfiguration) -> StoreDurability {
        if let interval = self.syncInterval { return .interval(nanoseconds: interval) }
        return configuration.persistMode == .async ? .interval(nanoseconds: self.asyncSyncInterval) : .sync
    }

    private func report(_ report: StoreReport, of name: String) {
        if report.rebuiltIndex { self.logger.warning("Stream '\(name)': the index was rebuilt from the log") }
        if report.damagedRecords > 0 {
            self.logger.error("Stream '\(name)': \(report.damagedRecords) damaged records are skipped")
        }
        if report.cutBytes > 0 {
            self.logger.info("Stream '\(name)': cut \(report.cutBytes) bytes of an unfinished write")
        }
        for notice in report.notices { self.logger.warning("Stream '\(name)': \(notice)") }
        self.logger.debug(
            "  Stream '\(name)' is open: replayed \(report.replayedMessages) messages past the index"
        )
    }

    /// Lists a new stream and opens its store; `then` runs on a disk thread.
    func createStream(
        _ record: StreamRecord,
        of account: String,
        now: Timestamp,
        on disk: DiskQueue,
        then: @escaping @Sendable (Result<OpenedStream, StoreError>) -> Void
    ) {
        disk.performOnCatalog {
            do throws(StoreError) {
                // Memory streams are not listed: they do not survive the process.
                var id: UInt64 = 0
                if record.configuration.storage == .file {
                    guard let catalog = self.catalog else {
                        throw .foreign(path: self.path, reason: "the store is closed")
                    }
                    id = try catalog.addStream(
                        account: account,
                        name: record.configuration.name,
                        bytes: record.bytes
                    )
                }
                then(.success(try self.openStream(id, record, now: now)))
            } catch {
                then(.failure(error))
            }
        }
    }

    /// Saves a changed configuration; `then` runs on a disk thread.
    func saveStream(
        _ record: StreamRecord,
        id: UInt64,
        of account: String,
        on disk: DiskQueue,
        then: @escaping @Sendable (StoreError?) -> Void
    ) {
        guard record.configuration.storage == .file else { return then(nil) }
        self.change(
            on: disk,
            { catalog throws(StoreError) in try catalog.updateStream(id: id, bytes: record.bytes) },
            then
        )
    }

    /// Forgets a stream and moves its files away; `then` runs on a disk thread.
    func deleteStream(
        id: UInt64,
        name: String,
        of account: String,
        store: (any StreamStore)?,
        on disk: DiskQueue,
        then: @escaping @Sendable (StoreError?) -> Void
    ) {
        guard id != 0 else { return then(nil) }
        // A stream in the catalogue has its messages in files.
        let closing = ClosingStore(store: store as? FileStreamStore)
        // A commit or a checkpoint of the stream may be under way: it ends before the files go.
        disk.performOnCatalogAfterAll {
            self.change(
                { catalog throws(StoreError) in
                    closing.store?.endRewrite()
                    closing.store = nil
                    try catalog.removeStream(id: id)
                    try self.directory?.emptyTrash()
                },
                then
            )
        }
    }

    private final class ClosingStore: @unchecked Sendable {
        // Unchecked: handed to the disk thread and touched there only.
        var store: FileStreamStore?
        init(store: FileStreamStore?) { self.store = store }
    }

    // MARK: - Consumers

    /// Lists a new consumer; `then` gets its id, on a disk thread.
    func createConsumer(
        _ record: ConsumerRecord,
        named name: String,
        of stream: UInt64,
        on disk: DiskQueue,
        then: @escaping @Sendable (Result<ConsumerID, StoreError>) -> Void
    ) {
        disk.performOnCatalog {
            do throws(StoreError) {
                guard let catalog = self.catalog else {
                    throw .foreign(path: self.path, reason: "the store is closed")
                }
                let id = try catalog.addConsumer(stream: stream, name: name, bytes: record.bytes)
                then(.success(ConsumerID(rawValue: id)))
            } catch {
                then(.failure(error))
            }
        }
    }

    /// Saves a consumer's changed configuration; `then` runs on a disk thread.
    func saveConsumer(
        _ record: ConsumerRecord,
        named name: String,
        of stream: UInt64,
        on disk: DiskQueue,
        then: @escaping @Sendable (StoreError?) -> Void
    ) {
        self.change(
            on: disk,
            { catalog throws(StoreError) in
                try catalog.updateConsumer(stream: stream, name: name, bytes: record.bytes)
            },
            then
        )
    }

    /// Forgets a consumer; `then` runs on a disk thread.
    func deleteConsumer(
        named name: String,
        of stream: UInt64,
        on disk: DiskQueue,
        then: @escaping @Sendable (StoreError?) -> Void
    ) {
        self.change(
            on: disk,
            { catalog throws(StoreError) in try catalog.removeConsumer(stream: stream, name: name) },
            then
        )
    }

    private func change(
        on disk: DiskQueue,
        _ work: @escaping @Sendable (Catalog) throws(StoreError) -> Void,
        _ then: @escaping @Sendable (StoreError?) -> Void
    ) {
        disk.performOnCatalog { self.change(work, then) }
    }

    /// Changes the catalogue, on its queue.
    private func change(
        _ work: (Catalog) throws(StoreError) -> Void,
        _ then: (StoreError?) -> Void
    ) {
        do throws(StoreError) {
            guard let catalog = self.catalog else {
                throw .foreign(path: self.path, reason: "the store is closed")
            }
            try work(catalog)
            then(nil)
        } catch {
            then(error)
        }
    }
}

/// A stream's store, open, on its way to the loop that will own it.
final class OpenedStream: @unchecked Sendable {
    // Unchecked: made on one thread and handed to another, never shared.

    /// The stream's number in the catalogue; 0 for a stream in memory.
    let catalogID: UInt64
    /// Its messages.
    let store: any StreamStore
    /// Progress of its consumers, as recovered.
    let consumers: [ConsumerID: RecoveredConsumer]

    init(catalogID: UInt64, store: any StreamStore, consumers: [ConsumerID: RecoveredConsumer]) {
        self.catalogID = catalogID
        self.store = store
        self.consumers = consumers
    }
}

extension StoreEncryption {
    /// What the server's options say, as the store wants it.
    fileprivate init(_ options: EncryptionOptions) {
        let cipher: Cipher =
            switch options.cipher {
            case .chaCha: .chaCha
            case .aes: .aes
            }
        self.init(cipher: cipher, key: options.key, previousKey: options.previousKey)
    }
}
