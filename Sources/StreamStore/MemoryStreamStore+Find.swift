public import StreamModel
public import Subjects

extension MemoryStreamStore {
    /// The first stored sequence at or after `sequence`, stored at or after `time`, whose subject matches.
    public func next(
        from sequence: StreamSequence,
        since time: Timestamp?,
        matching filter: SubjectFilter
    ) -> StreamSequence? {
        guard let sequence = self.first(from: sequence, since: time) else { return nil }
        if let literals = MemorySubjectTable.literals(filter) {
            var best: UInt64?
            for pattern in literals {
                guard let entry = unsafe self.subjects.find(pattern.bytes.span.bytes),
                    let found = self.subjects.entries[Int(entry)].sequences
                        .first(atOrAbove: sequence.rawValue)
                else { continue }
                best = min(best ?? found, found)
            }
            return best.map { StreamSequence($0) }
        }
        var position = self.position(of: sequence.rawValue)
        while position < self.slots.count {
            if self.isLive(position, matching: filter) {
                return StreamSequence(self.slots[position].sequence)
            }
            position += 1
        }
        return nil
    }

    /// The last stored sequence at or before `limit` whose subject matches.
    public func last(matching filter: SubjectFilter, atOrBefore limit: StreamSequence) -> StreamSequence? {
        if filter.isAll {
            var position = limit.rawValue == .max ? self.slots.count : self.position(of: limit.rawValue + 1)
            while position > self.head {
                position -= 1
                if self.slots[position].isLive { return StreamSequence(self.slots[position].sequence) }
            }
            return nil
        }
        var best: UInt64?
        self.subjects.forEach(matching: filter) { index in
            if let found = self.subjects.entries[index].sequences.last(atOrBelow: limit.rawValue) {
                best = max(best ?? found, found)
            }
        }
        return best.map { StreamSequence($0) }
    }

    /// How many stored messages at or after `sequence` match.
    public func count(from sequence: StreamSequence, matching filter: SubjectFilter) -> UInt64 {
        if filter.isAll {
            let position = self.position(of: sequence.rawValue)
            if position == self.head { return self.state.messages }
            if self.deadSlots == 0 { return UInt64(self.slots.count - position) }
            var live: UInt64 = 0
            if self.slots.count - position <= position - self.head {
                for index in position..<self.slots.count where self.slots[index].isLive { live += 1 }
                return live
            }
            for index in self.head..<position where self.slots[index].isLive { live += 1 }
            return self.state.messages - live
        }
        var count: UInt64 = 0
        self.subjects.forEach(matching: filter) { index in
            let sequences = self.subjects.entries[index].sequences
            count += UInt64(sequences.count - sequences.lowerBound(sequence.rawValue))
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
        self.subjects.forEach(matching: filter) { index in
            let entry = self.subjects.entries[index]
            guard let last = entry.sequences.last(atOrBelow: limit?.rawValue ?? .max) else { return }
            unsafe body(entry.bytes.span.bytes, UInt64(entry.sequences.count), StreamSequence(last))
        }
    }

    /// The first sequence at or after `sequence` that may have been stored at or after `time`; nil: none was.
    private func first(from sequence: StreamSequence, since time: Timestamp?) -> StreamSequence? {
        guard let time else { return sequence }
        var low = self.head
        var high = self.slots.count
        while low < high {
            let middle = (low + high) / 2
            if self.slots[middle].timestamp < time { low = middle + 1 } else { high = middle }
        }
        return low < self.slots.count ? max(sequence, StreamSequence(self.slots[low].sequence)) : nil
    }

    /// Sequences between first and last that are not stored, ascending; also those removed at the end.
    public func deletedSequences() -> [StreamSequence] {
        var deleted: [StreamSequence] = []
        var expected = self.state.firstSequence
        for index in self.head..<self.slots.count where self.slots[index].isLive {
            while expected.rawValue < self.slots[index].sequence {
                deleted.append(expected)
                expected = expected.next
            }
            expected = StreamSequence(self.slots[index].sequence).next
        }
        while expected <= self.state.lastSequence, expected != .zero {
            deleted.append(expected)
            expected = expected.next
        }
        return deleted
    }

    /// The place of the first slot at or after `sequence`, dead ones included; the count when there is none.
    func position(of sequence: UInt64) -> Int {
        guard self.head < self.slots.count else { return self.slots.count }
        let base = self.slots[self.head].sequence
        if sequence <= base { return self.head }
        // Without holes the place follows from the distance; with holes it is before that.
        var high = self.slots.count
        if sequence - base < UInt64(high - self.head) {
            let guess = self.head + Int(sequence - base)
            if self.slots[guess].sequence == sequence { return guess }
            high = guess
        }
        var low = self.head
        while low < high {
            let middle = (low + high) / 2
            if self.slots[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func isLive(_ position: Int, matching filter: SubjectFilter) -> Bool {
        guard self.slots[position].isLive else { return false }
        if filter.isAll { return true }
        let subject = self.subjects.entries[Int(self.slots[position].subject)].bytes
        return unsafe filter.matches(subject.span.bytes)
    }
}
