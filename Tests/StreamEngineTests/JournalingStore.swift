import NIOCore
import StreamModel
import StreamStore
import Subjects

/// A memory store whose messages become durable when the test says so, and that keeps what consumers journal.
final class JournalingStore: StreamStore {
    let base: MemoryStreamStore
    /// The last sequence that is durable; nil: the last one always is.
    var durableLimit: StreamSequence?
    private(set) var entries: [[UInt8]] = []
    private(set) var durableEntries = 0

    init(limits: StoreLimits = StoreLimits(), firstSequence: StreamSequence = .zero) {
        self.base = MemoryStreamStore(limits: limits, firstSequence: firstSequence)
        self.base.removals.areKept = true
    }

    var durable: StreamSequence {
        min(self.durableLimit ?? self.base.state.lastSequence, self.base.state.lastSequence)
    }

    func journal(_ entry: RawSpan, consumer: ConsumerID, durable: Bool) {
        self.entries.append(entry.array())
        if durable { self.durableEntries += 1 }
    }

    var state: StoreState { self.base.state }
    var bytes: UInt64 { self.base.bytes }
    var limits: StoreLimits {
        get { self.base.limits }
        set { self.base.limits = newValue }
    }
    var hasUncommitted = false
    /// What the next commit is to be.
    var nextCommit: PreparedCommit?
    var durability: StoreDurability { .memory }
    var workDeadline: Timestamp? { nil }
    var compresses = false
    func rest() -> Bool { true }
    var removals: StoreRemovals { self.base.removals }

    func append(
        subject: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        messageID: RawSpan,
        timestamp: Timestamp,
        timeToLive: TimeToLive?
    ) -> StreamSequence {
        self.base.append(
            subject: subject,
            headers: headers,
            payload: payload,
            messageID: messageID,
            timestamp: timestamp,
            timeToLive: timeToLive
        )
    }
    func load(_ sequence: StreamSequence, into bytes: inout ByteBuffer) -> LoadResult {
        self.base.load(sequence, into: &bytes)
    }
    func next(
        from sequence: StreamSequence,
        since time: Timestamp?,
        matching filter: SubjectFilter
    ) -> StreamSequence? {
        self.base.next(from: sequence, since: time, matching: filter)
    }
    func last(matching filter: SubjectFilter, atOrBefore limit: StreamSequence) -> StreamSequence? {
        self.base.last(matching: filter, atOrBefore: limit)
    }
    func count(from sequence: StreamSequence, matching filter: SubjectFilter) -> UInt64 {
        self.base.count(from: sequence, matching: filter)
    }
    func forEachSubject(
        matching filter: SubjectFilter,
        atOrBefore limit: StreamSequence?,
        _ body: (_ subject: RawSpan, _ count: UInt64, _ last: StreamSequence) -> Void
    ) {
        self.base.forEachSubject(matching: filter, atOrBefore: limit, body)
    }
    func deletedSequences() -> [StreamSequence] { self.base.deletedSequences() }
    func duplicate(of messageID: RawSpan, since time: Timestamp) -> StreamSequence? {
        self.base.duplicate(of: messageID, since: time)
    }
    func remove(_ sequence: StreamSequence, erase: Bool) -> Bool {
        self.base.remove(sequence, erase: erase)
    }
    func purge(matching filter: SubjectFilter, below sequence: StreamSequence?, keep: UInt64) -> UInt64 {
        self.base.purge(matching: filter, below: sequence, keep: keep)
    }
    var nextExpiry: Timestamp? { self.base.nextExpiry }
    func expire(by now: Timestamp) -> UInt64 { self.base.expire(by: now) }
    func nextWork(now: Timestamp, isLast: Bool, consumers: () -> [ConsumerSnapshot]) -> StoreWork? {
        defer { self.nextCommit = nil }
        return self.nextCommit.map { .commit($0) }
    }
    func finish(_ work: StoreWork) throws(StoreError) {
        if case .commit(let commit) = work, !commit.isDurable {
            throw .system(call: "fdatasync", path: "log", errno: 5)
        }
    }
}

/// A commit whose outcome the test knows before.
final class PreparedCommit: StoreCommit, @unchecked Sendable {
    // Unchecked: a test uses it from one thread.

    private let succeeds: Bool

    init(succeeds: Bool) { self.succeeds = succeeds }

    override var isDurable: Bool { self.succeeds }
}
