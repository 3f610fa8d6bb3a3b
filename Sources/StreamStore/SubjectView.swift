internal import StreamModel
internal import Subjects

/// What is known of one subject, whatever layer says it.
struct SubjectView {
    /// Messages stored; never zero.
    var count: UInt64
    /// No message of the subject is stored below it.
    ///
    /// It may itself be below the stream's first message, where holes are no longer told.
    var first: UInt64
    /// The newest message.
    var last: UInt64
    /// Its place in the tail; nil if it was not touched.
    var tail: Int?
    /// Its place in the frozen layer; nil if it was not touched there, or the tail hides it.
    var frozen: Int?
    /// What LMDB says; nil if that was not looked up yet, or there is nothing.
    var row: SubjectRow?
    /// Whether ``row`` was looked up.
    var hasRow = false
}

extension FileStreamStore {
    /// What is known of the subject; nil if none of its messages is stored.
    func view(_ subject: RawSpan) -> SubjectView? {
        let hash = self.subjectHash.hash(subject)
        let frozen = self.tail.isReset ? nil : self.frozen
        let frozenIndex = frozen?.subjects.find(subject, hash: hash)
        if let index = self.tail.subjects.find(subject, hash: hash) {
            return Self.view(self.tail.subjects.entries[index], tail: index, frozen: frozenIndex)
        }
        if let frozen, let frozenIndex {
            return Self.view(frozen.subjects.entries[frozenIndex], tail: nil, frozen: frozenIndex)
        }
        if self.hidesIndex { return nil }
        return self.reader.subject(subject)
            .map { row in
                SubjectView(count: row.count, first: row.first, last: row.last, row: row, hasRow: true)
            }
    }

    /// Whether a purge of everything hides what LMDB holds.
    var hidesIndex: Bool { self.tail.isReset || self.frozen?.isReset ?? false }

    private static func view(_ entry: SubjectTable.Entry, tail: Int?, frozen: Int?) -> SubjectView? {
        if entry.count == 0 { return nil }
        return SubjectView(
            count: entry.count,
            first: entry.first,
            last: entry.last,
            tail: tail,
            frozen: frozen
        )
    }

    /// Looks up what LMDB says, if that was not done.
    private func fill(_ view: inout SubjectView, _ subject: RawSpan) {
        if view.hasRow { return }
        view.hasRow = true
        if !self.hidesIndex { view.row = self.reader.subject(subject) }
    }

    /// Calls `body` with each stored subject that matches, until it returns false.
    ///
    /// `body` may read this store, but not subjects.
    func forEachView(matching filter: SubjectFilter, _ body: (RawSpan, SubjectView) -> Bool) {
        if let only = filter.literal {
            if let view = unsafe self.view(only.bytes.span.bytes) {
                _ = unsafe body(only.bytes.span.bytes, view)
            }
            return
        }
        let tail = self.tail
        let frozen = tail.isReset ? nil : self.frozen
        var goesOn = true
        for index in tail.subjects.entries.indices where goesOn && tail.subjects.entries[index].count > 0 {
            tail.withText(index) { text in
                if !filter.matches(text) { return }
                let below = frozen?.subjects.find(text, hash: tail.subjects.entries[index].hash)
                if let view = Self.view(tail.subjects.entries[index], tail: index, frozen: below) {
                    goesOn = body(text, view)
                }
            }
        }
        if let frozen {
            for index in frozen.subjects.entries.indices
            where goesOn && frozen.subjects.entries[index].count > 0 {
                frozen.withText(index) { text in
                    if tail.subjects.find(text, hash: frozen.subjects.entries[index].hash) != nil { return }
                    if !filter.matches(text) { return }
                    if let view = Self.view(frozen.subjects.entries[index], tail: nil, frozen: index) {
                        goesOn = body(text, view)
                    }
                }
            }
        }
        self.forEachRow(matching: filter, &goesOn, body)
    }

