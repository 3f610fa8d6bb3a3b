internal import LMDB
internal import SegmentLog

/// Opens a catalog: reads its rows, makes up for those that do not verify, and brings the second copies and the
/// streams' directories to agreement with it.
struct CatalogRecovery {
    let directory: StoreDirectory
    private(set) var problems: [String] = []
    private(set) var wasRebuilt = false
    private(set) var records: [UInt64: CatalogRecord] = [:]
    /// Removed streams whose directory could not be moved.
    private(set) var undiscarded: Set<UInt64> = []
    private(set) var numbers = StreamNumbers(next: 1, reserved: 0)

    /// What has to be committed.
    private var changes: [CatalogFiles.Change] = []
    /// Streams that have a row and cannot be read.
    private var unreadable: Set<UInt64> = []
    private var removed: Set<UInt64> = []
    /// The next stream number by the catalog; nil if it does not say.
    private var next: UInt64?
    /// Why the catalog is made again; nil if it is not.
    private var rebuildReason: String?

    init(directory: StoreDirectory) { self.directory = directory }

    /// Does it all.
    mutating func run() throws(StoreError) -> CatalogFiles {
        let (files, rows) = try self.openFiles()
        if let rows {
            try self.readMeta(rows[.meta] ?? [])
            self.readStreams(rows[.streams] ?? [])
            self.readConsumers(rows[.consumers] ?? [])
            self.readRemoved(rows[.removed] ?? [])
        } else {
            self.changes.append(Self.format())
        }
        let present = try self.directory.streamIDs()
        self.discardRemoved(present)
        let known = self.records.count
        self.takeUp(present, isRebuild: rows == nil)
        if let reason = self.rebuildReason ?? (self.records.isEmpty || rows != nil ? nil : "it was missing") {
            self.wasRebuilt = true
            let count = self.records.count - known
            self.problems.insert("the catalog was made again for \(count) streams: \(reason)", at: 0)
        }
        self.number(present, isRebuild: rows == nil)
        self.writeCopies(present: Set(present))
        try self.commit(to: files)
        return files
    }

    // MARK: The environment

    private mutating func openFiles() throws(StoreError) -> (
        CatalogFiles, [CatalogFiles.Table: [CatalogFiles.Row]]?
    ) {
        do throws(EnvironmentOpenError) {
            return try self.openFilesOnce()
        } catch {
            guard let damage = error.damage else { throw StoreError(error, path: self.directory.catalogPath) }
            Failpoint.reach(.catalogQuarantine)
            let place = try self.directory.quarantine(StoreDirectory.catalogName)
            self.rebuildReason = "\(damage); what was there is kept as \(place)"
        }
        do throws(EnvironmentOpenError) {
            return try self.openFilesOnce()
        } catch {
            throw StoreError(error, path: self.directory.catalogPath)
        }
    }

    private func openFilesOnce() throws(EnvironmentOpenError) -> (
        CatalogFiles, [CatalogFiles.Table: [CatalogFiles.Row]]?
    ) {
        do throws(SegmentError) {
            _ = try self.directory.root.ensureDirectory(StoreDirectory.catalogName)
        } catch {
            throw .failed(LMDBError(call: "open", code: error.errno))
        }
        let files = try CatalogFiles(path: self.directory.catalogPath)
        do throws(LMDBError) {
            return (files, try files.load())
        } catch {
            throw .failed(error)
        }
    }

    private func commit(to files: CatalogFiles) throws(StoreError) {
        if self.changes.isEmpty { return }
        do throws(LMDBError) {
            try files.commit(self.changes)
        } catch {
            throw StoreError(error, path: self.directory.catalogPath)
        }
    }

    // MARK: Rows

    private mutating func readMeta(_ rows: [CatalogFiles.Row]) throws(StoreError) {
        let format = Self.number(rows.first { $0.key == CatalogFiles.formatKey })
        if let format, format > UInt64(CatalogRecord.format) {
            let reason =
                "its format \(format) is newer than \(CatalogRecord.format), the newest this program knows"
            throw .foreign(path: self.directory.catalogPath, reason: reason)
        }
        if format == nil {
            self.problems.append("the catalog's row of its format is damaged; it is written anew")
            self.changes.append(Self.format())
        }
        self.next = Self.number(rows.first { $0.key == CatalogFiles.nextKey })
        if let next, next > StoreDirectory.streamIDMax { self.next = nil }
    }

