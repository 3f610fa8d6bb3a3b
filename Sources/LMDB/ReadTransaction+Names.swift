internal import CLMDB

extension ReadTransaction {
    /// The names of all databases.
    public func databaseNames() throws(LMDBError) -> [String] {
        var id: UInt32 = 0
        unsafe try check("mdb_dbi_open", mdb_dbi_open(self.handle, nil, 0, &id))
        var cursor = try self.cursor(Database(id: id))
        var names: [String] = []
        while try cursor.next() { names.append(cursor.keyText) }
        return names
    }
}

extension Cursor {
    /// The key it stands on, as text.
    fileprivate var keyText: String {
        let key = self.key
        return unsafe key.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
