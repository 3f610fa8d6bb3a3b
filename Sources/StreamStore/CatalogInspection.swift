internal import LMDB
internal import SegmentLog

/// The catalogue of a store and its second copies, read without changing a byte: for tools.
public struct CatalogInspection {
    /// Something that is not as it should be.
    public struct Problem: Sendable, Equatable {
        /// Where: `catalog`, or `streams/<id>/stream.meta`.
        public var place: String
        /// The stream it is about; nil if it is about all.
        public var stream: UInt64?
        /// What, as a sentence without its full stop.
        public var text: String
        /// Whether opening the store puts it right.
        public var isMended: Bool
    }

    /// All streams of which either copy can be read, by ascending number; the catalogue's row decides.
    public private(set) var streams: [CatalogStream] = []
    /// What is damaged or out of place.
    public private(set) var problems: [Problem] = []
    /// Streams that were removed and whose directory is still there: the server does the rest when it starts.
    public private(set) var removed: [UInt64] = []

    /// Whether the catalogue's file is there and cannot be read; the second copies tell what was in it.
    public private(set) var isUnreadable = false

    private var rows: [UInt64: CatalogRecord] = [:]
    private var copies: [UInt64: CatalogRecord] = [:]
    private var unreadable: Set<UInt64> = []

    /// Reads both copies.
    ///
    /// - Throws: ``StoreError/foreign(path:reason:)`` if the format is newer than this program's, else what a system
    ///   call says.
    public init(_ store: OfflineStore) throws(StoreError) {
        let tables = try self.readTables(store)
        let present = try store.streamIDs()
        if let tables {
            try self.readMeta(tables[.meta] ?? [], store)
            self.readStreams(tables[.streams] ?? [])
            self.readConsumers(tables[.consumers] ?? [])
            for row in tables[.removed] ?? [] {
                if let id = CatalogRecovery.id(row.key, at: 0), present.contains(id) {
                    self.removed.append(id)
                }
            }
        } else if !present.isEmpty, self.problems.isEmpty {
            self.add("catalog", nil, "the catalogue is missing")
        }
        for id in present where !self.removed.contains(id) {
            try self.readCopy(id, store, isListed: tables != nil)
        }
        for id in self.rows.keys.sorted() where !present.contains(id) {
            self.add("streams/\(id)", id, "the directory of stream \(id) is missing; its messages are lost")
        }
        if store.areReservedNumbersDamaged() {
            self.add("ids", nil, "the file of reserved stream numbers is damaged")
        }
        let best = self.rows.merging(self.copies) { row, _ in row }
        let cipher = CatalogCipher(keys: store.encryption?.keys)
        self.streams = best.values.map { cipher.decrypt($0.stream) }.sorted { $0.id < $1.id }
    }

    private mutating func add(_ place: String, _ stream: UInt64?, _ text: String, isMended: Bool = true) {
        self.problems.append(Problem(place: place, stream: stream, text: text, isMended: isMended))
    }

    private mutating func readTables(
        _ store: OfflineStore
    ) throws(StoreError) -> [CatalogFiles.Table: [CatalogFiles.Row]]? {
        let path = "\(store.path)/\(StoreDirectory.catalogName)"
        do throws(SegmentError) {
            if try POSIXDirectory(path: path).fileSize("data.mdb") == 0 { return nil }
        } catch {
            if error.isAbsent { return nil }
            throw StoreError(error)
        }
        do throws(EnvironmentOpenError) {
            let files = try CatalogFiles(readingOnly: path)
            do throws(LMDBError) {
                return try files.load()
            } catch {
                throw .failed(error)
            }
        } catch {
            guard let damage = error.damage else { throw StoreError(error, path: path) }
            self.isUnreadable = true
            self.add("catalog", nil, "the catalogue cannot be read: \(damage)")
            return nil
        }
    }

    private mutating func readMeta(_ rows: [CatalogFiles.Row], _ store: OfflineStore) throws(StoreError) {
        let format = CatalogRecovery.number(rows.first { $0.key == CatalogFiles.formatKey })
        if let format, format > UInt64(CatalogRecord.format) {
            let reason =
                "its format \(format) is newer than \(CatalogRecord.format), the newest this program knows"
            throw .foreign(path: "\(store.path)/\(StoreDirectory.catalogName)", reason: reason)
        }
        if format == nil { self.add("catalog", nil, "the catalogue's row of its format is damaged") }
        let next = rows.first { $0.key == CatalogFiles.nextKey }
        if next != nil, CatalogRecovery.number(next) == nil {
            self.add("catalog", nil, "the catalogue's row of the next stream number is damaged")
        }
    }

    private mutating func readStreams(_ rows: [CatalogFiles.Row]) {
        for row in rows {
            guard row.key.count == 8, let id = CatalogRecovery.id(row.key, at: 0) else {
                self.add("catalog", nil, "there is a stream under a key that makes no sense", isMended: false)
                continue
            }
            if let record = CatalogRecord(id: id, row: row.value) {
                self.rows[id] = record
            } else {
                self.unreadable.insert(id)
                self.add("catalog", id, "the catalogue's row of stream \(id) is damaged")
            }
        }
    }

    private mutating func readConsumers(_ rows: [CatalogFiles.Row]) {
        for row in rows {
            guard row.key.count == 16, let stream = CatalogRecovery.id(row.key, at: 0),
                let id = CatalogRecovery.id(row.key, at: 8)
            else {
                self.add(
                    "catalog",
                    nil,
                    "there is a consumer under a key that makes no sense",
                    isMended: false
                )
                continue
            }
            if let consumer = CatalogRecord.consumer(id, of: stream, row: row.value) {
                guard var record = self.rows[stream] else { continue }
                record.nextConsumer = max(record.nextConsumer, id + 1)
                record.stream.consumers.append(consumer)
                self.rows[stream] = record
            } else {
                self.add(
                    "catalog",
                    stream,
                    "the catalogue's row of consumer \(id) of stream \(stream) is damaged"
                )
            }
        }
    }

    private mutating func readCopy(_ id: UInt64, _ store: OfflineStore, isListed: Bool) throws(StoreError) {
        let place = "streams/\(id)/\(StreamMetaFile.name)"
        let directory = try StoreError.converting { () throws(SegmentError) in
            try POSIXDirectory(path: store.streamPath(id))
        }
        let row = self.rows[id]
        let name = row.map { " (\($0.stream.name))" } ?? ""
        switch StreamMetaFile.read(id, in: directory) {
        case .record(let copy, let bytes):
            self.copies[id] = copy
            if let row, row.file() != bytes, !self.isDamaged(id) {
                self.add(place, id, "the second copy of stream \(id)\(name) differs from the catalogue's")
            } else if row == nil, isListed, !self.unreadable.contains(id) {
                self.add(place, id, "stream \(id) (\(copy.stream.name)) is not in the catalogue")
            }
        case .absent:
            let isMended = row != nil
            self.add(place, id, "the second copy of stream \(id)\(name) is missing", isMended: isMended)
        case .damaged:
            let isMended = row != nil
            self.add(place, id, "the second copy of stream \(id)\(name) is damaged", isMended: isMended)
        }
    }

    /// Whether a row of the stream or of one of its consumers was reported already.
    private func isDamaged(_ id: UInt64) -> Bool {
        self.problems.contains { $0.stream == id && $0.place == "catalog" }
    }
}
