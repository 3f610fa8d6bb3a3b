internal import LMDB

/// What of an index is open: its files, a read transaction, and a cursor for each database that is walked.
final class IndexView {
    /// A variable only so that it can be asked whether anybody else has them.
    var files: IndexFiles
    var transaction: ReadTransaction
    var subjects: Cursor
    var postings: Cursor
    var positions: Cursor
    var deleted: Cursor
    var timers: Cursor

    init(_ files: IndexFiles) throws(LMDBError) {
        self.files = files
        let transaction = try files.environment.read()
        self.subjects = try transaction.cursor(files.subjects)
        self.postings = try transaction.cursor(files.postings)
        self.positions = try transaction.cursor(files.positions)
        self.deleted = try transaction.cursor(files.deleted)
        self.timers = try transaction.cursor(files.timers)
        self.transaction = transaction
    }

    /// Sees what is committed now.
    func renew() throws(LMDBError) {
        try self.transaction.renew()
        try self.subjects.renew(self.transaction)
        try self.postings.renew(self.transaction)
        try self.positions.renew(self.transaction)
        try self.deleted.renew(self.transaction)
        try self.timers.renew(self.transaction)
    }
}
