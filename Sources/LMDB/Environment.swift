internal import CLMDB
internal import Glibc

/// An open LMDB environment: one directory with `data.mdb` and `lock.mdb`.
///
/// Opened once per process. Any thread may begin a read transaction; a write transaction is begun and ended on
/// one thread. The files are closed when the environment and all its transactions are gone.
///
/// - Flags: `MDB_NOTLS`, so that a read transaction is not tied to a thread. Never `MDB_WRITEMAP` (a stray write
///   would corrupt, a full disk would be a bus error) and never `MDB_NOSYNC`.
@safe public struct Environment: ~Copyable, Sendable {
    let handle: EnvironmentHandle
    /// The directory.
    public let path: String

    /// Opens the environment in the directory `path`, which exists; makes the files if there are none.
    ///
    /// Slots that dead readers left behind are cleared.
    public init(path: String, options: EnvironmentOptions = EnvironmentOptions()) throws(EnvironmentOpenError)
    {
        self.handle = try Self.open(path, options, flags: UInt32(MDB_NOTLS))
        self.path = path
    }

    /// Opens the environment in the directory `path` for reading alone: no byte of its files is changed.
    ///
    /// LMDB takes no lock: its lock file would be written to. LMDB also trusts what it reads; see ``PageCheck``.
    ///
    /// - Precondition: nobody writes to the environment meanwhile; the caller holds a lock of its own for that.
    public init(
        readingOnly path: String,
        options: EnvironmentOptions = EnvironmentOptions()
    ) throws(EnvironmentOpenError) {
        self.handle = try Self.open(path, options, flags: UInt32(MDB_NOTLS | MDB_RDONLY | MDB_NOLOCK))
        self.path = path
    }

    private static func open(
        _ path: String,
        _ options: EnvironmentOptions,
        flags: UInt32
    ) throws(EnvironmentOpenError) -> EnvironmentHandle {
        if Self.isOnNetworkFileSystem(path: path) {
            throw .networkFileSystem(path: path)
        }
        try MetaPages.check(path: path + "/data.mdb")

        let claim: DirectoryClaim?
        do throws(LMDBError) { claim = try DirectoryClaim(path: path) } catch { throw .failed(error) }
        guard let claim else { throw .isOpen(path: path) }
        var created: OpaquePointer?
        let code = unsafe mdb_env_create(&created)
        guard code == MDB_SUCCESS, let environment = unsafe created else {
            claim.giveUp()
            throw .failed(LMDBError(call: "mdb_env_create", code: code))
        }
        do throws(LMDBError) {
            unsafe try check("mdb_env_set_mapsize", mdb_env_set_mapsize(environment, options.mapBytes))
            unsafe try check("mdb_env_set_maxdbs", mdb_env_set_maxdbs(environment, options.databasesMax))
            unsafe try check(
                "mdb_env_set_maxreaders",
                mdb_env_set_maxreaders(environment, options.readersMax)
            )
            unsafe try check("mdb_env_open", mdb_env_open(environment, path, flags, 0o640))
            var descriptor: CInt = -1
            unsafe try check("mdb_env_get_fd", mdb_env_get_fd(environment, &descriptor))
            if weir_set_cloexec(descriptor) < 0 { throw LMDBError(call: "fcntl", code: errno) }
            var dead: CInt = 0
            if flags & UInt32(MDB_NOLOCK) == 0 {
                unsafe try check("mdb_reader_check", mdb_reader_check(environment, &dead))
            }
        } catch {
            unsafe mdb_env_close(environment)
            claim.giveUp()
            throw .failed(error)
        }
        return unsafe EnvironmentHandle(environment, claim)
    }

    /// Begins the one write transaction; waits while another thread has it.
    public borrowing func write() throws(LMDBError) -> WriteTransaction {
        var transaction: OpaquePointer?
        unsafe try check("mdb_txn_begin", mdb_txn_begin(self.handle.pointer, nil, 0, &transaction))
        guard let transaction = unsafe transaction else {
            throw LMDBError(call: "mdb_txn_begin", code: MDB_PANIC)
        }
        return unsafe WriteTransaction(handle: transaction, environment: self.handle)
    }

    /// Begins a read transaction, which sees what is committed now and nothing later.
    ///
    /// It keeps pages freed after it from reuse: end or renew it soon after each write.
    public borrowing func read() throws(LMDBError) -> ReadTransaction {
        var transaction: OpaquePointer?
        unsafe try check(
            "mdb_txn_begin",
            mdb_txn_begin(self.handle.pointer, nil, UInt32(MDB_RDONLY), &transaction)
        )
        guard let transaction = unsafe transaction else {
            throw LMDBError(call: "mdb_txn_begin", code: MDB_PANIC)
        }
        return unsafe ReadTransaction(handle: transaction, environment: self.handle)
    }

    /// Bytes of address space the file may grow into.
    public var mapBytes: Int {
        var info = unsafe MDB_envinfo()
        return unsafe mdb_env_info(self.handle.pointer, &info) == MDB_SUCCESS ? unsafe info.me_mapsize : 0
    }

    /// Reserves `bytes` of address space.
    ///
    /// - Precondition: no transaction of this environment is open in the process (lmdb.h, `mdb_env_set_mapsize`).
    public borrowing func resizeMap(bytes: Int) throws(LMDBError) {
        unsafe try check("mdb_env_set_mapsize", mdb_env_set_mapsize(self.handle.pointer, bytes))
    }

    /// Whether `path` is on a network file system, where locks and memory maps do not hold.
    ///
    /// False if that cannot be found out.
    public static func isOnNetworkFileSystem(path: String) -> Bool {
        unsafe self.networkFileSystems.contains(UInt32(truncatingIfNeeded: weir_file_system_type(path)))
    }

    /// The most bytes of a key.
    public static let keyBytesMax = 511

    /// statfs(2) numbers of NFS, SMB, CIFS, SMB2, Ceph, AFS, Coda, NCP and 9P.
    private static let networkFileSystems: Set<UInt32> = [
        0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x00c3_6400, 0x5346_414f, 0x7375_7245, 0x564c, 0x0102_1997,
    ]
}
