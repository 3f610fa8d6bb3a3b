extension MessageLog {
    /// The segment that is being rewritten; nil if none is.
    public var rewriting: UInt64? { self.rewrite?.number }

    /// Begins to rewrite a segment, to be performed on another thread; nil if that cannot be done now.
    ///
    /// Only a sealed segment that is followed by one on the disk is rewritten, one at a time, and none in which a
    /// record waits to be erased.
    public func makeRewrite(_ number: UInt64, _ plan: RewritePlan) -> SegmentRewrite? {
        if self.rewrite != nil || self.frozen != nil || self.writer.isErasing { return nil }
        let index = self.segmentIndex(number)
        guard index + 1 < self.segments.count, self.segments[index].number == number else { return nil }
        let next = LogPosition(segment: self.segments[index + 1].number, offset: UInt32(FileHeader.bytes))
        if let memory = self.writer.memoryStart, memory < next { return nil }
        let rewrite = SegmentRewrite(
            number: number,
            plan: plan,
            directory: self.directory,
            stream: self.stream,
            keys: self.options.keys
        )
        self.rewrite = rewrite
        return rewrite
    }

    /// Takes back a performed rewriting.
    ///
    /// Nothing has been lost, however it ended. A failed system call is no reason to stop writing: the segment is
    /// whole, in its old form or its new one.
    public func finish(_ rewrite: SegmentRewrite) -> RewriteOutcome {
        precondition(rewrite === self.rewrite, "a rewriting was finished that is not under way")
        self.rewrite = nil
        guard let outcome = rewrite.outcome else {
            preconditionFailure("a rewriting was finished that was not performed")
        }
        if case .done(_, let fileBytes) = outcome, let segment = self.segment(rewrite.number) {
            self.reopen(rewrite.number)
            segment.packedBytes = fileBytes
        }
        return outcome
    }
}
