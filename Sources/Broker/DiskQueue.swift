import Dispatch
import StreamEngine
import StreamStore
import Synchronization

/// The few threads on which writes, syncs and index checkpoints block, so that event loops never do.
///
/// A stream's commits all go to one queue, its checkpoints to another, so that a long checkpoint never
/// keeps a publisher waiting.
final class DiskQueue: Sendable {
    private let commits: [DispatchQueue]
    private let checkpoints: DispatchQueue
    private let catalog: DispatchQueue

    init(threads: Int) {
        self.commits = (0..<max(1, threads))
            .map { DispatchQueue(label: "weir.commit.\($0)", qos: .userInitiated) }
        self.checkpoints = DispatchQueue(label: "weir.checkpoint", qos: .utility)
        self.catalog = DispatchQueue(label: "weir.catalog", qos: .userInitiated)
    }

    /// Performs a commit and mails it back to its stream.
    func perform(_ commit: StoreCommit, of address: StreamAddress, for shard: Shard) {
        self.commits[Int(address.slot.index) % self.commits.count]
            .async {
                commit.perform()
                shard.post(.committed(address.slot, commit))
            }
    }

    /// Performs a checkpoint and mails it back to its stream.
    func perform(_ checkpoint: StoreCheckpoint, of address: StreamAddress, for shard: Shard) {
        self.checkpoints.async {
            checkpoint.perform()
            shard.post(.checkpointed(address.slot, checkpoint))
        }
    }

    /// Performs work on the catalogue, one after another in the order asked for.
    func performOnCatalog(_ work: @escaping @Sendable () -> Void) { self.catalog.async(execute: work) }

    /// Performs work on the catalogue once every commit and checkpoint asked for so far is done.
    func performOnCatalogAfterAll(_ work: @escaping @Sendable () -> Void) {
        let before = DispatchGroup()
        for queue in self.commits + [self.checkpoints] { queue.async(group: before) {} }
        before.notify(queue: self.catalog, execute: work)
    }

    /// Waits until everything asked for so far is done.
    func drain() {
        for queue in self.commits { queue.sync {} }
        self.checkpoints.sync {}
        self.catalog.sync {}
    }
}
