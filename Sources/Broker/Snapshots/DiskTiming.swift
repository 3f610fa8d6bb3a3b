import Synchronization

/// How long disks took since the server started.
public struct DiskTiming: Sendable {
    /// Seconds that a commit took, from its first write to its last sync.
    public internal(set) var commits = Histogram.seconds
    /// Seconds that commits spent in calls that sync, one value for each commit that did.
    public internal(set) var syncs = Histogram.seconds
    /// Messages that became durable with one commit of their stream, one value for each commit with any.
    public internal(set) var batches = Histogram.sizes
    /// Seconds that writing an index took.
    public internal(set) var checkpoints = Histogram.seconds
    /// Seconds it took to open the store and recover what it holds; 0 before that, and without one.
    public internal(set) var recovery = 0.0

    init() {}
}

/// The timing of one server's disks, filled by the threads that wait for them: once for each commit, which takes
/// thousands of times as long as the lock.
final class DiskTimer: Sendable {
    private let timing = Mutex(DiskTiming())

    /// What was measured so far.
    var value: DiskTiming { self.timing.withLock { $0 } }

    /// Performs `work` and calls `note` with the seconds it took.
    func measure(_ work: () -> Void, note: (inout DiskTiming, Double) -> Void) {
        let clock = ContinuousClock()
        let start = clock.now
        work()
        let seconds = start.duration(to: clock.now) / .seconds(1)
        self.timing.withLock { note(&$0, seconds) }
    }

    /// Changes what was measured.
    func note(_ change: (inout DiskTiming) -> Void) { self.timing.withLock { change(&$0) } }
}

extension Broker {
    /// How long disks took since the server started.
    public var diskTiming: DiskTiming { self.disk.timer.value }
}