    /// The subjects that no layer above LMDB knows.
    private func forEachRow(
        matching filter: SubjectFilter,
        _ goesOn: inout Bool,
        _ body: (RawSpan, SubjectView) -> Bool
    ) {
        if !goesOn { return }
        self.forEachStoredRow(matching: filter) { text, row in
            let hash = self.subjectHash.hash(text)
            if self.tail.subjects.find(text, hash: hash) != nil { return true }
            if self.frozen?.subjects.find(text, hash: hash) != nil { return true }
            return body(
                text,
                SubjectView(count: row.count, first: row.first, last: row.last, row: row, hasRow: true)
            )
        }
    }

    /// Calls `body` with each matching row of LMDB, once, until it returns false; the layers above may hide it.
    func forEachStoredRow(matching filter: SubjectFilter, _ body: (RawSpan, SubjectRow) -> Bool) {
        if self.hidesIndex { return }
        let patterns: [SubjectPattern?] = filter.isAll ? [nil] : filter.patterns
        var more = true
        for index in patterns.indices where more {
            self.reader.forEachSubject(patterns[index]) { text, row in
                for earlier in 0..<index where patterns[earlier]?.matches(text) ?? false { return true }
                more = body(text, row)
                return more
            }
        }
    }

    // MARK: Sequences of one subject

    /// The first stored message of the subject at or after `sequence`.
    func next(_ subject: RawSpan, _ view: SubjectView, from sequence: UInt64) -> UInt64? {
        var found: UInt64?
        self.forEachSequence(subject, view, from: sequence) { next in
            found = next
            return false
        }
        return found
    }

    /// Calls `body` with the subject's stored messages at or after `sequence`, ascending, until it returns false.
    func forEachSequence(
        _ subject: RawSpan,
        _ view: SubjectView,
        from sequence: UInt64,
        _ body: (UInt64) -> Bool
    ) {
        let start = Swift.max(sequence, view.first, self.first)
        if start > view.last { return }
        var view = view
        let end = self.oldestInLayers ?? .max
        if start < end {
            self.fill(&view, subject)
            if let row = view.row, !self.forEachIndexed(row, from: start, below: end, body) { return }
        }
        if let index = view.frozen, let frozen = self.frozen {
            if !self.forEachLinked(frozen, index, from: start, isLive: { !self.isHole($0) }, body) { return }
        }
        if let index = view.tail {
            _ = self.forEachLinked(self.tail, index, from: start, isLive: { _ in true }, body)
        }
    }

    /// The oldest message that is not in LMDB.
    var oldestInLayers: UInt64? {
        (self.tail.isReset ? nil : self.frozen?.entries.first?.sequence) ?? self.tail.entries.first?.sequence
    }

    /// The messages of LMDB; false if `body` returned false.
    func forEachIndexed(
        _ row: SubjectRow,
        from start: UInt64,
        below end: UInt64,
        _ body: (UInt64) -> Bool
    ) -> Bool {
        guard let id = row.postings else {
            for sequence in row.count == 1 ? [row.first] : [row.first, row.last]
            where sequence >= start && sequence < end && !self.isHole(sequence) {
                if !body(sequence) { return false }
            }
            return true
        }
        var found = self.reader.readPostings(id, around: start)
        while found {
            let sequences = self.reader.row.sequences
            var index = self.reader.row.index(atOrAfter: start)
            while index < sequences.count {
                if sequences[index] >= end { return true }
                if !self.isHole(sequences[index]), !body(sequences[index]) { return false }
                index += 1
            }
            found = self.reader.readNextPostings(id)
        }
        return true
    }

    /// The messages of a layer; false if `body` returned false.
    private func forEachLinked(
        _ layer: IndexLayer,
        _ subject: Int,
        from start: UInt64,
        isLive: (UInt64) -> Bool,
        _ body: (UInt64) -> Bool
    ) -> Bool {
        let entry = layer.subjects.entries[subject]
        var mark = entry.head
        if mark == 0 { return true }
        // Most often `start` is a message of the subject, or near the end.
        if let index = layer.index(of: start), layer.entries[index].subject == UInt32(subject) {
            mark = UInt32(index + 1)
        } else if entry.tail != 0, layer.entries[Int(entry.tail) - 1].sequence < start {
            return true
        }
        while mark != 0 {
            let message = layer.entries[Int(mark) - 1]
            if message.sequence >= start, isLive(message.sequence), !body(message.sequence) { return false }
            mark = message.next
        }
        return true
    }

