import StreamModel

/// A delivered message that awaits its acknowledgement.
struct PendingAck: BitwiseCopyable, Equatable {
    /// Stream sequence.
    var sequence: UInt64
    /// Consumer sequence of the first delivery.
    var consumerSequence: UInt64
    /// When it was delivered last, or reported in progress; nanoseconds.
    var delivered: Int64
    /// When it is to be delivered again; nanoseconds, `Int64.max` for never.
    var deadline: Int64
    /// How often it was delivered; 0 marks the place of a settled message.
    var deliveries: UInt32
    /// The ticket under which it stands in the redelivery queue; 0 when it does not.
    var ticket: UInt32 = 0
}

/// What a consumer has delivered and what of it is settled (consumers.md §4.3).
///
///     floor.stream < first pending sequence ≤ … ≤ last pending sequence ≤ delivered.stream
///
/// Messages are first delivered in stream order, so that pending ones stand in one ring in that order. Settling
/// the oldest moves the ring's head; settling another leaves a dead place, found again by binary search and
/// squeezed out when the dead outnumber the living.
struct AckState {
    /// The last delivery: its consumer sequence, and the highest stream sequence delivered or skipped.
    private(set) var delivered: SequencePair
    /// Everything at or below is settled.
    private(set) var floor: SequencePair
    /// Messages that were delivered as often as allowed and never acknowledged.
    private(set) var givenUp = SequenceRuns()
    /// Messages that await their acknowledgement.
    private(set) var pendingCount = 0
    /// Messages that wait for redelivery; all of them are pending.
    private(set) var queuedCount = 0
    /// Pending messages delivered more than once.
    private(set) var redeliveredPendingCount = 0
    /// No message that is not queued is due before this; `Int64.max` when none ever is.
    private(set) var earliestDeadline = Int64.max

    /// By stream sequence; neither the first place nor the last is dead.
    private(set) var ring = Ring<PendingAck>()
    private var queue = Ring<Queued>()
    private var lastTicket: UInt32 = 0

    /// An entry of the redelivery queue: stale when the message no longer holds the ticket.
    private struct Queued: BitwiseCopyable {
        var sequence: UInt64
        var ticket: UInt32
    }

    /// Nothing delivered; everything up to `start` is skipped.
    init(start: StreamSequence) {
        self.delivered = SequencePair(consumer: 0, stream: start)
        self.floor = self.delivered
    }

    /// The state that a snapshot describes; nil if it contradicts itself.
    init?(delivered: SequencePair, floor: SequencePair, pending: [PendingAck], givenUp: SequenceRuns) {
        guard floor.stream <= delivered.stream, floor.consumer <= delivered.consumer else { return nil }
        self.delivered = delivered
        self.floor = floor
        self.givenUp = givenUp
        // Half of the number space is more than a consumer can use, and leaves room to count on.
        guard delivered.stream.rawValue <= .max / 2, delivered.consumer <= .max / 2 else { return nil }
        var last = floor
        for entry in pending {
            guard entry.sequence > last.stream.rawValue, entry.sequence <= delivered.stream.rawValue,
                entry.consumerSequence > last.consumer, entry.consumerSequence <= delivered.consumer,
                entry.deliveries > 0
            else { return nil }
            last = SequencePair(consumer: entry.consumerSequence, stream: StreamSequence(entry.sequence))
            self.add(entry)
        }
    }

    // MARK: - Delivery

    /// Notes the first delivery of a message that needs no acknowledgement.
    mutating func deliverSettled(_ sequence: UInt64) {
        self.delivered.consumer += 1
        self.delivered.stream = StreamSequence(sequence)
        self.floor = self.delivered
    }