    private mutating func readStreams(_ rows: [CatalogFiles.Row]) {
        for row in rows {
            guard row.key.count == 8, let id = Self.id(row.key, at: 0) else {
                self.problems.append(
                    "the catalog has a stream under a key that makes no sense; it is left alone"
                )
                continue
            }
            if let record = CatalogRecord(id: id, row: row.value) {
                self.records[id] = record
            } else if var record = self.copy(id) {
                self.problems.append(
                    "the catalog's row of stream \(id) (\(record.stream.name)) is damaged; its second copy is used"
                )
                self.changes.append(.init(table: .streams, key: row.key, value: record.row()))
                // Which consumers there are is told by their own rows.
                record.stream.consumers = []
                self.records[id] = record
            } else {
                self.problems.append(
                    "the catalog's row of stream \(id) and its second copy are damaged; the stream is left alone"
                )
                self.unreadable.insert(id)
            }
        }
    }

    private mutating func readConsumers(_ rows: [CatalogFiles.Row]) {
        for row in rows {
            guard row.key.count == 16, let stream = Self.id(row.key, at: 0), let id = Self.id(row.key, at: 8)
            else {
                self.problems.append(
                    "the catalog has a consumer under a key that makes no sense; it is left alone"
                )
                continue
            }
            guard var record = self.records[stream] else {
                if !self.unreadable.contains(stream) {
                    self.problems.append(
                        "the catalog's consumer \(id) is of no stream (\(stream)); it is left alone"
                    )
                }
                continue
            }
            record.nextConsumer = max(record.nextConsumer, id + 1)
            let name = record.stream.name
            if let consumer = CatalogRecord.consumer(id, of: stream, row: row.value) {
                record.stream.consumers.append(consumer)
            } else if let consumer = self.copy(stream)?.stream.consumers.first(where: { $0.id == id }) {
                self.problems.append(
                    "the catalog's row of consumer \(id) (\(consumer.name)) of stream \(stream) (\(name)) is damaged; "
                        + "its second copy is used"
                )
                record.stream.consumers.append(consumer)
                self.changes.append(record.put(consumer))
            } else {
                self.problems.append(
                    "the catalog's row of consumer \(id) of stream \(stream) (\(name)) and its second copy are "
                        + "damaged; the consumer is left alone"
                )
            }
            self.records[stream] = record
        }
    }

    private mutating func readRemoved(_ rows: [CatalogFiles.Row]) {
        for row in rows {
            if let id = Self.id(row.key, at: 0), self.records[id] == nil, !self.unreadable.contains(id) {
                self.removed.insert(id)
            } else {
                self.changes.append(.init(table: .removed, key: row.key, value: nil))
            }
        }
    }

    private func copy(_ id: UInt64) -> CatalogRecord? {
        guard let directory = try? self.directory.openStream(id),
            case .record(let record, _) = StreamMetaFile.read(id, in: directory)
        else { return nil }
        return record
    }

    // MARK: Directories

    /// Does what removals were interrupted before.
    private mutating func discardRemoved(_ present: [UInt64]) {
        for id in self.removed.sorted() {
            do throws(StoreError) {
                if present.contains(id) { try self.directory.discardStream(id) }
                self.changes.append(.init(table: .removed, key: CatalogRecord.key(id), value: nil))
            } catch {
                self.undiscarded.insert(id)
                self.problems.append("the removed stream \(id) could not be moved to trash: \(error)")
            }
        }
    }

    /// Takes up streams that have a directory and no row: the newest first, which has its name by right.
    private mutating func takeUp(_ present: [UInt64], isRebuild: Bool) {
        for id in present.reversed() {
            if self.records[id] != nil || self.unreadable.contains(id) || self.removed.contains(id) {
                continue
            }
            do throws(SegmentError) {
                guard let directory = try self.directory.openStream(id) else { continue }
                switch StreamMetaFile.read(id, in: directory) {
                case .record(let record, _):
                    self.takeUp(record, isRebuild: isRebuild)
                case .absent:
                    try self.passOver(id, directory)
                case .damaged:
                    self.problems.append(
                        "stream \(id) is not in the catalog and its second copy is damaged; it is left alone"
                    )
                }
            } catch {
                self.problems.append(
                    "the directory of stream \(id) could not be read: \(StoreError(error))"
                )
            }
        }
    }

    private mutating func takeUp(_ record: CatalogRecord, isRebuild: Bool) {
        let id = record.stream.id
        let name = record.stream.name
        if let other = self.records.values.first(where: { $0.hasName(of: record) }) {
            self.problems.append(
                "stream \(id) is not in the catalog, and its name (\(name)) is that of stream \(other.stream.id); "
                    + "it is left alone"
            )
            return
        }
        self.records[id] = record
        self.changes.append(.init(table: .streams, key: CatalogRecord.key(id), value: record.row()))
        for consumer in record.stream.consumers { self.changes.append(record.put(consumer)) }
        if !isRebuild {
            self.problems.append(
                "stream \(id) (\(name)) was not in the catalog; it is taken up from its second copy"
            )
        }
    }