    /// The last stored message of the subject at or before `limit`.
    func last(_ subject: RawSpan, _ view: SubjectView, atOrBefore limit: UInt64) -> UInt64? {
        let first = Swift.max(view.first, self.first)
        if limit < first { return nil }
        if limit >= view.last { return view.last }
        if let index = view.tail {
            var mark = self.tail.subjects.entries[index].tail
            while mark != 0 {
                let message = self.tail.entries[Int(mark) - 1]
                if message.sequence <= limit {
                    return message.sequence >= first ? message.sequence : nil
                }
                mark = message.previous
            }
        }
        if let index = view.frozen, let frozen = self.frozen {
            var mark = frozen.subjects.entries[index].tail
            while mark != 0 {
                let message = frozen.entries[Int(mark) - 1]
                if message.sequence < first { return nil }
                if message.sequence <= limit, !self.isHole(message.sequence) { return message.sequence }
                mark = message.previous
            }
        }
        var view = view
        self.fill(&view, subject)
        guard let row = view.row else { return nil }
        return self.lastIndexed(row, from: first, atOrBefore: limit)
    }

    private func lastIndexed(_ row: SubjectRow, from first: UInt64, atOrBefore limit: UInt64) -> UInt64? {
        guard let id = row.postings else {
            for sequence in [row.last, row.first]
            where sequence <= limit && sequence >= first && !self.isHole(sequence) {
                return sequence
            }
            return nil
        }
        var found = self.reader.readPostings(id, around: limit)
        while found {
            for sequence in self.reader.row.sequences.reversed() where sequence <= limit {
                if sequence < first { return nil }
                if !self.isHole(sequence) { return sequence }
            }
            found = self.reader.readPreviousPostings(id)
        }
        return nil
    }

    /// How many stored messages of the subject are at or after `sequence`.
    func count(_ subject: RawSpan, _ view: SubjectView, from sequence: UInt64) -> UInt64 {
        if sequence <= Swift.max(view.first, self.first) { return view.count }
        if sequence > view.last { return 0 }
        var view = view
        var count: UInt64 = 0
        if let index = view.tail { count += Self.countLinked(self.tail, index, from: sequence) }
        if let index = view.frozen, let frozen = self.frozen {
            count += Self.countLinked(frozen, index, from: sequence)
        }
        self.fill(&view, subject)
        if let row = view.row {
            if let id = row.postings {
                if sequence <= row.last {
                    count += self.reader.countPostings(id, from: sequence, hasHoles: row.hasHoles)
                }
            } else {
                if row.first >= sequence { count += 1 }
                if row.count > 1, row.last >= sequence { count += 1 }
            }
        }
        // What was removed below since is still counted there.
        var removed: UInt64 = 0
        if let index = view.tail { removed += self.tail.messages.removals(of: index, from: sequence) }
        if let index = view.frozen, let frozen = self.frozen {
            removed += frozen.messages.removals(of: index, from: sequence)
        }
        return count >= removed ? count - removed : 0
    }

    private static func countLinked(_ layer: IndexLayer, _ subject: Int, from sequence: UInt64) -> UInt64 {
        var count: UInt64 = 0
        var mark = layer.subjects.entries[subject].tail
        while mark != 0 {
            let message = layer.entries[Int(mark) - 1]
            if message.sequence < sequence { break }
            count += 1
            mark = message.previous
        }
        return count
    }
}

extension SubjectFilter {
    /// The one subject that matches; nil if there may be several.
    var literal: SubjectPattern? {
        guard self.patterns.count == 1, self.patterns[0].isLiteral else { return nil }
        return self.patterns[0]
    }
}