    /// Notes the first delivery of `sequence`, which is above all delivered before.
    mutating func deliver(_ sequence: UInt64, at now: Int64, deadline: Int64) {
        precondition(sequence > self.delivered.stream.rawValue, "new messages are delivered in stream order")
        self.delivered.consumer += 1
        self.delivered.stream = StreamSequence(sequence)
        self.add(
            PendingAck(
                sequence: sequence,
                consumerSequence: self.delivered.consumer,
                delivered: now,
                deadline: deadline,
                deliveries: 1
            )
        )
    }

    /// Notes a further delivery of the pending message at `place`.
    mutating func redeliver(at place: Int, now: Int64, deadline: Int64) {
        self.delivered.consumer += 1
        var entry = self.ring[place]
        if entry.ticket != 0 { self.queuedCount -= 1 }
        if entry.deliveries == 1 { self.redeliveredPendingCount += 1 }
        entry.ticket = 0
        entry.deliveries = entry.deliveries == .max ? .max : entry.deliveries + 1
        entry.delivered = now
        entry.deadline = deadline
        self.ring[place] = entry
        self.earliestDeadline = min(self.earliestDeadline, deadline)
    }

    /// The place of the message that is to be delivered again next.
    mutating func nextQueued() -> Int? {
        while let first = self.queue.first {
            if let place = self.place(of: first.sequence), self.ring[place].ticket == first.ticket {
                return place
            }
            self.queue.removeFirst()
        }
        return nil
    }

    // MARK: - Settling

    /// The place of `sequence` if it is pending.
    func place(of sequence: UInt64) -> Int? {
        let place = self.lowerBound(sequence)
        guard place < self.ring.count else { return nil }
        let entry = self.ring[place]
        return entry.sequence == sequence && entry.deliveries > 0 ? place : nil
    }

    /// Settles one message; returns what was known of it if it was pending.
    @discardableResult
    mutating func settle(_ sequence: UInt64) -> PendingAck? {
        self.givenUp.remove(sequence)
        guard let place = self.place(of: sequence) else { return nil }
        let entry = self.ring[place]
        self.clear(place)
        self.raiseFloor(pastOldest: place == 0)
        return entry
    }

    /// Settles everything up to `sequence`, acknowledged with the consumer sequence `consumer`; appends what was pending.
    ///
    /// False, and no effect, if that is at or below the floor.
    mutating func settle(through sequence: UInt64, consumer: UInt64, into settled: inout [PendingAck]) -> Bool
    {
        guard consumer > self.floor.consumer, sequence > self.floor.stream.rawValue else { return false }
        while let first = self.ring.first, first.sequence <= sequence {
            settled.append(first)
            self.clear(0)
        }
        self.givenUp.remove(0...sequence)
        // Acknowledged by a redelivery's reply, `consumer` may lie above first deliveries that are still pending.
        let highest = self.ring.first.map { $0.consumerSequence - 1 } ?? self.delivered.consumer
        self.floor.consumer = min(consumer, highest)
        self.floor.stream = min(StreamSequence(sequence), self.delivered.stream)
        return true
    }

    /// Settles pending messages in `range`, appending them to `settled`, and forgets given-up ones there.
    mutating func settle(in range: ClosedRange<UInt64>, into settled: inout [PendingAck]) {
        self.givenUp.remove(range)
        var place = self.lowerBound(range.lowerBound)
        let before = settled.count
        let oldest = self.ring.first?.sequence
        // The ring must not move while it is walked: dead places are taken out afterwards.
        while place < self.ring.count, self.ring[place].sequence <= range.upperBound {
            if self.ring[place].deliveries > 0 {
                settled.append(self.ring[place])
                self.kill(place)
            }
            place += 1
        }
        if settled.count > before {
            self.reclaim()
            self.raiseFloor(pastOldest: settled[before].sequence == oldest)
        }
    }

    /// Takes the message out of the pending ones without settling it: it was delivered often enough.
    mutating func giveUp(at place: Int) {
        let sequence = self.ring[place].sequence
        self.clear(place)
        self.givenUp.insert(sequence)
        self.raiseFloor()
    }

