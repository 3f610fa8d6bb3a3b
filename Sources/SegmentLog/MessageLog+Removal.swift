extension MessageLog {
    /// Overwrites the body of the record at `position` with zeros and marks the record as erased.
    ///
    /// At once if the record is still in memory alone, else by the next write: until then the bytes are on the
    /// disk, but no longer readable here. After a crash, ask again for every erasure that no finished write had
    /// covered; erasing what is erased does no harm.
    ///
    /// - Returns: what a read would have found: ``ReadResult/record(next:)`` if there is something to erase.
    public func erase(at position: LogPosition) -> ReadResult {
        var found: RecordHeader?
        self.visitsErased = true
        let result = self.withRecord(at: position) { header, _ in found = header }
        self.visitsErased = false
        guard let header = found, let segment = self.segment(header.position.segment) else { return result }
        // A rewriting has left the record out: this is the one after it.
        if header.position != position, position < header.position { return .erased(next: header.position) }
        if self.writer.isErasing(header.position) { return result }
        let erasure = Erasure(header, seed: segment.seed)
        if let (block, range, isCurrent) = self.writer.find(header.position), isCurrent {
            let target = unsafe block.base + range.lowerBound
            // The record is whole in the block, and no other thread has the block yet.
            unsafe target.store(erasure.word, at: 0)
            let body = unsafe target + RecordFormat.headBytes
            unsafe body.initializeMemory(as: UInt8.self, repeating: 0, count: erasure.bodyBytes)
        } else {
            self.writer.add(erasure)
        }
        return result
    }

    /// As ``erase(at:)`` if the record at `position` is the message `sequence`, also one that is marked as erased already,
    /// whose body may be left; false if it is another one or none.
    public func erase(_ sequence: UInt64, at position: LogPosition) -> Bool {
        var isFound = false
        self.visitsErased = true
        _ = self.withRecord(at: position) { header, _ in
            isFound = header.sequence == sequence && header.position == position
        }
        self.visitsErased = false
        if isFound { _ = self.erase(at: position) }
        return isFound
    }

    /// Whether a record was given to ``erase(at:)`` that no finished write has overwritten.
    public var isErasing: Bool { self.writer.isErasing }

    /// Gives up the segments in which every message is below `sequence`; nil if there are none.
    ///
    /// They are gone here at once, and on the disk when the result has been performed, on any thread. The
    /// last segment always stays, and so does every one that is not yet followed by one on the disk: call
    /// again after the next write.
    public func dropSegments(before sequence: UInt64) -> FileRemoval? {
        self.dropSegments { _, next in next.number <= sequence }
    }

    /// Gives up one segment, wherever it is; nil if it cannot be given up yet.
    ///
    /// As ``dropSegments(before:)`` for a segment in which no message is wanted any more.
    public func dropSegment(_ number: UInt64) -> FileRemoval? {
        self.dropSegments { segment, _ in segment.number == number }
    }

    private func dropSegments(where isDead: (_ segment: LogSegment, _ next: LogSegment) -> Bool)
        -> FileRemoval?
    {
        let memory = self.writer.memoryStart
        var dropped: [UInt64] = []
        var kept: [LogSegment] = []
        for index in self.segments.indices {
            let segment = self.segments[index]
            guard index + 1 < self.segments.count, isDead(segment, self.segments[index + 1]) else {
                kept.append(segment)
                continue
            }
            // A segment that is being rewritten has to wait until that has ended.
            if let rewrite = self.rewrite, rewrite.number == segment.number {
                rewrite.cancel()
                kept.append(segment)
                continue
            }
            // The next segment's header has to be on the disk: it holds the sequence that was reached.
            let next = LogPosition(segment: self.segments[index + 1].number, offset: UInt32(FileHeader.bytes))
            if let memory, memory < next {
                kept.append(segment)
                continue
            }
            dropped.append(segment.number)
            self.windows.forget(segment.number)
            segment.file = nil
            self.openSegments.removeAll { $0 === segment }
        }
        if dropped.isEmpty { return nil }
        self.segments = kept
        self.recentSegment = nil
        return FileRemoval(kind: .segment, directory: self.directory, numbers: dropped)
    }
}
