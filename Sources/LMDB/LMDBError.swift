internal import CLMDB
internal import Glibc

/// Why a call of LMDB failed.
public struct LMDBError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The function that failed, as the library spells it: `mdb_txn_commit`.
    public let call: String
    /// The library's own code (negative) or the kernel's `errno` (positive).
    public let code: CInt

    /// Makes the error of that call.
    public init(call: StaticString, code: CInt) {
        self.call = call.description
        self.code = code
    }

    /// The error for a value that makes no sense to whoever wrote it.
    public static func damaged(_ what: StaticString) -> LMDBError {
        LMDBError(call: what, code: MDB_CORRUPTED)
    }

    /// The code under the name that `lmdb.h` gives it, or `errno 5` for the kernel's.
    public var name: String {
        switch self.code {
        case MDB_KEYEXIST: "MDB_KEYEXIST"
        case MDB_NOTFOUND: "MDB_NOTFOUND"
        case MDB_PAGE_NOTFOUND: "MDB_PAGE_NOTFOUND"
        case MDB_CORRUPTED: "MDB_CORRUPTED"
        case MDB_PANIC: "MDB_PANIC"
        case MDB_VERSION_MISMATCH: "MDB_VERSION_MISMATCH"
        case MDB_INVALID: "MDB_INVALID"
        case MDB_MAP_FULL: "MDB_MAP_FULL"
        case MDB_DBS_FULL: "MDB_DBS_FULL"
        case MDB_READERS_FULL: "MDB_READERS_FULL"
        case MDB_TLS_FULL: "MDB_TLS_FULL"
        case MDB_TXN_FULL: "MDB_TXN_FULL"
        case MDB_CURSOR_FULL: "MDB_CURSOR_FULL"
        case MDB_PAGE_FULL: "MDB_PAGE_FULL"
        case MDB_MAP_RESIZED: "MDB_MAP_RESIZED"
        case MDB_INCOMPATIBLE: "MDB_INCOMPATIBLE"
        case MDB_BAD_RSLOT: "MDB_BAD_RSLOT"
        case MDB_BAD_TXN: "MDB_BAD_TXN"
        case MDB_BAD_VALSIZE: "MDB_BAD_VALSIZE"
        case MDB_BAD_DBI: "MDB_BAD_DBI"
        default: "errno \(self.code)"
        }
    }

    /// Whether the map has to grow before the transaction can be made again.
    public var isMapFull: Bool { self.code == MDB_MAP_FULL }

    /// Whether the disk is full, or the quota used up.
    public var isNoSpace: Bool { self.code == ENOSPC || self.code == EDQUOT }

    /// Whether the file is not what LMDB wrote: damaged, foreign, or of another version.
    public var isDamage: Bool {
        switch self.code {
        case MDB_CORRUPTED, MDB_INVALID, MDB_VERSION_MISMATCH, MDB_PAGE_NOTFOUND, MDB_PANIC, MDB_BAD_TXN,
            MDB_INCOMPATIBLE, MDB_CURSOR_FULL:
            true
        default: false
        }
    }

    /// Call and code, for a log line.
    public var description: String { "\(self.call): \(self.name)" }
}

/// Throws unless `code` is success.
@inline(__always)
func check(_ call: StaticString, _ code: CInt) throws(LMDBError) {
    if code != MDB_SUCCESS { throw LMDBError(call: call, code: code) }
}

/// False for "not found", throws for any other failure.
@inline(__always)
func found(_ call: StaticString, _ code: CInt) throws(LMDBError) -> Bool {
    if code == MDB_SUCCESS { return true }
    if code == MDB_NOTFOUND { return false }
    throw LMDBError(call: call, code: code)
}
