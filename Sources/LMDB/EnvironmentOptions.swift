/// How an environment is opened.
@safe public struct EnvironmentOptions: Sendable {
    /// Address space reserved for the file, in bytes; the file itself grows only as it is used.
    ///
    /// Default 64 GiB. A file larger than this is opened with as much as it needs.
    public var mapBytes: Int
    /// The most named databases.
    public var databasesMax: UInt32
    /// The most read transactions at one time.
    public var readersMax: UInt32

    /// Makes options.
    public init(mapBytes: Int = 64 << 30, databasesMax: UInt32 = 16, readersMax: UInt32 = 32) {
        self.mapBytes = mapBytes
        self.databasesMax = databasesMax
        self.readersMax = readersMax
    }
}

/// Why an environment was not opened.
public enum EnvironmentOpenError: Error, Sendable, Equatable {
    /// LMDB or the kernel said so.
    case failed(LMDBError)
    /// The directory is on a network file system, where LMDB's locks and memory map do not work.
    case networkFileSystem(path: String)
    /// The file is shorter than its newest meta page says: reading it would be a bus error.
    case truncated(path: String, bytes: Int64, expected: Int64)
    /// This process has the environment open already.
    case isOpen(path: String)
    /// The meta pages make no sense.
    case damaged(path: String)
}
