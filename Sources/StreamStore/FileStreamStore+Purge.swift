internal import SegmentLog
public import StreamModel
public import Subjects

extension FileStreamStore {
    /// Removes matching messages below `sequence` (nil: all of them) but the newest `keep`; returns how many.
    ///
    /// With no filter, no `keep` and a `sequence` beyond the last, the stream moves forward: the next message
    /// gets `sequence` (streams.md §2.7).
    public func purge(matching filter: SubjectFilter, below sequence: StreamSequence?, keep: UInt64) -> UInt64
    {
        let below = sequence?.rawValue
        let movesOn = filter.isAll && keep == 0 && (below.map { $0 > self.last + 1 } ?? false)
        if self.messages == 0 && !movesOn { return 0 }
        self.write(.purge(filter, below: below, keep: keep))
        return self.applyPurge(filter, below: below, keep: keep)
    }

    func applyPurge(_ filter: SubjectFilter, below: UInt64?, keep: UInt64) -> UInt64 {
        self.tail.isTouched = true
        let before = self.messages
        if !filter.isAll {
            self.purgeSubjects(filter, below: below ?? .max, keep: keep)
            return before - self.messages
        }
        var end = Swift.min(below ?? .max, self.last + 1)
        if keep > 0 { end = self.sequence(ofNewest: keep, below: end) }
        self.dropFront(below: end, .purged)
        if keep == 0, let below, below > self.last + 1, below <= Self.sequenceMax {
            self.advance(to: below - 1)
            // So that the sequence is remembered also when nothing else is left.
            if !self.isReplaying, self.log.lastSequence < below - 1 { self.log.roll(to: below) }
        }
        return before - self.messages
    }

    /// The sequence of the newest but `keep - 1` of the messages below `end`.
    private func sequence(ofNewest keep: UInt64, below end: UInt64) -> UInt64 {
        let stored = self.storedBelow(end)
        if stored <= keep { return self.first }
        if keep > stored / 2 {
            // Fewer go than stay.
            var sequence = self.first
            for _ in 0..<stored - keep { sequence = self.nextStored(sequence + 1) ?? end }
            return sequence
        }
        var sequence = end
        for _ in 0..<keep { sequence = self.previousStored(sequence - 1) ?? self.first }
        return sequence
    }

    /// Removes what matches below `end` but the newest `keep`.
    ///
    /// What goes is of each subject all up to some sequence. So a subject changes once, and its postings say where
    /// the messages are: none is read.
    private func purgeSubjects(_ filter: SubjectFilter, below end: UInt64, keep: UInt64) {
        var end = end
        if keep > 0 {
            guard let cut = self.cut(filter, below: end, keep: keep) else { return }
            end = cut
        }
        // First the subjects and then the changes, which would get in the way of reading subjects.
        var texts: [UInt8] = []
        var ends: [Int] = []
        self.forEachView(matching: filter) { subject, view in
            if view.first >= end { return true }
            texts.append(subject)
            ends.append(texts.count)
            return true
        }
        var run = PurgeRun()
        var start = 0
        for textEnd in ends {
            unsafe self.purge(texts.span.bytes.extracting(start..<textEnd), below: end, &run)
            start = textEnd
        }
        self.finish(&run)
    }

    /// The sequence below which all that matches goes when the newest `keep` below `end` stay; nil if none goes.
    private func cut(_ filter: SubjectFilter, below end: UInt64, keep: UInt64) -> UInt64? {
        var sequences: [UInt64] = []
        self.forEachView(matching: filter) { subject, view in
            self.forEachSequence(subject, view, from: 0) { sequence in
                if sequence < end { sequences.append(sequence) }
                return sequence < end
            }
            return true
        }
        if UInt64(sequences.count) <= keep { return nil }
        sequences.sort()
        return sequences[sequences.count - Int(keep)]
    }

    /// Removes the subject's messages below `end`.
    private func purge(_ subject: RawSpan, below end: UInt64, _ run: inout PurgeRun) {
        guard let view = self.view(subject) else { return }
        let index = self.touch(subject)
        var removed: UInt64 = 0
        var last: UInt64 = 0
        self.forEachSequence(subject, view, from: 0) { sequence in
            if sequence >= end { return false }
            self.purge(sequence, &run)
            removed += 1
            last = sequence
            return true
        }
        if removed == 0 { return }
        self.tail.messages.cutFront(of: index, through: last)
        var entry = self.tail.subjects.entries[index]
        guard removed <= entry.count else {
            return self.reader.fail("a subject has more messages than its count")
        }
        entry.count -= removed
        if entry.count == 0 {
            self.subjectCount -= 1
            entry.first = 0
            entry.last = 0
            entry.isFirstExact = true
        } else if entry.count == 1 {
            entry.first = entry.last
            entry.isFirstExact = true
        } else {
            entry.first = last + 1
            entry.isFirstExact = false
        }
        self.tail.messages.subjects.update(index) { $0 = entry }
    }

    /// Takes one stored message out of positions; its subject and the counters follow.
    @inline(__always)
    private func purge(_ sequence: UInt64, _ run: inout PurgeRun) {
        if let place = self.place(of: sequence) {
            run.bytes += UInt64(place.size)
            if place.position.segment != run.segment {
                self.segments.didRemove(run.inSegment, in: run.segment, bytes: run.bytesInSegment)
                run.segment = place.position.segment
                run.inSegment = 0
                run.bytesInSegment = 0
            }
            run.inSegment += 1
            run.bytesInSegment += SegmentTable.recordBytes(place.size)
        } else {
            self.reader.fail("a stored message has no position")
        }
        run.messages += 1
        run.first = Swift.min(run.first, sequence)
        run.last = Swift.max(run.last, sequence)
        let chunk = HoleChunk.number(of: sequence)
        if run.chunk != chunk {
            run.chunk = chunk
            run.words = self.touchHoles(chunk)
        }
        self.tail.holes.mark(Int(sequence & (HoleChunk.sequences - 1)), at: run.words)
    }

    /// Brings the counters up to date.
    private func finish(_ run: inout PurgeRun) {
        if run.messages == 0 { return }
        self.segments.didRemove(run.inSegment, in: run.segment, bytes: run.bytesInSegment)
        self.bytes -= Swift.min(self.bytes, run.bytes)
        guard run.messages <= self.messages else {
            return self.reader.fail("subjects have more messages than the stream")
        }
        self.messages -= run.messages
        if self.messages == 0 {
            self.first = self.last + 1
            self.gaps.removeAll()
        } else if run.first == self.first {
            self.first = self.searchStored(self.first) ?? self.last + 1
        }
        self.removals.note(run.first, run.last, .purged)
    }

    /// What a purge has removed so far.
    private struct PurgeRun {
        var messages: UInt64 = 0
        var bytes: UInt64 = 0
        /// The lowest and the highest sequence.
        var first: UInt64 = .max
        var last: UInt64 = 0
        /// The segment of the message before, and how many of it the table of segments does not know yet.
        var segment: UInt64 = .max
        var inSegment: UInt64 = 0
        var bytesInSegment: UInt64 = 0
        /// The chunk of holes of the message before, and where it is in the tail.
        var chunk: UInt64 = .max
        var words = 0
    }
}
