internal import SegmentLog
public import StreamModel
internal import Subjects

extension FileStreamStore {
    /// Removes one message; `erase` overwrites its bytes.
    ///
    /// False if it is not stored.
    ///
    /// The bytes are overwritten after the next checkpoint: until then recovery needs to read what the message was,
    /// since it decided, by the limits, which others went.
    public func remove(_ sequence: StreamSequence, erase: Bool) -> Bool {
        guard self.isStored(sequence.rawValue) else { return false }
        self.write(.remove(sequence.rawValue, erase: erase))
        self.remove(sequence.rawValue, erase: erase)
        return true
    }

    /// As `remove(_:erase:)`, for a message that is stored.
    func remove(_ sequence: UInt64, erase: Bool) {
        if erase, let place = self.place(of: sequence) {
            self.erasures.append(PendingErasure(sequence: sequence, position: place.position))
            self.keepMessageID(of: sequence, at: place)
        }
        self.drop(sequence)
        self.removals.note(sequence, sequence, .deleted)
    }

    /// The most ids of overwritten messages that are kept.
    private static let erasedIDsMax = 65_536

    /// Notes the message's id: it stays known, and the log will no longer tell it.
    private func keepMessageID(of sequence: UInt64, at place: Place) {
        _ = self.log.withRecord(at: place.position) { header, body in
            guard header.sequence == sequence, let hash = self.messageID(header, body) else { return }
            self.erasedIDs.append(
                DedupTable.Entry(hash: hash, sequence: sequence, time: header.timestamp)
            )
        }
        if self.erasedIDs.count > Self.erasedIDsMax { self.erasedIDs.removeFirst(Self.erasedIDsMax / 2) }
    }

    /// Takes a stored message out of counters, subject and positions.
    ///
    /// - Parameter subject: its subject's place in the tail, if that is known: then the message is not read.
    func drop(_ sequence: UInt64, of subject: Int? = nil) {
        if let place = self.place(of: sequence) {
            self.bytes -= Swift.min(self.bytes, UInt64(place.size))
            self.segments.didRemove(in: place.position.segment, bytes: SegmentTable.recordBytes(place.size))
            self.dropFromSubject(sequence, place, subject)
        } else {
            self.reader.fail("a stored message has no position")
        }
        self.messages -= 1
        self.tail.isTouched = true
        if self.messages == 0 {
            self.first = self.last + 1
            self.gaps.removeAll()
        } else if sequence == self.first {
            self.first = self.searchStored(sequence + 1) ?? self.last + 1
        } else {
            self.markHoles(sequence...sequence)
        }
    }

    private func dropFromSubject(_ sequence: UInt64, _ place: Place, _ known: Int?) {
        if let index = place.tail {
            let subject = Int(self.tail.entries[index].subject)
            self.tail.messages.unlink(index)
            self.dropFromSubject(subject, sequence, isInTail: true)
            return
        }
        var subject = known
        if known != nil {
            // Nothing to look for.
        } else if let frozen = self.frozen, let index = place.frozen {
            frozen.withText(Int(frozen.entries[index].subject)) { subject = self.touch($0) }
        } else if !self.withSubject(of: sequence, { subject = self.touch($0) }) {
            // The record is damaged: the postings still know whose it was.
            subject = self.findSubject(of: sequence)
        }
        guard let subject else {
            self.reader.fail("a stored message has no subject")
            return
        }
        self.dropFromSubject(subject, sequence, isInTail: false)
    }

    private func dropFromSubject(_ subject: Int, _ sequence: UInt64, isInTail: Bool) {
        var entry = self.tail.subjects.entries[subject]
        guard entry.count > 0 else { return self.reader.fail("a subject has more messages than its count") }
        entry.count -= 1
        let hasMore = entry.count > 0
        if !hasMore {
            self.subjectCount -= 1
            entry.first = 0
            entry.last = 0
            entry.isFirstExact = true
        } else if sequence == entry.last {
            if !isInTail { self.tail.messages.addRemoval(sequence, subject: subject) }
            entry.removal = self.tail.subjects.entries[subject].removal
            entry.last = self.newest(of: subject, entry, below: sequence)
        } else if self.isOldest(sequence, of: subject, entry) {
            entry.first = sequence + 1
            entry.isFirstExact = false
            if isInTail, entry.head != 0 {
                entry.first = self.tail.entries[Int(entry.head) - 1].sequence
                entry.isFirstExact = true
            }
        } else if !isInTail {
            self.tail.messages.addRemoval(sequence, subject: subject)
            entry.removal = self.tail.subjects.entries[subject].removal
        }
        if entry.count == 1 {
            entry.first = entry.last
            entry.isFirstExact = true
        }
        self.tail.messages.subjects.update(subject) { $0 = entry }
    }

