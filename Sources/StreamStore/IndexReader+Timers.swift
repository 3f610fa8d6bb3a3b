internal import LMDB

extension IndexReader {
    /// The first timer after `timer`; nil: the first of all.
    func timer(after timer: MessageTimer?) -> MessageTimer? {
        guard let view = self.opened() else { return nil }
        var key: [UInt8] = []
        let from = timer ?? MessageTimer(due: .min, sequence: 0)
        from.encodeKey(into: &key)
        do throws(LMDBError) {
            guard unsafe try view.timers.seek(key.span.bytes) else { return nil }
            if timer != nil, view.timers.timer == timer, try !view.timers.next() { return nil }
            if let found = view.timers.timer { return found }
            self.fail("a key of database timers is damaged")
        } catch {
            self.fail(error)
        }
        return nil
    }

    /// Adds the sequences of `range` that never go by age, ascending.
    func exempt(in range: Range<UInt64>, into sequences: inout [UInt64]) {
        guard let view = self.opened() else { return }
        var key: [UInt8] = []
        MessageTimer(due: MessageTimer.never, sequence: range.lowerBound).encodeKey(into: &key)
        do throws(LMDBError) {
            var found = unsafe try view.timers.seek(key.span.bytes)
            while found {
                guard let timer = view.timers.timer else {
                    return self.fail("a key of database timers is damaged")
                }
                if timer.sequence >= range.upperBound { return }
                sequences.append(timer.sequence)
                found = try view.timers.next()
            }
        } catch {
            self.fail(error)
        }
    }
}

extension Cursor {
    /// The timer it stands on.
    fileprivate var timer: MessageTimer? { MessageTimer(key: self.key) }
}
