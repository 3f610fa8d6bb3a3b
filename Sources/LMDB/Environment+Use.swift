internal import CLMDB

/// How full an environment is.
public struct EnvironmentUse: Sendable, Equatable {
    /// Pages of the file, free ones included.
    public var pages = 0
    /// Pages that the file may grow to in the address space reserved for it.
    public var pagesMax = 0
    /// The number of the transaction committed last.
    public var lastTransaction = 0
    /// Places for readers that were ever in use at a time.
    public var readers = 0
}

extension Environment {
    /// How full the environment is; constant time.
    public var use: EnvironmentUse {
        var use = EnvironmentUse()
        var info = unsafe MDB_envinfo()
        var stat = MDB_stat()
        guard unsafe mdb_env_info(self.handle.pointer, &info) == MDB_SUCCESS,
            unsafe mdb_env_stat(self.handle.pointer, &stat) == MDB_SUCCESS
        else { return use }
        use.pages = unsafe Int(clamping: info.me_last_pgno) + 1
        use.pagesMax = unsafe Int(clamping: info.me_mapsize) / max(1, Int(stat.ms_psize))
        use.lastTransaction = unsafe Int(clamping: info.me_last_txnid)
        use.readers = unsafe Int(info.me_numreaders)
        return use
    }
}
