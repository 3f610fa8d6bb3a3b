internal import LMDB
internal import SegmentLog

/// What streams and consumers there are: kept in LMDB and, a second time, beside each stream's messages.
///
/// When a change returns, it is on the disk in both places. What the two copies promise, and why:
///
/// - **The catalog decides, the second copy replaces it.** As long as a row of the catalog verifies it is the truth,
///   and a second copy that differs is written anew when the catalog is opened. A row that does not verify is made
///   again from the second copy; so is the whole catalog when it is missing, damaged or not of LMDB.
/// - **An addition or update** is written to `stream.meta` first (temporary file, sync, rename, sync of the
///   directory), then committed. A crash in between leaves the change in the second copy alone, and nobody was told
///   that it was made: an update is undone by the next opening, an addition is completed by it. So the second copy
///   never lacks what was acknowledged.
/// - **A removal** is committed first, and the commit notes the number of the stream under `removed`; then the
///   directory is moved to trash, which takes the second copy out of the store. A crash in between leaves a note, by
///   which the next opening moves the directory. The note is deleted only when the directory is gone for good. So a
///   removed stream does not come back, and a directory without a note that the catalog does not know is not taken
///   for a removed one: it is taken up again.
/// - **A row and its second copy that are both damaged** make that stream (or consumer) unreadable and nothing else:
///   ``problems`` names it, and nothing of it is changed or deleted.
///
/// All calls block on the disk. After an error the change was not made, unless the call says otherwise.
public final class Catalog: @unchecked Sendable {
    // Unchecked: one thread opens it and hands it over; from then on only that one disk thread uses it.

    /// The store it belongs to.
    public let directory: StoreDirectory
    /// Whether it had to be made again from the second copies when it was opened.
    public let wasRebuilt: Bool
    /// What was found damaged or out of place when it was opened, in sentences for an operator.
    public let problems: [String]

    private let files: CatalogFiles
    private let cipher: CatalogCipher
    /// What is stored, encrypted as it is.
    private var records: [UInt64: CatalogRecord]
    private var numbers: StreamNumbers
    /// Streams that are removed and whose directory could not be moved to trash yet.
    private var undiscarded: Set<UInt64>
    /// Streams whose note under `removed` has become useless; deleted by the next commit.
    private var discarded: [UInt64] = []

    /// Opens the catalog of a store, made if it is missing, and brings both copies to agreement.
    ///
    /// What is kept of streams and consumers is encrypted if there is `encryption`, what was not encrypted before, or
    /// with the previous key, at once.
    ///
    /// - Throws: ``StoreError/foreign(path:reason:)`` if its format is newer than this program's, else what a system
    ///   call or LMDB says. Damage is not an error: see ``problems`` and ``wasRebuilt``.
    public static func open(
        directory: StoreDirectory,
        encryption: StoreEncryption? = nil
    ) throws(StoreError) -> Catalog {
        var recovery = CatalogRecovery(directory: directory)
        let files = try recovery.run()
        let catalog = Catalog(recovery, files, CatalogCipher(keys: encryption?.keys))
        catalog.encryptAll()
        return catalog
    }

    private init(_ recovery: CatalogRecovery, _ files: CatalogFiles, _ cipher: CatalogCipher) {
        self.cipher = cipher
        self.directory = recovery.directory
        self.wasRebuilt = recovery.wasRebuilt
        self.problems = recovery.problems
        self.records = recovery.records
        self.numbers = recovery.numbers
        self.undiscarded = recovery.undiscarded
        self.files = files
    }

    /// All streams that can be read, by ascending number.
    public func streams() -> [CatalogStream] {
        self.records.values.map { self.cipher.decrypt($0.stream) }.sorted { $0.id < $1.id }
    }

    /// Encrypts with the key what is not; what no key decrypts stays, and so does what cannot be written now.
    private func encryptAll() {
        for id in self.records.keys.sorted() {
            var record = self.record(id)
            if self.cipher.isCurrent(record.stream) { continue }
            let plain = self.cipher.decrypt(record.stream)
            if plain.isLocked { continue }
            record.stream.bytes = self.cipher.encrypt(plain.bytes, CatalogRecord.key(id))
            var changes = [
                CatalogFiles.Change(table: .streams, key: CatalogRecord.key(id), value: record.row())
            ]
            for (index, consumer) in plain.consumers.enumerated() {
                let key = CatalogRecord.key(id, consumer: consumer.id)
                record.stream.consumers[index].bytes = self.cipher.encrypt(consumer.bytes, key)
                changes.append(record.put(record.stream.consumers[index]))
            }
            do throws(StoreError) { try self.replace(by: record, changes) } catch { return }
        }
    }

    /// Adds a stream and makes its directory; returns its number.
    ///
    /// - Precondition: the account has no stream of that name.
    public func addStream(account: String, name: String, bytes: [UInt8]) throws(StoreError) -> UInt64 {
        let id = try StoreError.converting { () throws(SegmentError) in
            try self.numbers.take(self.directory.root)
        }
        let record = CatalogRecord(
            stream: CatalogStream(
                id: id,
                account: account,
                name: name,
                bytes: self.cipher.encrypt(bytes, CatalogRecord.key(id))
            )
        )
        precondition(
            !self.records.values.contains { $0.hasName(of: record) },
            "a stream has a name of its own"
        )
        do throws(StoreError) {
            try self.directory.makeStreamDirectory(id)
            try self.writeCopy(record)
            try self.commit([
                CatalogRecovery.next(self.numbers.next),
                .init(table: .streams, key: CatalogRecord.key(id), value: record.row()),
            ])
        } catch {
            // Else the next opening would complete the addition.
            try? self.directory.discardStream(id)
            throw error
        }
        self.records[id] = record
        return id
    }

