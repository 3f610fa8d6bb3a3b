internal import CLMDB

/// Changes that are committed together or not at all.
///
/// Begun and ended on one thread. Aborted when it goes out of scope uncommitted.
@safe public struct WriteTransaction: ~Copyable {
    let handle: OpaquePointer
    private let environment: EnvironmentHandle
    private var isOver = false
    private var found = unsafe UnsafeRawBufferPointer(start: nil, count: 0)

    init(handle: OpaquePointer, environment: EnvironmentHandle) {
        unsafe self.handle = handle
        self.environment = environment
    }

    deinit { if !self.isOver { unsafe mdb_txn_abort(self.handle) } }

    /// Makes the changes durable: data, then meta page, each synced.
    ///
    /// - Throws: what LMDB says; nothing is changed then.
    public consuming func commit() throws(LMDBError) {
        // The handle is freed by LMDB whatever the outcome, so the deinit must not abort it.
        self.isOver = true
        unsafe try check("mdb_txn_commit", mdb_txn_commit(self.handle))
    }

    /// The named database, made if there is none.
    public mutating func database(_ name: String) throws(LMDBError) -> Database {
        var id: UInt32 = 0
        unsafe try check("mdb_dbi_open", mdb_dbi_open(self.handle, name, UInt32(MDB_CREATE), &id))
        return Database(id: id)
    }

    /// Looks `key` up; if it is there, ``value`` is what it names.
    public mutating func find(_ key: RawSpan, in database: Database) throws(LMDBError) -> Bool {
        var value = unsafe MDB_val()
        let code = unsafe key.withValue { unsafe mdb_get(self.handle, database.id, $0, &value) }
        guard try LMDB.found("mdb_get", code) else { return false }
        unsafe self.found = value.buffer
        return true
    }

    /// What the last ``find(_:in:)`` found.
    ///
    /// Gone with the next change.
    public var value: RawSpan {
        @_lifetime(borrow self)
        get {
            // Every change is a mutation of `self`, so the compiler ends this borrow before one.
            unsafe _overrideLifetime(RawSpan(_unsafeBytes: self.found), borrowing: self)
        }
    }

    /// Writes `value` under `key`.
    ///
    /// - Parameter append: whether `key` is known to come after all others: fills pages to the end.
    public mutating func put(
        _ key: RawSpan,
        _ value: RawSpan,
        in database: Database,
        append: Bool = false
    ) throws(LMDBError) {
        unsafe self.found = UnsafeRawBufferPointer(start: nil, count: 0)
        let code = unsafe key.withValue { key in
            unsafe value.withValue { value in
                unsafe mdb_put(self.handle, database.id, key, value, append ? UInt32(MDB_APPEND) : 0)
            }
        }
        try check("mdb_put", code)
    }

    /// Deletes `key`; false if it was not there.
    @discardableResult
    public mutating func delete(_ key: RawSpan, in database: Database) throws(LMDBError) -> Bool {
        unsafe self.found = UnsafeRawBufferPointer(start: nil, count: 0)
        let code = unsafe key.withValue { unsafe mdb_del(self.handle, database.id, $0, nil) }
        return try LMDB.found("mdb_del", code)
    }

    /// Deletes every entry of `database`, and keeps the database.
    public mutating func removeAll(in database: Database) throws(LMDBError) {
        unsafe self.found = UnsafeRawBufferPointer(start: nil, count: 0)
        unsafe try check("mdb_drop", mdb_drop(self.handle, database.id, 0))
    }

    /// How many entries `database` has.
    public func count(_ database: Database) throws(LMDBError) -> Int {
        var statistics = MDB_stat()
        unsafe try check("mdb_stat", mdb_stat(self.handle, database.id, &statistics))
        return statistics.ms_entries
    }

    /// Calls `body` with a cursor over `database`, which ends with the call.
    public mutating func withCursor<Result>(
        _ database: Database,
        _ body: (inout Cursor) throws(LMDBError) -> Result
    ) throws(LMDBError) -> Result {
        var cursor = try self.cursor(database)
        return try body(&cursor)
    }

    /// Calls `body` with cursors over two databases, which end with the call.
    public mutating func withCursors<Result>(
        _ first: Database,
        _ second: Database,
        _ body: (inout Cursor, inout Cursor) throws(LMDBError) -> Result
    ) throws(LMDBError) -> Result {
        var one = try self.cursor(first)
        var other = try self.cursor(second)
        return try body(&one, &other)
    }

    /// A cursor of a write transaction must be closed before it ends: hence the closures above.
    private mutating func cursor(_ database: Database) throws(LMDBError) -> Cursor {
        unsafe self.found = UnsafeRawBufferPointer(start: nil, count: 0)
        var handle: OpaquePointer?
        unsafe try check("mdb_cursor_open", mdb_cursor_open(self.handle, database.id, &handle))
        guard let handle = unsafe handle else { throw LMDBError(call: "mdb_cursor_open", code: MDB_PANIC) }
        return unsafe Cursor(handle: handle, environment: self.environment)
    }
}
