import SegmentLog
import StreamModel
import StreamStore

/// The streams of a store: those that have a directory, with what the catalogue says of them.
struct StoreListing {
    /// A stream.
    struct Entry {
        /// Its number.
        var id: UInt64
        /// Its name; nil if neither copy of the catalogue tells.
        var name: String?
        /// Its account; nil if neither copy tells.
        var account: String?
        /// Whose its files are; nil if neither copy tells.
        var stream: StreamUUID?
        /// Its configuration; nil if neither copy tells or it cannot be read.
        var record: StreamRecord?
        /// Whether its configuration, or that of one of its consumers, is encrypted and no key decrypts it.
        var isLocked = false
        /// Its consumers.
        var consumers: [CatalogConsumer] = []
    }

    /// The catalogue.
    let catalog: CatalogInspection
    /// The streams, by ascending number.
    private(set) var entries: [Entry] = []

    init(_ store: OfflineStore) throws(StoreError) {
        self.catalog = try CatalogInspection(store)
        var known: [UInt64: CatalogStream] = [:]
        for stream in self.catalog.streams { known[stream.id] = stream }
        for id in try store.streamIDs() where !self.catalog.removed.contains(id) {
            let listed = known[id]
            var entry = Entry(id: id, name: listed?.name, account: listed?.account)
            entry.isLocked = listed?.isLocked ?? false
            if let listed, !listed.isLocked, let record = try? StreamRecord(listed.bytes) {
                entry.record = record
                entry.stream = unsafe StreamUUID(bytes: record.streamID(id).span.bytes)
                entry.consumers = listed.consumers
            }
            self.entries.append(entry)
        }
    }

    /// The streams of that name, or that number if none has the name; all of them for nil.
    func matching(_ name: String?) -> [Entry] {
        guard let name else { return self.entries }
        let named = self.entries.filter { $0.name?.utf8.elementsEqual(name.utf8) ?? false }
        return named.isEmpty ? self.entries.filter { String($0.id) == name } : named
    }
}

extension OfflineStore {
    /// Refuses a stream of which something is encrypted that no key decrypts.
    ///
    /// - Throws: ``StoreError/locked(path:hasKey:)``, or what a system call says.
    func checkKeys(of entry: StoreListing.Entry, stream: StreamUUID?) throws(StoreError) {
        let path = self.streamPath(entry.id)
        let keys = self.encryption?.keys
        if entry.isLocked { throw .locked(path: "the configuration of \(path)", hasKey: keys != nil) }
        guard let stream else { return }
        for folder in ["log", "journal"] {
            let root = try StoreError.reading { () throws(SegmentError) in try POSIXDirectory(path: path) }
            guard let directory = try StoreError.readingDirectory(folder, in: root) else { continue }
            try StoreError.reading { () throws(SegmentError) in
                try StorageKeys.check(keys, directory, stream: stream)
            }
        }
    }
}