    /// Replaces what is kept of a stream.
    ///
    /// - Precondition: the catalog has that stream.
    public func updateStream(id: UInt64, bytes: [UInt8]) throws(StoreError) {
        var record = self.record(id)
        record.stream.bytes = self.cipher.encrypt(bytes, CatalogRecord.key(id))
        try self.replace(
            by: record,
            [.init(table: .streams, key: CatalogRecord.key(id), value: record.row())]
        )
    }

    /// Removes a stream with its consumers, and moves its directory to trash; no effect if it is not there.
    ///
    /// - Throws: if that fails. The stream may be out of the catalog then, with its directory still in place: the
    ///   call can be made again, and the next opening does the rest.
    public func removeStream(id: UInt64) throws(StoreError) {
        if let record = self.records[id] {
            var changes: [CatalogFiles.Change] = [
                .init(table: .streams, key: CatalogRecord.key(id), value: nil),
                .init(table: .removed, key: CatalogRecord.key(id), value: []),
            ]
            for consumer in record.stream.consumers {
                let key = CatalogRecord.key(id, consumer: consumer.id)
                changes.append(.init(table: .consumers, key: key, value: nil))
            }
            try self.commit(changes)
            self.records[id] = nil
            self.undiscarded.insert(id)
        }
        guard self.undiscarded.contains(id) else { return }
        try self.directory.discardStream(id)
        self.undiscarded.remove(id)
        self.discarded.append(id)
    }

    /// Adds a consumer; returns its number.
    ///
    /// - Precondition: the catalog has that stream, and the stream no consumer of that name.
    public func addConsumer(stream: UInt64, name: String, bytes: [UInt8]) throws(StoreError) -> UInt64 {
        var record = self.record(stream)
        precondition(record.index(of: name) == nil, "a consumer has a name of its own")
        let key = CatalogRecord.key(stream, consumer: record.nextConsumer)
        let consumer = CatalogConsumer(
            id: record.nextConsumer,
            name: name,
            bytes: self.cipher.encrypt(bytes, key)
        )
        record.nextConsumer += 1
        record.stream.consumers.append(consumer)
        try self.replace(
            by: record,
            [
                .init(table: .streams, key: CatalogRecord.key(stream), value: record.row()),
                record.put(consumer),
            ]
        )
        return consumer.id
    }

    /// Replaces what is kept of a consumer.
    ///
    /// - Precondition: the stream has that consumer.
    public func updateConsumer(stream: UInt64, name: String, bytes: [UInt8]) throws(StoreError) {
        var record = self.record(stream)
        guard let index = record.index(of: name) else {
            preconditionFailure("the stream \(stream) has no such consumer")
        }
        let key = CatalogRecord.key(stream, consumer: record.stream.consumers[index].id)
        record.stream.consumers[index].bytes = self.cipher.encrypt(bytes, key)
        try self.replace(by: record, [record.put(record.stream.consumers[index])])
    }

    /// Removes a consumer; no effect if it is not there.
    ///
    /// - Precondition: the catalog has that stream.
    public func removeConsumer(stream: UInt64, name: String) throws(StoreError) {
        var record = self.record(stream)
        guard let index = record.index(of: name) else { return }
        let consumer = record.stream.consumers.remove(at: index)
        let key = CatalogRecord.key(stream, consumer: consumer.id)
        try self.replace(by: record, [.init(table: .consumers, key: key, value: nil)])
    }

    private func record(_ id: UInt64) -> CatalogRecord {
        guard let record = self.records[id] else { preconditionFailure("the catalog has no stream \(id)") }
        return record
    }

    /// Makes a change of a stream: second copy, then catalog; if one fails, the second copy is as it was.
    private func replace(by record: CatalogRecord, _ changes: [CatalogFiles.Change]) throws(StoreError) {
        do throws(StoreError) {
            try self.writeCopy(record)
            try self.commit(changes)
        } catch {
            // What cannot be undone now is undone by the next opening.
            if let old = self.records[record.stream.id] { try? self.writeCopy(old) }
            throw error
        }
        self.records[record.stream.id] = record
    }

    private func writeCopy(_ record: CatalogRecord) throws(StoreError) {
        let id = record.stream.id
        try StoreError.converting { () throws(SegmentError) in
            let directory = try self.directory.streams.ensureDirectory(String(id))
            try StreamMetaFile.write(record.file(), in: directory)
        }
    }

    private func commit(_ changes: [CatalogFiles.Change]) throws(StoreError) {
        let notes = self.discarded.map {
            CatalogFiles.Change(table: .removed, key: CatalogRecord.key($0), value: nil)
        }
        do throws(LMDBError) {
            try self.files.commit(changes + notes)
        } catch {
            throw StoreError(error, path: self.directory.catalogPath)
        }
        self.discarded.removeAll()
    }
}
