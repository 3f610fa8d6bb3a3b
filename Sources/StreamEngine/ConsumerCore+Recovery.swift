import StreamModel
import StreamStore

extension ConsumerCore {
    /// Makes the consumer whose progress was recovered, and fits it to what the store holds (consumers.md §6.2).
    ///
    /// Messages that were pending are delivered again when their time has come; waiting requests are gone.
    init(
        id: ConsumerID,
        stream: [UInt8],
        name: [UInt8],
        policy: ConsumerPolicy,
        recovered: RecoveredConsumer,
        store: any StreamStore,
        now: Timestamp
    ) throws(ConsumerStateError) {
        var replay = ProgressReplay(policy: policy)
        if let snapshot = recovered.snapshot, !replay.apply(snapshot) { throw .snapshot }
        for (index, entry) in recovered.entries.enumerated() where !replay.apply(entry) {
            throw .entry(index)
        }
        guard var acks = replay.acks else { throw .missing }
        let last = store.state.lastSequence
        if !Self.startsAhead(policy, acks) { acks.rollBack(to: last) }
        if let before = store.state.firstSequence.rawValue.subtractingOne, before > 0 {
            var gone: [PendingAck] = []
            acks.settle(in: 0...before, into: &gone)
        }
        self.init(
            id: id,
            stream: stream,
            name: name,
            policy: policy,
            acks: acks,
            boundary: min(replay.boundary, last),
            store: store,
            now: now
        )
        if acks.delivered != replay.acks?.delivered || acks.floor != replay.acks?.floor {
            self.replaceProgress()
            self.flushProgress()
        }
    }

    /// The whole progress as of now, for a checkpoint.
    ///
    /// Flushes what was gathered, so that the journal ends before it.
    mutating func snapshot() -> ConsumerSnapshot {
        self.flushProgress()
        var writer = ProgressWriter()
        writer.replace(self.acks, boundary: self.boundary.rawValue)
        return ConsumerSnapshot(consumer: self.id, bytes: writer.bytes)
    }

    /// Whether it waits for a sequence that its configuration names and the stream has not reached.
    private static func startsAhead(_ policy: ConsumerPolicy, _ acks: AckState) -> Bool {
        guard case .sequence(let start) = policy.start else { return false }
        return acks.delivered.consumer == 0 && acks.delivered.stream == start.previous
    }
}

extension UInt64 {
    /// One less, or nil for zero.
    fileprivate var subtractingOne: UInt64? { self == 0 ? nil : self - 1 }
}
