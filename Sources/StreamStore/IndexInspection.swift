internal import LMDB
internal import SegmentLog

/// A stream's index, read without changing a byte of it: for tools that look at a store no server has open.
///
/// Its pages are checked before LMDB looks at them, so that nothing in the file can end the process.
public final class IndexInspection {
    /// What opening an index found.
    public enum Opening {
        /// There is none, or one that nothing was ever written to.
        case absent
        /// It cannot be used: why, as the end of a sentence.
        case damaged(String)
        /// The index.
        case open(IndexInspection)
    }

    /// The checkpoint record.
    public let checkpoint: StoreCheckpointRecord
    /// Databases that this program does not know.
    public let unknownTables: [String]
    /// Length of the file in bytes.
    public let bytes: UInt64
    let record: CheckpointRecord
    private var transaction: ReadTransaction
    private let databases: [IndexTable: Database]

    /// Opens the index in the stream's directory `directory`.
    ///
    /// - Throws: what a system call says.
    /// - Precondition: nobody writes to it meanwhile: the caller holds the store's lock.
    public static func open(inStream directory: String) throws(StoreError) -> Opening {
        let path = directory + "/index"
        let bytes: UInt64
        do throws(SegmentError) {
            bytes = try POSIXDirectory(path: path).fileSize("data.mdb")
        } catch {
            if error.isAbsent { return .absent }
            throw StoreError(error)
        }
        if bytes == 0 { return .absent }
        do throws(EnvironmentOpenError) {
            if let problem = try PageCheck.run(path: path).problem { return .damaged(problem) }
            let environment = try Environment(readingOnly: path)
            do throws(LMDBError) {
                return try self.open(environment, bytes: bytes)
            } catch {
                throw .failed(error)
            }
        } catch {
            switch error {
            case .truncated(_, let bytes, let expected):
                return .damaged("it has \(bytes) bytes and should have \(expected)")
            case .damaged: return .damaged("its first pages make no sense")
            case .failed(let error) where error.isDamage: return .damaged(error.description)
            case .failed(let error): throw StoreError(error, path: path)
            case .isOpen(let path): throw .inUse(path: path)
            case .networkFileSystem(let path):
                throw .foreign(path: path, reason: "an index cannot be on a network file system")
            }
        }
    }

    private static func open(
        _ environment: consuming Environment,
        bytes: UInt64
    ) throws(LMDBError) -> Opening {
        var transaction = try environment.read()
        var databases: [IndexTable: Database] = [:]
        for table in IndexTable.allCases {
            guard let database = try transaction.database(table.rawValue) else {
                return .damaged("database \(table.rawValue) is missing")
            }
            databases[table] = database
        }
        guard let meta = databases[.meta] else { return .damaged("database meta is missing") }
        let key = IndexFiles.recordKey
        guard try transaction.find(unsafe key.span.bytes, in: meta) else { return .absent }
        guard let record = transaction.inspectedRecord else {
            return .damaged("its checkpoint record is damaged or of a newer format")
        }
        let known = Set(IndexTable.allCases.map(\.rawValue))
        let unknown = try transaction.databaseNames().filter { !known.contains($0) }
        return .open(IndexInspection(record, transaction, databases, unknown: unknown, bytes: bytes))
    }

    private init(
        _ record: CheckpointRecord,
        _ transaction: consuming ReadTransaction,
        _ databases: [IndexTable: Database],
        unknown: [String],
        bytes: UInt64
    ) {
        self.record = record
        self.checkpoint = StoreCheckpointRecord(record)
        self.transaction = transaction
        self.databases = databases
        self.unknownTables = unknown
        self.bytes = bytes
    }

    /// The rows of a database, from the first one.
    public func rows(_ table: IndexTable) throws(StoreError) -> IndexRows {
        guard let database = self.databases[table] else {
            throw .index(call: "mdb_dbi_open", code: "MDB_NOTFOUND")
        }
        do throws(LMDBError) {
            return IndexRows(table, try self.transaction.cursor(database))
        } catch {
            throw .index(call: error.call, code: error.name)
        }
    }

    /// How many rows a database has.
    public func count(_ table: IndexTable) throws(StoreError) -> Int {
        guard let database = self.databases[table] else { return 0 }
        do throws(LMDBError) {
            return try self.transaction.count(database)
        } catch {
            throw .index(call: error.call, code: error.name)
        }
    }
}

extension ReadTransaction {
    /// The checkpoint record just found.
    fileprivate var inspectedRecord: CheckpointRecord? { CheckpointRecord(self.value) }
}
