internal import LMDB
internal import SegmentLog

/// The LMDB environment of a stream's index and its databases.
///
/// Immutable once open, so that the loop reads and a checkpoint writes through it at the same time.
final class IndexFiles: Sendable {
    /// The environment.
    let environment: Environment
    /// The checkpoint record, under the key `checkpoint`.
    let meta: Database
    /// Segment → how much of it is stored.
    let segments: Database
    /// Block → positions.
    let positions: Database
    /// Subject → counts and ends.
    let subjects: Database
    /// Subject id, first sequence → sequences.
    let postings: Database
    /// Chunk → holes.
    let deleted: Database
    /// Hash of message id → sequence and time; one database for each generation.
    let dedup: [Database]
    /// Due time, sequence → what is due.
    let timers: Database
    /// Consumer → snapshot.
    let consumers: Database

    /// All of them.
    var databases: [Database] {
        [self.meta, self.segments, self.positions, self.subjects, self.postings, self.deleted]
            + self.dedup + [self.timers, self.consumers]
    }

    /// Key of the checkpoint record.
    static let recordKey: [UInt8] = Array("checkpoint".utf8)
    /// Address space that an index reserves at first; it grows when it is full.
    static let mapBytes = 4 << 30

    /// Opens the environment in the directory `path`, which exists, and makes the databases that are missing.
    init(path: String, mapBytes: Int = IndexFiles.mapBytes) throws(EnvironmentOpenError) {
        self.environment = try Environment(path: path, options: EnvironmentOptions(mapBytes: mapBytes))
        do throws(LMDBError) {
            var transaction = try self.environment.write()
            self.meta = try transaction.database("meta")
            self.segments = try transaction.database("segments")
            self.positions = try transaction.database("positions")
            self.subjects = try transaction.database("subjects")
            self.postings = try transaction.database("postings")
            self.deleted = try transaction.database("deleted")
            self.dedup = [
                try transaction.database("dedup0"), try transaction.database("dedup1"),
                try transaction.database("dedup2"), try transaction.database("dedup3"),
            ]
            self.timers = try transaction.database("timers")
            self.consumers = try transaction.database("consumers")
            try transaction.commit()
        } catch {
            throw .failed(error)
        }
    }
}

extension IndexFiles {
    /// A file beside LMDB's own that says: this index is to be made again.
    static let damageMark = "damaged"

    /// Sees to it that the next opening makes the index again.
    func noteDamage() {
        // Without the mark the next opening finds the same damage as late as this one did.
        _ = try? POSIXDirectory(path: self.environment.path).createFile(Self.damageMark)
    }
}

extension StoreError {
    /// The error of the store for one of LMDB.
    init(_ error: LMDBError, path: String) {
        self = error.isNoSpace ? .noSpace(path: path) : .index(call: error.call, code: error.name)
    }
}