    /// Moves on without deliveries: after a purge.
    mutating func skip(to sequence: StreamSequence) {
        if sequence > self.delivered.stream { self.delivered.stream = sequence }
        self.raiseFloor()
    }

    /// Raises the floor over what is gone from the stream; nothing at or below is pending.
    mutating func raiseFloor(to sequence: StreamSequence) {
        let highest = self.ring.first.map { StreamSequence($0.sequence).previous } ?? self.delivered.stream
        let raised = min(sequence, highest)
        if raised > self.floor.stream { self.floor.stream = raised }
        self.raiseFloor()
    }

    /// Takes back what lies beyond the end of the stream: its tail was lost.
    mutating func rollBack(to last: StreamSequence) {
        if last.rawValue < .max {
            var lost: [PendingAck] = []
            self.settle(in: (last.rawValue + 1)...(.max), into: &lost)
        }
        self.delivered.stream = min(self.delivered.stream, last)
        self.floor.stream = min(self.floor.stream, last)
    }

    /// Overwrites the ends, as a journal entry says; false if that contradicts what is pending.
    mutating func setEnds(delivered: SequencePair, floor: SequencePair) -> Bool {
        guard floor.stream <= delivered.stream, floor.consumer <= delivered.consumer else { return false }
        guard delivered.stream.rawValue <= .max / 2, delivered.consumer <= .max / 2 else { return false }
        if let first = self.ring.first,
            first.sequence <= floor.stream.rawValue || first.consumerSequence <= floor.consumer
        {
            return false
        }
        if let last = self.ring.last, last.sequence > delivered.stream.rawValue { return false }
        self.delivered = delivered
        self.floor = floor
        return true
    }

    // MARK: - Timers

    /// Queues the message at `place` for redelivery, unless it is queued.
    mutating func enqueue(at place: Int) {
        guard self.ring[place].ticket == 0 else { return }
        // Zero means "not queued"; a ticket met again after 4 billion others is long stale.
        self.lastTicket = self.lastTicket == .max ? 1 : self.lastTicket + 1
        self.ring[place].ticket = self.lastTicket
        self.queuedCount += 1
        self.queue.append(Queued(sequence: self.ring[place].sequence, ticket: self.lastTicket))
        if self.queue.count > self.queuedCount * 2 + 64 { self.dropStaleTickets() }
    }

    /// Lets the message at `place` wait until `deadline`, out of the redelivery queue.
    mutating func postpone(at place: Int, until deadline: Int64) {
        if self.ring[place].ticket != 0 {
            self.ring[place].ticket = 0
            self.queuedCount -= 1
        }
        self.ring[place].deadline = deadline
        self.earliestDeadline = min(self.earliestDeadline, deadline)
    }

    /// Notes that the message at `place` is due: should it be read back from disk, it is delivered again at once.
    mutating func touchDeadline(at place: Int, _ now: Int64) { self.ring[place].deadline = now }

    /// Restarts the timer of the message at `place`; one that is queued stays queued.
    mutating func touch(at place: Int, now: Int64, deadline: Int64) {
        self.ring[place].delivered = now
        self.ring[place].deadline = deadline
        self.earliestDeadline = min(self.earliestDeadline, deadline)
    }

    /// Sets each deadline anew: for a changed configuration.
    mutating func changeDeadlines(_ deadline: (PendingAck) -> Int64) {
        self.earliestDeadline = .max
        for place in 0..<self.ring.count where self.ring[place].deliveries > 0 {
            let new = deadline(self.ring[place])
            self.ring[place].deadline = new
            self.earliestDeadline = min(self.earliestDeadline, new)
        }
    }

