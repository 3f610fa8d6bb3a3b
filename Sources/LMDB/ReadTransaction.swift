internal import CLMDB

/// A view of the environment as it was when this began or was last renewed.
///
/// Ended when it goes out of scope. Used by one thread at a time.
@safe public struct ReadTransaction: ~Copyable {
    let handle: OpaquePointer
    private let environment: EnvironmentHandle
    private var found = unsafe UnsafeRawBufferPointer(start: nil, count: 0)

    init(handle: OpaquePointer, environment: EnvironmentHandle) {
        unsafe self.handle = handle
        self.environment = environment
    }

    deinit { unsafe mdb_txn_abort(self.handle) }

    /// Looks `key` up; if it is there, ``value`` is what it names.
    public mutating func find(_ key: RawSpan, in database: Database) throws(LMDBError) -> Bool {
        var value = unsafe MDB_val()
        let code = unsafe key.withValue { unsafe mdb_get(self.handle, database.id, $0, &value) }
        guard try LMDB.found("mdb_get", code) else { return false }
        unsafe self.found = value.buffer
        return true
    }

    /// What the last ``find(_:in:)`` found.
    public var value: RawSpan {
        @_lifetime(borrow self)
        get {
            // The bytes are in the map, which does not change under a read transaction.
            unsafe _overrideLifetime(RawSpan(_unsafeBytes: self.found), borrowing: self)
        }
    }

    /// How many entries `database` has.
    public func count(_ database: Database) throws(LMDBError) -> Int {
        var statistics = MDB_stat()
        unsafe try check("mdb_stat", mdb_stat(self.handle, database.id, &statistics))
        return statistics.ms_entries
    }

    /// How many pages hold the entries of `database`, without those above them and those of very long values.
    public func leafPages(_ database: Database) throws(LMDBError) -> Int {
        var statistics = MDB_stat()
        unsafe try check("mdb_stat", mdb_stat(self.handle, database.id, &statistics))
        return statistics.ms_leaf_pages
    }

    /// A cursor over `database`, standing nowhere.
    ///
    /// It ends before or after this transaction, and is renewed with it.
    public func cursor(_ database: Database) throws(LMDBError) -> Cursor {
        var cursor: OpaquePointer?
        unsafe try check("mdb_cursor_open", mdb_cursor_open(self.handle, database.id, &cursor))
        guard let cursor = unsafe cursor else { throw LMDBError(call: "mdb_cursor_open", code: MDB_PANIC) }
        return unsafe Cursor(handle: cursor, environment: self.environment)
    }

    /// Gives up what it sees: it holds no page and no snapshot until it is renewed.
    public mutating func reset() {
        unsafe self.found = UnsafeRawBufferPointer(start: nil, count: 0)
        unsafe mdb_txn_reset(self.handle)
    }

    /// Sees what is committed now.
    ///
    /// - Throws: if the reader slot is lost; the transaction is of no use then.
    public mutating func renew() throws(LMDBError) {
        self.reset()
        unsafe try check("mdb_txn_renew", mdb_txn_renew(self.handle))
    }

    /// The number of the transaction whose result this sees.
    public var id: Int { unsafe Int(bitPattern: UInt(mdb_txn_id(self.handle))) }

    /// The named database, or nil if there is none.
    ///
    /// - Precondition: no other thread opens databases of this environment at the time.
    public func database(_ name: String) throws(LMDBError) -> Database? {
        var id: UInt32 = 0
        let code = unsafe mdb_dbi_open(self.handle, name, 0, &id)
        return try LMDB.found("mdb_dbi_open", code) ? Database(id: id) : nil
    }
}
