public import NIOCore
public import StreamModel
public import Subjects

/// A stream's messages in memory: for `storage: memory`, and the model that other stores are tested against.
///
/// Everything appended is durable at once, so there is never a commit; consumers leave nothing behind.
/// A message costs one array and a slot; slots of removed messages are reclaimed when they outnumber the rest.
public final class MemoryStreamStore: StreamStore {
    /// One message, or the place where one was.
    struct Slot {
        var sequence: UInt64
        var timestamp: Timestamp
        /// Entry in the subject table; negative when the message is gone.
        var subject: Int32
        var subjectLength: Int32
        var headerLength: Int32
        /// Whether `max_age` does not remove it.
        var isExempt = false
        /// Subject, headers and payload; empty when the message is gone.
        var bytes: [UInt8]

        var isLive: Bool { self.subject >= 0 }
        /// Streams.md §8.4, memory.
        var countedBytes: UInt64 { UInt64(self.bytes.count) + 16 }
    }

    /// Ascending by sequence; those before `head` are gone and their place is reused in time.
    private(set) var slots: [Slot] = []
    private(set) var head = 0
    /// Places at or after `head` whose message is gone.
    private(set) var deadSlots = 0
    private(set) var subjects = MemorySubjectTable()
    private var duplicates: [[UInt8]: (sequence: UInt64, time: Timestamp)] = [:]
    private var duplicateOrder: CircularBuffer<(id: [UInt8], time: Timestamp)> = []
    /// What was removed since it was last taken from there.
    public let removals = StoreRemovals()
    /// Times to live; those of messages that are gone mean nothing.
    var timers = TimerHeap()
    /// Messages below it that are left do not go by age.
    var agedBelow: UInt64 = 0

    /// Counters and ends of what is stored.
    public private(set) var state = StoreState()
    /// Bytes of what is stored.
    public var bytes: UInt64 { self.state.bytes }

    /// The limits under which old messages make room; setting them enforces them at once.
    public var limits: StoreLimits {
        didSet { self.enforceAll() }
    }

    /// Makes an empty store.
    ///
    /// - Parameter firstSequence: what the first message will get; zero and one mean the usual 1.
    public init(limits: StoreLimits = StoreLimits(), firstSequence: StreamSequence = .zero) {
        self.limits = limits
        if firstSequence > StreamSequence(1) { self.skip(to: firstSequence.previous) }
    }

    /// The last sequence: memory has nothing that is not durable.
    public var durable: StreamSequence { self.state.lastSequence }
    /// False.
    public var hasUncommitted: Bool { false }
    /// Memory.
    public var durability: StoreDurability { .memory }
    /// Nil: nothing is written.
    public var workDeadline: Timestamp? { nil }
    /// False, whatever is set.
    public var compresses: Bool {
        get { false }
        set { _ = newValue }
    }
    /// True: there is nothing to close.
    public func rest() -> Bool { true }

    /// Stores a message after the last one, enforces ``limits``, and returns its sequence.
    @inline(__always)
    public func append(
        subject: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        messageID: RawSpan,
        timestamp: Timestamp,
        timeToLive: TimeToLive?
    ) -> StreamSequence {
        let sequence = self.state.lastSequence.next
        let time = max(timestamp, self.state.lastTime ?? timestamp)
        let entry = self.subjects.append(sequence.rawValue, to: subject)
        let slot = Slot(
            sequence: sequence.rawValue,
            timestamp: time,
            subject: entry,
            subjectLength: Int32(subject.byteCount),
            headerLength: Int32(headers.byteCount),
            isExempt: timeToLive == .never,
            bytes: Self.join(subject, headers, payload)
        )
        var state = self.state
        state.messages += 1
        state.bytes += slot.countedBytes
        state.lastSequence = sequence
        state.lastTime = time
        state.subjects = self.subjects.count
        if state.messages == 1 {
            state.firstSequence = sequence
            state.firstTime = time
        }
        self.state = state
        self.slots.append(slot)
        if case .after = timeToLive, let due = timeToLive?.expiry(storedAt: time) {
            self.timers.insert(MessageTimer(due: due.rawValue, sequence: sequence.rawValue))
        }
        if messageID.byteCount > 0 {
            let id = messageID.array()
            self.duplicates[id] = (sequence.rawValue, time)
            self.duplicateOrder.append((id, time))
        }
        if self.limits.isNone { return sequence }
        if let most = self.limits.messagesPerSubject { self.enforce(most, on: entry) }
        self.enforceTotals()
        self.refreshEnds()
        return sequence
    }