    /// Queues, in stream order, what is due; messages delivered `maxDeliver` times are given up and appended to `exhausted`.
    ///
    /// - Parameter maxDeliver: nil for no limit.
    mutating func expire(at now: Int64, maxDeliver: UInt32?, into exhausted: inout [PendingAck]) {
        guard now >= self.earliestDeadline else { return }
        var earliest = Int64.max
        for place in 0..<self.ring.count {
            let entry = self.ring[place]
            guard entry.deliveries > 0, entry.ticket == 0 else { continue }
            if entry.deadline > now {
                earliest = min(earliest, entry.deadline)
            } else if let maxDeliver, entry.deliveries >= maxDeliver {
                exhausted.append(entry)
                self.kill(place)
                self.givenUp.insert(entry.sequence)
            } else {
                self.enqueue(at: place)
            }
        }
        // A walk over many messages must not be repeated each millisecond: 10 ns apiece, at most 1 % of the time.
        let pause = Int64(self.ring.count) * 1_000
        // Safe: a moment lies far from the end of its range.
        self.earliestDeadline = earliest == .max ? .max : max(earliest, now &+ pause)
        if !exhausted.isEmpty {
            self.reclaim()
            self.raiseFloor()
        }
    }

    // MARK: - The ring

    private mutating func add(_ entry: PendingAck) {
        self.ring.append(entry)
        self.pendingCount += 1
        if entry.deliveries > 1 { self.redeliveredPendingCount += 1 }
        self.earliestDeadline = min(self.earliestDeadline, entry.deadline)
    }

    /// The first place at or above `sequence`, dead or alive.
    private func lowerBound(_ sequence: UInt64) -> Int {
        guard let first = self.ring.first, sequence > first.sequence else { return 0 }
        var high = self.ring.count
        // Without gaps the place follows from the distance; with gaps it is before that.
        if sequence - first.sequence < UInt64(high) {
            let guess = Int(sequence - first.sequence)
            if self.ring[guess].sequence == sequence { return guess }
            high = guess
        }
        var low = 1
        while low < high {
            let middle = (low + high) / 2
            if self.ring[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func clear(_ place: Int) {
        self.kill(place)
        self.reclaim()
    }

    private mutating func kill(_ place: Int) {
        let entry = self.ring[place]
        if entry.ticket != 0 { self.queuedCount -= 1 }
        if entry.deliveries > 1 { self.redeliveredPendingCount -= 1 }
        self.pendingCount -= 1
        self.ring[place].deliveries = 0
        self.ring[place].ticket = 0
    }

    private mutating func reclaim() {
        while let first = self.ring.first, first.deliveries == 0 { self.ring.removeFirst() }
        // At the end too: after a roll-back their sequences are given out again.
        while let last = self.ring.last, last.deliveries == 0 { self.ring.truncate(to: self.ring.count - 1) }
        if self.pendingCount == 0 {
            self.ring.removeAll()
            self.queue.removeAll()
            self.earliestDeadline = .max
            return
        }
        guard self.ring.count > self.pendingCount * 2 + 64 else { return }
        var kept = 0
        for place in 0..<self.ring.count where self.ring[place].deliveries > 0 {
            self.ring[kept] = self.ring[place]
            kept += 1
        }
        self.ring.truncate(to: kept)
    }

    private mutating func dropStaleTickets() {
        var live = Ring<Queued>()
        for index in 0..<self.queue.count {
            let queued = self.queue[index]
            if let place = self.place(of: queued.sequence), self.ring[place].ticket == queued.ticket {
                live.append(queued)
            }
        }
        self.queue = live
    }

    /// Consumers.md §4.3: the floor stays where it is as long as the oldest pending message is the same one.
    private mutating func raiseFloor(pastOldest: Bool) {
        if pastOldest { self.raiseFloor() }
    }

    /// Consumers.md §4.3: up to before the oldest pending message, or to the last delivery if there is none.
    private mutating func raiseFloor() {
        guard let first = self.ring.first else {
            self.floor = self.delivered
            return
        }
        if first.consumerSequence - 1 > self.floor.consumer {
            self.floor.consumer = first.consumerSequence - 1
        }
        if first.sequence - 1 > self.floor.stream.rawValue {
            self.floor.stream = StreamSequence(first.sequence - 1)
        }
    }
}