    /// Deals with a directory that has neither a row nor a second copy.
    private mutating func passOver(_ id: UInt64, _ directory: any StorageDirectory) throws(SegmentError) {
        if try directory.list().allSatisfy({ $0 == StreamMetaFile.temporaryName }) {
            // An addition was interrupted before there was anything.
            try? self.directory.discardStream(id)
        } else {
            self.problems.append(
                "stream \(id) is not in the catalog and has no second copy; it is left alone"
            )
        }
    }

    /// Writes the second copies that are not as the catalog says.
    private mutating func writeCopies(present: Set<UInt64>) {
        for (id, record) in self.records.sorted(by: { $0.key < $1.key }) {
            do throws(SegmentError) {
                let directory = try self.directory.streams.ensureDirectory(String(id))
                let file = record.file()
                switch StreamMetaFile.read(id, in: directory) {
                case .record(_, let bytes):
                    if bytes == file { continue }
                case .absent:
                    self.problems.append(
                        present.contains(id)
                            ? "the second copy of stream \(id) (\(record.stream.name)) was missing; it is written anew"
                            : "the directory of stream \(id) (\(record.stream.name)) was missing; its messages are lost"
                    )
                case .damaged:
                    self.problems.append(
                        "the second copy of stream \(id) (\(record.stream.name)) was damaged; it is written anew"
                    )
                }
                try StreamMetaFile.write(file, in: directory)
            } catch {
                self.problems.append(
                    "the second copy of stream \(id) could not be written: \(StoreError(error))"
                )
            }
        }
    }

    // MARK: Numbers

    /// Finds the next stream number: beyond all that were given out.
    private mutating func number(_ present: [UInt64], isRebuild: Bool) {
        let used = [
            self.records.keys.max(), self.unreadable.max(), self.removed.max(), present.last,
        ]
        let reserved = StreamNumbers.reserved(self.directory.root)
        let beyond = (used.compactMap(\.self).max() ?? 0) + 1
        let next = max(beyond, self.next ?? reserved ?? 1)
        if self.next == nil, !isRebuild {
            self.problems.append("the catalog's row of the next stream number is damaged; it is written anew")
        }
        if next != self.next { self.changes.append(Self.next(next)) }
        self.numbers = StreamNumbers(next: next, reserved: reserved ?? 0)
    }

    /// The change that notes the next stream number.
    static func next(_ id: UInt64) -> CatalogFiles.Change { self.put(CatalogFiles.nextKey, id) }

    private static func format() -> CatalogFiles.Change {
        self.put(CatalogFiles.formatKey, UInt64(CatalogRecord.format))
    }

    private static func put(_ key: [UInt8], _ value: UInt64) -> CatalogFiles.Change {
        var bytes: [UInt8] = []
        bytes.appendVarint(value)
        unsafe bytes.seal(key: key.span.bytes)
        return .init(table: .meta, key: key, value: bytes)
    }

    /// The number in a row; nil if it is missing or does not verify.
    static func number(_ row: CatalogFiles.Row?) -> UInt64? {
        guard let row, let body = unsafe row.value.unsealed(key: row.key.span.bytes) else { return nil }
        var reader = FieldReader()
        let value = unsafe reader.varint(body.span.bytes)
        return unsafe reader.isComplete(body.span.bytes) ? value : nil
    }

    /// The number in a key; nil if it is none that was ever given out.
    static func id(_ key: [UInt8], at offset: Int) -> UInt64? {
        guard offset + 8 <= key.count else { return nil }
        let id = key[offset..<offset + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return 1 <= id && id <= StoreDirectory.streamIDMax ? id : nil
    }
}

extension CatalogRecord {
    /// The change that writes a consumer's row.
    func put(_ consumer: CatalogConsumer) -> CatalogFiles.Change {
        let key = Self.key(self.stream.id, consumer: consumer.id)
        return .init(table: .consumers, key: key, value: self.row(of: consumer))
    }
}

extension EnvironmentOpenError {
    /// What is wrong with the files; nil if it is not the files that are wrong.
    var damage: String? {
        switch self {
        case .failed(let error): error.isDamage ? "it could not be read (\(error))" : nil
        case .truncated(_, let bytes, let expected): "its file has \(bytes) of \(expected) bytes"
        case .damaged: "its file is damaged or not of LMDB"
        case .networkFileSystem, .isOpen: nil
        }
    }
}

extension StoreError {
    /// The error of the store for an environment that could not be opened.
    init(_ error: EnvironmentOpenError, path: String) {
        switch error {
        case .failed(let error): self = StoreError(error, path: path)
        case .truncated, .damaged: self = .index(call: "open", code: error.damage ?? "MDB_INVALID")
        case .isOpen(let path): self = .inUse(path: path)
        case .networkFileSystem:
            let reason = "it is on a network file system, where file locks and memory maps do not hold"
            self = .foreign(path: path, reason: reason)
        }
    }
}
