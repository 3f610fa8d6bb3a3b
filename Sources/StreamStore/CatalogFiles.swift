internal import LMDB
internal import SegmentLog

/// The LMDB environment of the catalog: rows in, rows out.
///
///     meta        "format" → format        "next" → next stream number
///     streams     stream → stream row
///     consumers   stream, consumer → consumer row
///     removed     stream → nothing: its directory has to go
///
/// Numbers in keys are eight bytes, big-endian. Used by one thread at a time.
final class CatalogFiles {
    /// The databases.
    enum Table: String, CaseIterable {
        case meta
        case streams
        case consumers
        case removed
    }

    /// One change of a row.
    struct Change {
        var table: Table
        var key: [UInt8]
        /// The new value; nil to delete the row.
        var value: [UInt8]?
    }

    /// A row as it is.
    struct Row {
        var key: [UInt8]
        var value: [UInt8]
    }

    static let formatKey: [UInt8] = Array("format".utf8)
    static let nextKey: [UInt8] = Array("next".utf8)

    private static let mapBytes = 1 << 30
    private static let mapBytesMax = 1 << 40

    private let environment: Environment

    /// Opens the environment in the directory `path`, which exists.
    init(path: String, mapBytes: Int = CatalogFiles.mapBytes) throws(EnvironmentOpenError) {
        let options = EnvironmentOptions(mapBytes: mapBytes, databasesMax: 8, readersMax: 8)
        self.environment = try Environment(path: path, options: options)
    }

    /// Opens the environment in the directory `path` for reading alone, with its pages checked.
    ///
    /// - Precondition: the caller holds the store's lock.
    init(readingOnly path: String) throws(EnvironmentOpenError) {
        if try PageCheck.run(path: path).problem != nil { throw .damaged(path: path) }
        self.environment = try Environment(readingOnly: path, options: EnvironmentOptions(databasesMax: 8))
    }

    /// All rows; nil if nothing was ever committed.
    func load() throws(LMDBError) -> [Table: [Row]]? {
        let transaction = try self.environment.read()
        var contents: [Table: [Row]] = [:]
        for table in Table.allCases {
            guard let database = try transaction.database(table.rawValue) else { return nil }
            var rows: [Row] = []
            var cursor = try transaction.cursor(database)
            while try cursor.next() {
                rows.append(Row(key: cursor.key.copied(), value: cursor.value.copied()))
            }
            contents[table] = rows
        }
        return contents
    }

    /// Makes all changes or none, durably.
    func commit(_ changes: [Change]) throws(LMDBError) {
        while true {
            do {
                return try self.attempt(changes)
            } catch {
                let mapBytes = self.environment.mapBytes
                guard error.isMapFull, mapBytes < Self.mapBytesMax else { throw error }
                // No transaction is open now: this thread alone uses the environment.
                try self.environment.resizeMap(bytes: mapBytes * 2)
            }
        }
    }

    private func attempt(_ changes: [Change]) throws(LMDBError) {
        var transaction = try self.environment.write()
        var databases: [Table: Database] = [:]
        for table in Table.allCases { databases[table] = try transaction.database(table.rawValue) }
        for change in changes {
            guard let database = databases[change.table] else { continue }
            if let value = change.value {
                try transaction.put(unsafe change.key.span.bytes, unsafe value.span.bytes, in: database)
            } else {
                try transaction.delete(unsafe change.key.span.bytes, in: database)
            }
        }
        Failpoint.reach(.catalogCommit)
        try transaction.commit()
        Failpoint.reach(.catalogCommitted)
    }
}
