internal import SegmentLog

/// A message that was removed and whose bytes are to be overwritten.
struct PendingErasure: Equatable {
    /// The message.
    var sequence: UInt64
    /// Its record.
    var position: LogPosition
}

extension FileStreamStore {
    /// Has the next write to the log overwrite the message; false if it is not there.
    @discardableResult
    func overwrite(_ erasure: PendingErasure) -> Bool {
        if !self.log.erase(erasure.sequence, at: erasure.position) { return false }
        self.overwriting.append(erasure)
        return true
    }

    /// Writes what is still to be overwritten to the journal again, behind a rotation.
    ///
    /// The checkpoint that is being made knows that these messages are gone, and the entries that said so go with their
    /// files. Should the process end before the bytes are overwritten, these entries have recovery do it.
    func journalErasures(_ erasures: [PendingErasure]) {
        for erasure in erasures + self.overwriting {
            self.write(.remove(erasure.sequence, erase: true))
        }
    }

    /// A write to the log has ended well: what it was to overwrite is overwritten.
    func didWriteErasures() {
        if !self.overwriting.isEmpty, !self.log.isErasing { self.overwriting.removeAll() }
    }
}