    /// Whether no message of the subject is stored before `sequence`, which is stored.
    private func isOldest(_ sequence: UInt64, of subject: Int, _ entry: SubjectTable.Entry) -> Bool {
        if sequence == self.first { return true }
        if entry.isFirstExact { return sequence == entry.first }
        return self.oldest(of: subject, entry).map { $0 >= sequence } ?? true
    }

    /// The oldest stored message of the subject.
    private func oldest(of subject: Int, _ entry: SubjectTable.Entry) -> UInt64? {
        let text = self.tail.subjects.text(subject)
        guard let view = unsafe self.view(text.span.bytes) else { return nil }
        return unsafe self.next(text.span.bytes, view, from: entry.first)
    }

    /// The newest stored message of the subject before `sequence`.
    private func newest(of subject: Int, _ entry: SubjectTable.Entry, below sequence: UInt64) -> UInt64 {
        let text = self.tail.subjects.text(subject)
        guard let view = unsafe self.view(text.span.bytes),
            let found = unsafe self.last(text.span.bytes, view, atOrBefore: sequence - 1)
        else {
            self.reader.fail("a subject has fewer messages than its count")
            return Swift.max(entry.first, 1)
        }
        return found
    }

    /// The subject whose postings hold `sequence`: for a record that cannot be read any more.
    private func findSubject(of sequence: UInt64) -> Int? {
        var found: [UInt8]?
        self.forEachView(matching: .all) { text, view in
            if view.first > sequence || view.last < sequence { return true }
            if self.next(text, view, from: sequence) == sequence { found = text.copied() }
            return found == nil
        }
        return found.map { text in unsafe self.touch(text.span.bytes) }
    }

    // MARK: Limits

    /// Drops messages from the front while `isOver`.
    func dropOldest(while isOver: (FileStreamStore) -> Bool) {
        let start = self.first
        while self.messages > 0, isOver(self) { self.drop(self.first) }
        if self.first > start { self.removals.note(start, self.first - 1, .limit) }
    }

    /// Drops the subject's oldest messages until no more than `most` are left.
    func trim(subject: Int, to most: UInt64) {
        while self.tail.subjects.entries[subject].count > most {
            let entry = self.tail.subjects.entries[subject]
            let oldest = entry.isFirstExact ? entry.first : self.oldest(of: subject, entry)
            guard let oldest, self.isStored(oldest) else {
                return self.reader.fail("a subject has fewer messages than its count")
            }
            self.drop(oldest, of: subject)
            self.removals.note(oldest, oldest, .limit)
        }
    }

    /// Puts limits in force.
    func apply(_ limits: StoreLimits) {
        self.limitsInForce = limits
        self.tail.isTouched = true
        if let most = limits.messagesPerSubject {
            var texts: [[UInt8]] = []
            self.forEachView(matching: .all) { text, view in
                if view.count > most { texts.append(text.copied()) }
                return true
            }
            // In an order of their own, so that replaying drops them in the same one.
            for text in texts.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                unsafe self.trim(subject: self.touch(text.span.bytes), to: most)
            }
        }
        if let most = limits.messages { self.dropOldest { $0.messages > most } }
        if let most = limits.bytes { self.dropOldest { $0.bytes > most } }
    }

    /// Drops all messages before `sequence`.
    func dropFront(below sequence: UInt64, _ cause: StoreRemoval.Cause) {
        let start = self.first
        if self.messages == 0 || sequence <= start { return }
        if sequence > self.last {
            self.dropAll()
        } else {
            while self.messages > 0, self.first < sequence { self.drop(self.first) }
        }
        self.removals.note(start, Swift.min(sequence - 1, self.last), cause)
    }

    /// Drops everything: a new tail hides all layers below.
    func dropAll() {
        let old = self.tail
        self.tail = IndexLayer()
        self.tail.isReset = true
        self.tail.isTouched = true
        self.tail.dedup = old.dedup
        self.tail.since = old.since
        self.tail.journalBytes = old.journalBytes
        self.messages = 0
        self.bytes = 0
        self.subjectCount = 0
        self.first = self.last + 1
        self.gaps.removeAll()
        self.segments.didRemoveAll()
        self.storedTimer = .known(nil)
    }
}
