internal import CLMDB

/// How the pages of an environment's file are used.
public struct PageUsage: Sendable, Equatable {
    /// Bytes of a page.
    public var pageBytes: Int
    /// Pages of the file, as far as it was ever written.
    public var file: Int
    /// Pages that hold something; the others are free and wait to be used again.
    public var used: Int

    /// Bytes of the file.
    public var fileBytes: Int { self.file * self.pageBytes }
    /// Bytes that a compacted copy would not have.
    public var freeBytes: Int { max(self.file - self.used, 0) * self.pageBytes }
}

extension Environment {
    /// How the file's pages are used, as of the last commit.
    ///
    /// - Parameter databases: all there are.
    public borrowing func pageUsage(_ databases: [Database]) throws(LMDBError) -> PageUsage {
        var info = unsafe MDB_envinfo()
        unsafe try check("mdb_env_info", mdb_env_info(self.handle.pointer, &info))
        let transaction = try self.read()
        // The two meta pages, and the trees of free pages (0) and of names (1).
        var used = 2
        var pageBytes = 0
        for id in [0, 1] + databases.map({ $0.id }) {
            var statistics = MDB_stat()
            unsafe try check("mdb_stat", mdb_stat(transaction.handle, id, &statistics))
            used +=
                statistics.ms_branch_pages + statistics.ms_leaf_pages + statistics.ms_overflow_pages
            pageBytes = Int(statistics.ms_psize)
        }
        return unsafe PageUsage(pageBytes: pageBytes, file: info.me_last_pgno + 1, used: used)
    }

    /// Writes a copy without free pages into the directory `path`, which exists and is empty.
    ///
    /// Nothing is synced. Blocks; reads go on meanwhile, and so do writes, which the copy does not have.
    public borrowing func copyCompacted(to path: String) throws(LMDBError) {
        let code = unsafe mdb_env_copy2(self.handle.pointer, path, UInt32(MDB_CP_COMPACT))
        try check("mdb_env_copy2", code)
    }
}