    /// The parts, one behind the other.
    private static func join(_ subject: RawSpan, _ headers: RawSpan, _ payload: RawSpan) -> [UInt8] {
        let count = subject.byteCount + headers.byteCount + payload.byteCount
        // The buffer has room for all three, and the pointers do not leave the closures.
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let target = UnsafeMutableRawBufferPointer(buffer)
            unsafe subject.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
            filled = subject.byteCount
            unsafe headers.withUnsafeBytes {
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[filled...]).copyMemory(from: $0)
            }
            filled += headers.byteCount
            unsafe payload.withUnsafeBytes {
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[filled...]).copyMemory(from: $0)
            }
            filled = count
        }
    }

    /// Skips ahead without storing: the next message gets `sequence.next`, unless that is not beyond the last.
    public func skip(to sequence: StreamSequence) {
        guard sequence > self.state.lastSequence else { return }
        self.state.lastSequence = sequence
        self.refreshEnds()
    }

    /// Appends the message's subject, headers and payload, in this order, to `bytes`.
    public func load(_ sequence: StreamSequence, into bytes: inout ByteBuffer) -> LoadResult {
        let position = self.position(of: sequence.rawValue)
        guard position < self.slots.count, self.slots[position].sequence == sequence.rawValue,
            self.slots[position].isLive
        else { return .absent }
        let start = bytes.writerIndex
        bytes.writeBytes(self.slots[position].bytes)
        let subjectLength = Int(self.slots[position].subjectLength)
        let headerLength = Int(self.slots[position].headerLength)
        return .message(
            StoredMessage(
                sequence: sequence,
                timestamp: self.slots[position].timestamp,
                start: start,
                subjectLength: subjectLength,
                headerLength: headerLength,
                payloadLength: bytes.writerIndex - start - subjectLength - headerLength
            )
        )
    }

    /// The sequence stored under that message id, if `append` saw it at or after `time`.
    ///
    /// Ids before `time` are forgotten: the window only moves forward.
    public func duplicate(of messageID: RawSpan, since time: Timestamp) -> StreamSequence? {
        while let oldest = self.duplicateOrder.first, oldest.time < time {
            self.duplicateOrder.removeFirst()
            if let known = self.duplicates[oldest.id], known.time < time {
                self.duplicates[oldest.id] = nil
            }
        }
        guard !self.duplicates.isEmpty, let found = self.duplicates[messageID.array()], found.time >= time
        else { return nil }
        return StreamSequence(found.sequence)
    }

    /// Removes one message; false if it is not stored.
    public func remove(_ sequence: StreamSequence, erase: Bool) -> Bool {
        let position = self.position(of: sequence.rawValue)
        guard position < self.slots.count, self.slots[position].sequence == sequence.rawValue,
            self.slots[position].isLive
        else { return false }
        self.drop(position)
        self.removals.note(sequence.rawValue, sequence.rawValue, .deleted)
        self.refreshEnds()
        return true
    }

    /// Removes matching messages below `sequence` (nil: all of them) but the newest `keep`; returns how many.
    public func purge(matching filter: SubjectFilter, below sequence: StreamSequence?, keep: UInt64) -> UInt64
    {
        let end = sequence.map { self.position(of: $0.rawValue) } ?? self.slots.count
        var matching: [Int] = []
        for index in self.head..<end where self.isLive(index, matching: filter) { matching.append(index) }
        matching.removeLast(Int(min(keep, UInt64(matching.count))))
        if let first = matching.first, let last = matching.last {
            let range = (self.slots[first].sequence, self.slots[last].sequence)
            for index in matching { self.drop(index) }
            self.removals.note(range.0, range.1, .purged)
        }
        if let sequence, filter.isAll, keep == 0 { self.skip(to: sequence.previous) }
        self.refreshEnds()
        return UInt64(matching.count)
    }

    /// Keeps nothing: a consumer of a memory stream does not survive it.
    public func journal(_ entry: RawSpan, consumer: ConsumerID, durable: Bool) {}

    /// Nil: nothing has to be written.
    public func nextWork(now: Timestamp, isLast: Bool, consumers: () -> [ConsumerSnapshot]) -> StoreWork? {
        nil
    }

    /// No effect: there is no work to give back.
    public func finish(_ work: StoreWork) throws(StoreError) {}

    // MARK: - Removal

    func drop(_ position: Int) {
        let slot = self.slots[position]
        self.subjects.remove(slot.sequence, from: slot.subject)
        self.state.messages -= 1
        self.state.bytes -= slot.countedBytes
        self.slots[position].subject = -1
        self.slots[position].bytes = []
        self.deadSlots += 1
    }

    private func dropFirst() {
        self.reclaim()
        let sequence = self.slots[self.head].sequence
        self.drop(self.head)
        self.removals.note(sequence, sequence, .limit)
        self.reclaim()
    }

    /// Moves `head` to the first live slot, and squeezes the dead ones out when they are the majority.
    private func reclaim() {
        while self.head < self.slots.count, !self.slots[self.head].isLive {
            self.head += 1
            self.deadSlots -= 1
        }
        let unused = self.head + self.deadSlots
        guard unused > 64, unused * 2 > self.slots.count else { return }
        self.slots = self.slots[self.head...].filter(\.isLive)
        self.head = 0
        self.deadSlots = 0
    }

    private func enforceAll() {
        if let most = self.limits.messagesPerSubject {
            for index in self.subjects.entries.indices { self.enforce(most, on: Int32(index)) }
        }
        self.enforceTotals()
        self.refreshEnds()
    }

    private func enforce(_ most: UInt64, on entry: Int32) {
        while UInt64(self.subjects.entries[Int(entry)].sequences.count) > most,
            let oldest = self.subjects.entries[Int(entry)].sequences.first
        {
            self.drop(self.position(of: oldest))
            self.removals.note(oldest, oldest, .limit)
        }
    }

    private func enforceTotals() {
        self.reclaim()
        if let most = self.limits.messages {
            while self.state.messages > most { self.dropFirst() }
        }
        if let most = self.limits.bytes {
            while self.state.bytes > most, self.state.messages > 0 { self.dropFirst() }
        }
    }

    func refreshEnds() {
        self.reclaim()
        self.state.subjects = self.subjects.count
        if self.state.messages > 0 {
            self.state.firstSequence = StreamSequence(self.slots[self.head].sequence)
            self.state.firstTime = self.slots[self.head].timestamp
        } else {
            self.state.firstSequence =
                self.state.lastSequence == .zero ? .zero : self.state.lastSequence.next
            self.state.firstTime = nil
        }
    }
}
