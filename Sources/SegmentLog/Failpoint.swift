import Glibc
import Synchronization

/// A step of persistence at which a test can end the process, as a crash would.
///
/// The environment variable `WEIR_FAILPOINT=name[:count]` arms one: the process ends at once with status 137
/// when it comes there for the `count`-th time (1 if not given). Names are those of the cases. A step is
/// reached just before it is done, so `segmentSync` means "written, not synced" and `segmentSynced` means
/// "synced, not acknowledged". Unarmed, reaching one costs the load of a constant.
public enum Failpoint: String, CaseIterable, Sendable {
    /// Before bytes are written to a segment.
    case segmentWrite
    /// Before a segment is synced.
    case segmentSync
    /// After a segment has been synced.
    case segmentSynced
    /// Before a segment file is made.
    case segmentCreate
    /// Before a full segment is cut to its length.
    case segmentSeal
    /// Before the mark of an erased record is written.
    case segmentErase
    /// Before the body of an erased record is overwritten.
    case segmentEraseBody
    /// Before a segment file is removed.
    case segmentRemove
    /// Before recovery cuts an unfinished tail.
    case segmentCut
    /// Before the new form of a segment is begun in a temporary file.
    case rewriteCreate
    /// Before a block is written to it.
    case rewriteWrite
    /// Before it is synced.
    case rewriteSync
    /// Before it takes the place of the segment.
    case rewriteRename
    /// After it has, and before that is synced.
    case rewriteRenamed
    /// Before bytes are written to a journal file.
    case journalWrite
    /// Before a journal file is synced.
    case journalSync
    /// After a journal file has been synced.
    case journalSynced
    /// Before a new journal file is made.
    case journalRotate
    /// Before a journal file that a newer one follows is cut to its length.
    case journalSeal
    /// Before a journal file is removed.
    case journalRemove
    /// Before recovery cuts an unfinished tail of the journal.
    case journalCut
    /// Before the index transaction of a checkpoint begins.
    case checkpointBegin
    /// Before the index transaction of a checkpoint is committed.
    case checkpointCommit
    /// After the index transaction of a checkpoint has been committed.
    case checkpointCommitted
    /// Before an index is copied without its free pages.
    case indexCopy
    /// Before the copy takes the place of the index.
    case indexReplace
    /// After the index has lost its name, and before the copy gets it.
    case indexReplaced
    /// Before a change of the catalog is committed.
    case catalogCommit
    /// After a change of the catalog has been committed.
    case catalogCommitted
    /// Before a catalog that cannot be used is moved to quarantine.
    case catalogQuarantine
    /// Before the second copy of a stream's catalog entry is written to a temporary file.
    case streamMetaWrite
    /// Before that temporary file gets its name.
    case streamMetaRename
    /// Before that name is synced.
    case streamMetaSync
    /// Before a removed stream's directory is moved to trash.
    case streamDiscard
    /// Before the move is synced.
    case streamDiscardSync
    /// Before an entry of trash is removed.
    case trashRemove
    /// Before the text of a new store's lock file is written.
    case storeCreate

    /// Ends the process here if this is the armed failpoint and the count is reached.
    @inline(__always)
    public static func reach(_ point: Failpoint) {
        if let armed = Failpoint.armed { armed.reach(point) }
    }

    private static let armed: Armed? = Armed()

    /// The failpoint named by the environment.
    private final class Armed: Sendable {
        let point: Failpoint
        let count: Int
        let reached = Atomic<Int>(0)

        init?() {
            guard let raw = unsafe getenv("WEIR_FAILPOINT") else { return nil }
            let parts = unsafe String(cString: raw).split(separator: ":", maxSplits: 1)
            guard let name = parts.first, let point = Failpoint(rawValue: String(name)) else { return nil }
            self.point = point
            self.count = parts.count == 2 ? Int(parts[1]) ?? 1 : 1
        }

        func reach(_ point: Failpoint) {
            if point != self.point { return }
            // No cleanup and no flush on the way out: that is what a crash is.
            if self.reached.wrappingAdd(1, ordering: .relaxed).newValue == self.count { _exit(137) }
        }
    }
}
