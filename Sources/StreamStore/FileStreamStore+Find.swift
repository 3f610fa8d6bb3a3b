public import StreamModel
public import Subjects

extension FileStreamStore {
    /// The most messages read one after the other in search of one that matches.
    private static let scanMax = 64
    /// The same, for one subject: its postings are found at once.
    private static let literalScanMax = 4

    /// The first stored sequence at or after `sequence`, stored at or after `time`, whose subject matches.
    ///
    /// First the next few messages are looked at, which finds a frequent subject at once; then the postings of all
    /// matching subjects are merged, a window at a time; messages in memory are looked at one after the other.
    public func next(
        from sequence: StreamSequence,
        since time: Timestamp?,
        matching filter: SubjectFilter
    ) -> StreamSequence? {
        var sequence = sequence
        if let time {
            guard let first = self.firstStored(atOrAfter: time.rawValue) else { return nil }
            sequence = Swift.max(sequence, StreamSequence(first))
        }
        if filter.isAll { return self.nextStored(sequence.rawValue).map { StreamSequence($0) } }
        return self.nextMatch(sequence.rawValue, filter).map { StreamSequence($0) }
    }

    private func nextMatch(_ sequence: UInt64, _ filter: SubjectFilter) -> UInt64? {
        var sequence = Swift.max(sequence, self.first)
        while sequence <= self.last, self.messages > 0 {
            if let window = self.windows.find(filter, sequence) {
                var place = self.windows.place(window, sequence)
                while let found = self.windows.sequence(window, place) {
                    if self.isStored(found) { return found }
                    place += 1
                }
                sequence = self.windows.end(window) + 1
                continue
            }
            let bound = self.oldestInLayers ?? self.last + 1
            if sequence >= bound { return self.searchLayers(sequence, filter) }
            switch self.scan(&sequence, filter, below: bound) {
            case .found(let found): return found
            case .end: return nil
            case .goesOn: self.makeWindow(sequence, filter, below: bound)
            }
        }
        return nil
    }

    private enum Scan {
        case found(UInt64)
        case end
        case goesOn
    }

    /// Looks at some messages from `sequence` on, and moves it behind them.
    private func scan(_ sequence: inout UInt64, _ filter: SubjectFilter, below bound: UInt64) -> Scan {
        for _ in 0..<(filter.literal == nil ? Self.scanMax : Self.literalScanMax) {
            guard let next = self.nextStored(sequence) else { return .end }
            sequence = next
            if next >= bound { return .goesOn }
            var matches = false
            _ = self.withSubject(of: next) { matches = filter.matches($0) }
            if matches { return .found(next) }
            sequence = next + 1
            if self.windows.find(filter, sequence) != nil { return .goesOn }
        }
        return .goesOn
    }

    /// Looks at the messages in memory one after the other, and remembers where none matched.
    private func searchLayers(_ sequence: UInt64, _ filter: SubjectFilter) -> UInt64? {
        var found: UInt64?
        if !self.tail.isReset, let frozen = self.frozen {
            found = self.search(frozen, sequence, filter, isTail: false)
        }
        found = found ?? self.search(self.tail, sequence, filter, isTail: true)
        let end = found ?? self.last
        if end - sequence >= UInt64(Self.scanMax) {
            self.windows.add(filter, sequence...end, found.map { [$0] } ?? [])
        }
        return found
    }

    private func search(
        _ layer: IndexLayer,
        _ sequence: UInt64,
        _ filter: SubjectFilter,
        isTail: Bool
    ) -> UInt64? {
        // A copy costs a few references, and keeps each look at it from being checked.
        let messages = layer.messages
        var index = messages.index(atOrAfter: Swift.max(sequence, self.first))
        var wanted: UInt32?
        if let literal = filter.literal {
            let subject = unsafe literal.bytes.span.bytes
            let hash = self.subjectHash.hash(subject)
            guard let place = messages.subjects.find(subject, hash: hash) else { return nil }
            wanted = UInt32(place)
        }
        while index < messages.entries.count {
            let entry = messages.entries[index]
            index += 1
            if entry.subject == .max { continue }
            if let wanted {
                if entry.subject != wanted { continue }
            } else if !messages.subjects.withText(Int(entry.subject), { filter.matches($0) }) {
                continue
            }
            // What was removed from the tail has no subject there.
            if isTail || !self.isHole(entry.sequence) { return entry.sequence }
        }
        return nil
    }

