import SegmentLog
import StreamEngine
public import StreamModel
public import StreamStore

/// Makes a stream's index anew from its log.
///
/// The old index waits in quarantine until the new one is whole. Should the program end in between, the next start of
/// the server does the same.
public struct IndexRebuilding {
    /// The stream's name.
    public let name: String
    /// Messages stored.
    public private(set) var messages: UInt64 = 0
    /// Distinct subjects.
    public private(set) var subjects = 0
    /// What an operator should know, as sentences.
    public private(set) var notices: [String] = []
    /// Where the old index is kept, from the store's directory on; nil if there was none, or if it was removed.
    public private(set) var kept: String?

    private let store: OfflineStore
    private let entry: StoreListing.Entry
    private let now: Timestamp

    /// Rebuilds the index.
    ///
    /// - Parameters:
    ///   - keepsOld: whether the old index stays in quarantine also when the new one is whole.
    ///   - now: the time, for message ids: those older than the duplicate window are not needed.
    /// - Throws: ``StoreError/foreign(path:reason:)`` if the catalogue does not tell the stream's configuration;
    ///   ``StoreError/locked(path:hasKey:)`` if something is encrypted that no key decrypts; else what a system call
    ///   says.
    init(_ entry: StoreListing.Entry, of store: OfflineStore, keepsOld: Bool, now: Timestamp)
        throws(StoreError)
    {
        self.name = entry.name ?? String(entry.id)
        self.store = store
        self.entry = entry
        self.now = now
        try store.checkKeys(of: entry, stream: entry.stream)
        guard let record = entry.record else {
            throw .foreign(
                path: store.streamPath(entry.id),
                reason: "the catalogue does not tell its configuration; repair the catalogue first"
            )
        }
        let quarantine = try store.quarantine(of: entry.id)
        let old = try self.setAside(in: quarantine)
        try self.rebuild(record, quarantine: quarantine.path)
        guard let old else { return }
        if keepsOld {
            self.kept = "quarantine/\(entry.id)/\(old)"
        } else {
            try StoreError.reading { () throws(SegmentError) in try quarantine.removeTree(old) }
        }
    }

    /// Moves the index to quarantine; returns its name there.
    private func setAside(in quarantine: any StorageDirectory) throws(StoreError) -> String? {
        try StoreError.reading { () throws(SegmentError) in
            let directory = try POSIXDirectory(path: self.store.streamPath(self.entry.id))
            guard try directory.list().contains("index") else { return nil }
            return try directory.setAside("index", in: quarantine)
        }
    }

    private mutating func rebuild(_ record: StreamRecord, quarantine: String) throws(StoreError) {
        let id = self.entry.id
        var options = FileStoreOptions(record, id: id, quarantine: quarantine)
        options.encryption = self.store.encryption
        // A transaction writes each subject it touches once: the fewer, the faster. A tool may take that memory.
        options.checkpoint = CheckpointPolicy(messages: 300_000, bytes: 256 << 20)
        let opened = try FileStreamStore.open(
            directory: self.store.streamPath(id),
            options: options,
            now: self.now
        )
        self.notices += opened.report.notices.filter { !$0.hasPrefix("the index is made again") }
        // As of the last message: nothing expires because it was looked at later.
        let state = opened.store.state
        let stream = Stream(
            name: self.name,
            configuration: record.configuration,
            created: record.created,
            store: opened.store,
            now: state.lastTime ?? record.created
        )
        let unread = self.recoverConsumers(stream, opened, now: state.lastTime ?? record.created)
        let snapshots = stream.consumerSnapshots() + unread
        try opened.store.close(consumers: snapshots)
        let end = opened.store.state
        self.messages = end.messages
        self.subjects = end.subjects
    }

    /// Brings the consumers to where they were; returns what cannot be read, as it is.
    private mutating func recoverConsumers(
        _ stream: Stream,
        _ opened: OpenedStore,
        now: Timestamp
    ) -> [ConsumerSnapshot] {
        var unread: [ConsumerSnapshot] = []
        for consumer in self.entry.consumers {
            let id = ConsumerID(rawValue: consumer.id)
            // One that was made and never went on has nothing to recover.
            guard let recovered = opened.consumers[id] else { continue }
            do {
                let record = try ConsumerRecord(consumer.bytes)
                _ = try stream.recoverConsumer(
                    name: consumer.name,
                    configuration: record.configuration,
                    id: id,
                    created: record.created,
                    recovered: recovered,
                    now: now
                )
            } catch {
                self.notices.append("the progress of consumer \(consumer.name) cannot be read: \(error)")
                if let snapshot = recovered.snapshot {
                    unread.append(ConsumerSnapshot(consumer: id, bytes: snapshot))
                }
            }
        }
        return unread
    }
}

extension StoreTools {
    /// Makes the indexes of a store anew from its logs: of the stream of that name or number, or of all.
    ///
    /// - Parameters:
    ///   - encryption: what decrypts what is encrypted.
    ///   - visit: called with each stream that is done.
    ///   - now: the time, for message ids: those older than the duplicate window are not needed.
    /// - Throws: what opening the store throws; ``StoreError/foreign(path:reason:)`` if there is no such stream or the
    ///   catalogue does not tell its configuration; else what a system call says.
    public static func rebuildIndexes(
        of path: String,
        stream: String?,
        encryption: StoreEncryption? = nil,
        now: Timestamp,
        visit: (IndexRebuilding) -> Void
    ) throws(StoreError) {
        let store = try OfflineStore.open(path, for: .changing, encryption: encryption)
        defer { store.close() }
        for entry in try self.entries(of: store, named: stream) {
            visit(try IndexRebuilding(entry, of: store, keepsOld: false, now: now))
        }
    }

    /// The streams of that name or number, or all.
    static func entries(
        of store: OfflineStore,
        named name: String?
    ) throws(StoreError) -> [StoreListing.Entry] {
        let entries = try StoreListing(store).matching(name)
        if let name, entries.isEmpty {
            throw .foreign(path: store.path, reason: "it has no stream \(name); weir store verify lists them")
        }
        return entries
    }
}
