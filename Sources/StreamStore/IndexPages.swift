internal import LMDB

/// How many leaf pages the databases have that are changed all over: how much memory a checkpoint takes, which LMDB
/// keeps changed pages in until they are written.
struct IndexPages {
    private var subjects = 0
    private var postings = 0
    private var deleted = 0
    private var dedup = 0
    private var timers = 0

    init(_ transaction: borrowing ReadTransaction, _ files: IndexFiles) throws(LMDBError) {
        self.subjects = try transaction.leafPages(files.subjects)
        self.postings = try transaction.leafPages(files.postings)
        self.deleted = try transaction.leafPages(files.deleted)
        self.timers = try transaction.leafPages(files.timers)
        for database in files.dedup { self.dedup = max(self.dedup, try transaction.leafPages(database)) }
    }

    /// Whether any subject has a row.
    var hasSubjects: Bool { self.subjects > 0 }

    /// Whether any timer is stored.
    var hasTimers: Bool { self.timers > 0 }

    /// About how many of them a checkpoint of that layer changes, at most.
    func changed(by layer: IndexLayer) -> Int {
        let messages = layer.messages
        let subjects = messages.subjects.entries.count
        return min(subjects, self.subjects) + min(subjects, self.postings)
            + min(layer.holes.starts.count, self.deleted) + min(layer.dedup.entries.count, self.dedup)
            + min(layer.timers.due.timers.count, self.timers)
    }
}
