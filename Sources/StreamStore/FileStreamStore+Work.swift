public import StreamModel

extension FileStreamStore {
    /// When ``nextWork(now:isLast:consumers:)`` may have something that it has not now; nil if nothing waits for a
    /// time.
    public var workDeadline: Timestamp? {
        // A full disk is tried again by its owner, who also asks again when what is under way is finished.
        if self.fullDisk != nil || self.refusal != nil { return nil }
        let rewrite = self.rewriteDeadline
        guard self.commit == nil, let sync = self.syncDeadline else { return rewrite }
        return rewrite.map { Swift.min($0, sync) } ?? sync
    }

    /// What is to be done on another thread now, or nil: nothing, or it is under way already.
    ///
    /// - Parameters:
    ///   - isLast: whether the store is about to be closed: then everything is due that is left, and rewriting ends.
    ///   - consumers: each consumer's whole progress as of now, asked for only if it is needed.
    public func nextWork(now: Timestamp, isLast: Bool, consumers: () -> [ConsumerSnapshot]) -> StoreWork? {
        self.tell(now.rawValue)
        if isLast {
            self.endRewrite()
            self.wantAllWritten()
        }
        if let commit = self.makeCommit() { return .commit(commit) }
        if !isLast {
            if let rewrite = self.makeRewrite(now: now) { return .rewrite(rewrite) }
            if !self.wantsCheckpoint { return nil }
        }
        if let checkpoint = self.makeCheckpoint(consumers: consumers()) { return .checkpoint(checkpoint) }
        // What was just frozen has to be durable before the index may say it.
        return self.makeCommit().map { .commit($0) }
    }

    /// Takes back what was performed, on the loop.
    ///
    /// - Throws: ``StoreError`` if it failed: after a failed commit the store refuses writes, unless the disk was full;
    ///   after anything else nothing is lost, and it is tried again.
    public func finish(_ work: StoreWork) throws(StoreError) {
        switch work {
        case .commit(let commit): try self.finish(commit)
        case .checkpoint(let checkpoint): try self.finish(checkpoint)
        case .rewrite(let rewrite): try self.finish(rewrite)
        }
    }
}
