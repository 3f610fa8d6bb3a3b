internal import StreamModel

/// What a store wants done on another thread: made on the loop, performed elsewhere, then given back on the loop.
public enum StoreWork {
    /// Writes that make the last changes durable.
    case commit(StoreCommit)
    /// A step of the index.
    case checkpoint(StoreCheckpoint)
    /// A segment to write anew with only what is still wanted.
    case rewrite(StoreRewrite)

    /// Does it here and now; the outcome is read by ``StreamStore/finish(_:)``.
    public func perform() {
        switch self {
        case .commit(let commit): commit.perform()
        case .checkpoint(let checkpoint): checkpoint.perform()
        case .rewrite(let rewrite): rewrite.perform { _ in }
        }
    }
}

extension StreamStore {
    /// Closes files after a last commit and checkpoint, synchronously: for shutdown and tests.
    ///
    /// - Throws: the first ``StoreError`` of what was left to do; the rest of it is not done then.
    public func close(consumers: [ConsumerSnapshot]) throws(StoreError) {
        while let work = self.nextWork(now: .distantPast, isLast: true, consumers: { consumers }) {
            work.perform()
            try self.finish(work)
        }
        _ = self.rest()
    }
}
