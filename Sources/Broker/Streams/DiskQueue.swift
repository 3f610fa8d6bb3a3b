import Dispatch
import Glibc
import StreamEngine
import StreamStore
import Synchronization

/// The few threads on which writes, syncs and index checkpoints block, so that event loops never do.
///
/// A stream's commits all go to one queue, its checkpoints to another, so that a long checkpoint never
/// keeps a publisher waiting. Rewritings of all streams go to a third, one after another, and keep to a budget.
final class DiskQueue: Sendable {
    private let commits: [DispatchQueue]
    private let checkpoints: DispatchQueue
    private let catalog: DispatchQueue
    private let rewrites: DispatchQueue
    /// How long all of this takes.
    let timer = DiskTimer()

    /// Bytes a second that rewriting may read and write together: publishers come first.
    static let rewriteBytesPerSecond = 64 << 20

    init(threads: Int) {
        self.commits = (0..<max(1, threads))
            .map { DispatchQueue(label: "weir.commit.\($0)", qos: .userInitiated) }
        self.checkpoints = DispatchQueue(label: "weir.checkpoint", qos: .utility)
        self.catalog = DispatchQueue(label: "weir.catalog", qos: .userInitiated)
        self.rewrites = DispatchQueue(label: "weir.rewrite", qos: .background)
    }

    /// Performs a commit and mails it back to its stream, then the answers that waited for it to other loops.
    ///
    /// In this order: who is told that a message is stored and asks for it must not come before the stream knows. An
    /// answer that is `alone` goes to its client's socket from here.
    func perform(
        _ commit: StoreCommit,
        of address: StreamAddress,
        for shard: Shard,
        answers: WaitingAnswers?,
        alone: FramedMessage?,
        in account: Account
    ) {
        let shards = shard.broker.shards
        self.commits[Int(address.slot.index) % self.commits.count]
            .async {
                self.timer.measure {
                    commit.perform()
                } note: { timing, seconds in
                    timing.commits.record(seconds)
                    let synced = Double(commit.syncNanoseconds) / 1e9
                    if synced > 0 { timing.syncs.record(synced) }
                }
                shard.post(.committed(address.slot, commit))
                guard commit.isDurable else { return }
                alone?.send(by: shard.broker)
                guard let answers else { return }
                for (index, lane) in answers.lanes.enumerated() where lane.isUnderWay {
                    shards[index].post(.answers(lane, account))
                }
            }
    }

    /// Performs a checkpoint and mails it back to its stream.
    func perform(_ checkpoint: StoreCheckpoint, of address: StreamAddress, for shard: Shard) {
        self.checkpoints.async {
            self.timer.measure {
                checkpoint.perform()
            } note: { timing, seconds in
                timing.checkpoints.record(seconds)
            }
            shard.post(.checkpointed(address.slot, checkpoint))
        }
    }

    /// Performs a rewriting and mails it back to its stream.
    func perform(_ rewrite: StoreRewrite, of address: StreamAddress, for shard: Shard) {
        self.rewrites.async {
            let clock = ContinuousClock()
            // Work done in a slice of time sooner than the budget allows waits for the rest of the slice.
            var due = clock.now
            rewrite.perform { bytes in
                due += .nanoseconds(bytes * 1_000 / (Self.rewriteBytesPerSecond / 1_000_000))
                let wait = clock.now.duration(to: due)
                if wait > .milliseconds(2) {
                    Self.sleep(wait)
                } else if wait < .milliseconds(-100) {
                    // The disk is slower than the budget: what was not used is not saved up.
                    due = clock.now
                }
            }
            shard.post(.rewritten(address.slot, rewrite))
        }
    }

    /// Performs work on the catalogue, one after another in the order asked for.
    func performOnCatalog(_ work: @escaping @Sendable () -> Void) { self.catalog.async(execute: work) }

    /// Performs work on the catalogue once every commit and checkpoint asked for so far is done.
    ///
    /// Rewritings are not waited for: they take long, and whoever wants one to end says so to its store.
    func performOnCatalogAfterAll(_ work: @escaping @Sendable () -> Void) {
        let before = DispatchGroup()
        for queue in self.commits + [self.checkpoints] { queue.async(group: before) {} }
        before.notify(queue: self.catalog, execute: work)
    }

    /// Waits until everything asked for so far is done, rewritings excepted.
    func drain() {
        for queue in self.commits { queue.sync {} }
        self.checkpoints.sync {}
        self.catalog.sync {}
    }

    private static func sleep(_ duration: Duration) {
        let parts = duration.components
        var time = timespec(tv_sec: Int(parts.seconds), tv_nsec: Int(parts.attoseconds / 1_000_000_000))
        // Woken early by a signal, it goes on early: the budget is no promise.
        _ = unsafe nanosleep(&time, nil)
    }
}
