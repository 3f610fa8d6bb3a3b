internal import LMDB

/// How full the index of a store is, and how long its reader holds on to what it sees.
public struct IndexUse: Sendable, Equatable {
    /// Pages of the file, free ones included.
    public var pages: Int
    /// Pages that the file may grow to in the address space reserved for it.
    public var pagesMax: Int
    /// Places for readers that were ever in use at a time.
    public var readers: Int
    /// Transactions committed since the oldest reader began: what they freed cannot be used again.
    public var oldestReaderAge: Int
}

extension IndexReader {
    /// How full the index is; nil while it is closed.
    var use: IndexUse? {
        guard let view = self.openView else { return nil }
        let use = view.files.environment.use
        let seen = view.transaction.id
        return IndexUse(
            pages: use.pages,
            pagesMax: use.pagesMax,
            readers: use.readers,
            // A view that is given up for the moment sees nothing.
            oldestReaderAge: seen == 0 ? 0 : max(0, use.lastTransaction - seen)
        )
    }
}

extension FileStreamStore {
    /// How full the index is; nil while its files are closed.
    ///
    /// Constant time, and opens nothing.
    public var indexUse: IndexUse? { self.reader.use }
}