    /// Gathers what matches in LMDB from `sequence` on, as much as a window holds.
    ///
    /// The layers above say nothing of these messages but that some are gone, which are passed over.
    private func makeWindow(_ sequence: UInt64, _ filter: SubjectFilter, below bound: UInt64) {
        if sequence >= bound || self.windows.find(filter, sequence) != nil { return }
        let most = MatchWindows.sequencesMax
        var found: [UInt64] = []
        var end = bound - 1
        self.forEachStoredRow(matching: filter) { _, row in
            if row.last < sequence || row.first > end { return true }
            var count = 0
            _ = self.forEachIndexed(row, from: sequence, below: end + 1) { next in
                found.append(next)
                count += 1
                return count < most
            }
            // Each subject adds its lowest ones, so what is above the lowest `most` of all is not needed.
            if found.count >= 2 * most { end = Self.cut(&found, to: most) }
            return true
        }
        if found.count > most { end = Self.cut(&found, to: most) } else { found.sort() }
        // A subject that stopped at `most` entries ends the window: it has more behind.
        if found.count == most, let last = found.last { end = Swift.min(end, last) }
        self.windows.add(filter, sequence...end, found)
    }

    /// Keeps the lowest `count` of `sequences`, sorted, and returns the last of them.
    private static func cut(_ sequences: inout [UInt64], to count: Int) -> UInt64 {
        sequences.sort()
        sequences.removeLast(sequences.count - count)
        return sequences[count - 1]
    }

    /// The last stored sequence at or before `limit` whose subject matches.
    public func last(matching filter: SubjectFilter, atOrBefore limit: StreamSequence) -> StreamSequence? {
        let limit = limit.rawValue
        if self.messages == 0 || limit < self.first { return nil }
        if filter.isAll { return self.previousStored(limit).map { StreamSequence($0) } }
        if let only = filter.literal {
            let subject = unsafe only.bytes.span.bytes
            guard let view = self.view(subject) else { return nil }
            return self.last(subject, view, atOrBefore: limit).map { StreamSequence($0) }
        }
        var candidate = self.previousStored(limit)
        for _ in 0..<Self.scanMax {
            guard let sequence = candidate else { return nil }
            var matches = false
            _ = self.withSubject(of: sequence) { matches = filter.matches($0) }
            if matches { return StreamSequence(sequence) }
            candidate = sequence > 0 ? self.previousStored(sequence - 1) : nil
        }
        guard let rest = candidate else { return nil }
        var newest: UInt64 = 0
        self.forEachView(matching: filter) { subject, view in
            if view.last <= newest { return true }
            if let found = self.last(subject, view, atOrBefore: rest), found > newest { newest = found }
            return true
        }
        return newest == 0 ? nil : StreamSequence(newest)
    }

    /// How many stored messages at or after `sequence` match.
    ///
    /// Exact.
    public func count(from sequence: StreamSequence, matching filter: SubjectFilter) -> UInt64 {
        let start = Swift.max(sequence.rawValue, self.first)
        if self.messages == 0 || start > self.last { return 0 }
        if filter.isAll { return self.messages - self.storedBelow(start) }
        var count: UInt64 = 0
        self.forEachView(matching: filter) { subject, view in
            count += self.count(subject, view, from: start)
            return true
        }
        return count
    }

    /// Calls `body` with each matching subject, its count of messages and the newest of them, in no stated order.
    ///
    /// - Parameter limit: the newest that counts; subjects whose messages are all newer are left out.
    public func forEachSubject(
        matching filter: SubjectFilter,
        atOrBefore limit: StreamSequence?,
        _ body: (_ subject: RawSpan, _ count: UInt64, _ last: StreamSequence) -> Void
    ) {
        let limit = limit?.rawValue ?? .max
        self.forEachView(matching: filter) { subject, view in
            if let last = self.last(subject, view, atOrBefore: limit) {
                body(subject, view.count, StreamSequence(last))
            }
            return true
        }
    }
}
