internal import CLMDB

/// A place in a database.
///
/// The key and the value it stands on are valid until it moves, or its transaction ends or writes.
@safe public struct Cursor: ~Copyable {
    let handle: OpaquePointer
    private var foundKey = unsafe MDB_val()
    private var foundValue = unsafe MDB_val()
    private let environment: EnvironmentHandle

    init(handle: OpaquePointer, environment: EnvironmentHandle) {
        unsafe self.handle = handle
        self.environment = environment
    }

    deinit { unsafe mdb_cursor_close(self.handle) }

    /// The key it stands on.
    public var key: RawSpan {
        @_lifetime(borrow self)
        get { unsafe _overrideLifetime(RawSpan(_unsafeBytes: self.foundKey.buffer), borrowing: self) }
    }

    /// The value it stands on.
    public var value: RawSpan {
        @_lifetime(borrow self)
        get { unsafe _overrideLifetime(RawSpan(_unsafeBytes: self.foundValue.buffer), borrowing: self) }
    }

    /// Goes to the first key at or after `key`; false if there is none.
    public mutating func seek(_ key: RawSpan) throws(LMDBError) -> Bool {
        let code = unsafe key.withValue { pointer in
            unsafe self.foundKey = pointer.pointee
            return unsafe mdb_cursor_get(self.handle, &self.foundKey, &self.foundValue, MDB_SET_RANGE)
        }
        return try LMDB.found("mdb_cursor_get", code)
    }

    /// Goes to `key` itself; false if it is not there.
    public mutating func find(_ key: RawSpan) throws(LMDBError) -> Bool {
        let code = unsafe key.withValue { pointer in
            unsafe self.foundKey = pointer.pointee
            return unsafe mdb_cursor_get(self.handle, &self.foundKey, &self.foundValue, MDB_SET_KEY)
        }
        return try LMDB.found("mdb_cursor_get", code)
    }

    /// Goes to the last key at or before `key`; false if there is none.
    public mutating func seekBack(_ key: RawSpan) throws(LMDBError) -> Bool {
        guard try self.seek(key) else { return try self.last() }
        // `seek` stands at or after: only an equal key is at or before as well.
        let isEqual = unsafe self.key.withUnsafeBytes { one in
            unsafe key.withUnsafeBytes { other in unsafe one.elementsEqual(other) }
        }
        return isEqual ? true : try self.previous()
    }

    /// Goes to the first key; false if the database is empty.
    public mutating func first() throws(LMDBError) -> Bool { try self.move(MDB_FIRST) }

    /// Goes to the last key; false if the database is empty.
    public mutating func last() throws(LMDBError) -> Bool { try self.move(MDB_LAST) }

    /// Goes to the next key; false at the end.
    ///
    /// From nowhere: to the first.
    public mutating func next() throws(LMDBError) -> Bool { try self.move(MDB_NEXT) }

    /// Goes to the key before; false at the start.
    ///
    /// From nowhere: to the last.
    public mutating func previous() throws(LMDBError) -> Bool { try self.move(MDB_PREV) }

    /// Writes `value` under `key`, which is where it then stands.
    ///
    /// - Parameter append: whether `key` is known to come after all others: fills pages to the end.
    /// - Precondition: made by a write transaction.
    public mutating func put(_ key: RawSpan, _ value: RawSpan, append: Bool = false) throws(LMDBError) {
        let code = unsafe key.withValue { key in
            unsafe value.withValue { value in
                unsafe mdb_cursor_put(self.handle, key, value, append ? UInt32(MDB_APPEND) : 0)
            }
        }
        try check("mdb_cursor_put", code)
    }

    /// Deletes the entry it stands on; `next()` then goes to the one after it.
    ///
    /// - Precondition: made by a write transaction.
    public mutating func delete() throws(LMDBError) {
        unsafe try check("mdb_cursor_del", mdb_cursor_del(self.handle, 0))
        unsafe self.foundKey = MDB_val()
        unsafe self.foundValue = MDB_val()
    }

    /// Goes on in `transaction`, which was renewed; stands nowhere.
    public mutating func renew(_ transaction: borrowing ReadTransaction) throws(LMDBError) {
        unsafe self.foundKey = MDB_val()
        unsafe self.foundValue = MDB_val()
        unsafe try check("mdb_cursor_renew", mdb_cursor_renew(transaction.handle, self.handle))
    }

    private mutating func move(_ operation: MDB_cursor_op) throws(LMDBError) -> Bool {
        let code = unsafe mdb_cursor_get(self.handle, &self.foundKey, &self.foundValue, operation)
        return try LMDB.found("mdb_cursor_get", code)
    }
}
