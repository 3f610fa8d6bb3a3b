public import StreamModel
public import StreamStore
import Subjects

/// The consumers of a stream: who there is, and what they are asked and told.
extension Stream {
    // MARK: - Coming and going

    /// The number of consumers.
    public var consumerCount: Int { self.consumers.count }

    /// The names of all consumers, ascending.
    public var consumerNames: [String] { self.consumerSlots.keys.sorted() }

    /// The consumer of that name.
    public func consumer(named name: String) -> StreamConsumer? {
        self.consumerSlots[name].flatMap { self.consumers[$0] }
    }

    /// The configurations of all consumers.
    public var consumerConfigurations: [ConsumerConfiguration] {
        self.consumerNames.compactMap { self.consumer(named: $0)?.configuration }
    }

    /// Adds a new consumer at the start its configuration asks for, and returns where it is.
    ///
    /// Nil if a filter of the configuration is not a subject.
    ///
    /// - Precondition: there is none of that name.
    public func addConsumer(
        name: String,
        configuration: ConsumerConfiguration,
        id: ConsumerID,
        now: Timestamp
    ) -> ConsumerSlot? {
        guard let policy = self.policy(of: configuration) else { return nil }
        let consumer = Consumer(
            id: id,
            stream: Array(self.name.utf8),
            name: Array(name.utf8),
            policy: policy,
            start: StartPosition(policy: policy, store: self.store),
            store: self.store,
            now: now
        )
        return self.add(
            StreamConsumer(consumer: consumer, name: name, created: now, configuration: configuration)
        )
    }

    /// Adds a consumer with the progress that the store recovered.
    ///
    /// - Throws: ``ConsumerStateError`` if that cannot be read.
    public func recoverConsumer(
        name: String,
        configuration: ConsumerConfiguration,
        id: ConsumerID,
        created: Timestamp,
        recovered: RecoveredConsumer,
        now: Timestamp
    ) throws(ConsumerStateError) -> ConsumerSlot {
        guard let policy = self.policy(of: configuration) else { throw .missing }
        let consumer = try Consumer(
            id: id,
            stream: Array(self.name.utf8),
            name: Array(name.utf8),
            policy: policy,
            recovered: recovered,
            store: self.store,
            now: now
        )
        return self.add(
            StreamConsumer(consumer: consumer, name: name, created: created, configuration: configuration)
        )
    }

    /// Lists the consumers that have to look at each new message's subject.
    private func listFiltered() {
        self.filtered = self.consumers.all.filter { !$0.consumer.policy.filter.isAll }
    }

    private func policy(of configuration: ConsumerConfiguration) -> ConsumerPolicy? {
        ConsumerPolicy(
            configuration,
            isPersistent: self.configuration.storage == .file && !configuration.memoryStorage
        )
    }

    private func add(_ entry: StreamConsumer) -> ConsumerSlot {
        precondition(self.consumerSlots[entry.name] == nil, "a consumer's name is unique in its stream")
        entry.consumer.reportsEvents = true
        entry.consumer.reportsSettled = self.configuration.retention == .workQueue
        let slot = self.consumers.insert(entry)
        self.consumerSlots[entry.name] = slot
        self.listFiltered()
        self.store.removals.areKept = true
        self.noteDeadline(of: entry)
        return slot
    }

    /// Replaces a consumer's configuration.
    public func updateConsumer(named name: String, to configuration: ConsumerConfiguration, now: Timestamp) {
        guard let slot = self.consumerSlots[name], let entry = self.consumers[slot] else { return }
        guard let policy = self.policy(of: configuration) else { return }
        entry.configuration = configuration
        entry.consumer.update(policy, now: now)
        self.listFiltered()
        self.markReady(slot, entry)
    }

    /// Removes a consumer; its waiting requests are told.
    public func removeConsumer(named name: String) {
        guard let slot = self.consumerSlots.removeValue(forKey: name), let entry = self.consumers[slot] else {
            return
        }
        entry.consumer.terminateWaiting(.consumerDeleted, effects: &self.outgoing)
        self.consumers.remove(slot)
        self.listFiltered()
        self.waiting.removeAll { $0 == slot }
        self.store.removals.areKept = self.consumers.count > 0
    }

    /// Ends all waiting requests: the stream is deleted, or the server stops.
    public func terminateWaiting(_ cause: Consumer.Termination) {
        for entry in self.consumers.all { entry.consumer.terminateWaiting(cause, effects: &self.outgoing) }
        _ = self.reads.takeAll()
    }

    /// What INFO says of a consumer.
    public func info(of entry: StreamConsumer, now: Timestamp, interest: (RawSpan) -> Int) -> ConsumerInfo {
        entry.consumer.sweep(now: now, interest: interest, effects: &self.outgoing)
        var info = ConsumerInfo(
            streamName: self.name,
            name: entry.name,
            created: entry.created,
            configuration: entry.configuration,
            time: now
        )
        let progress = entry.consumer.progress()
        info.delivered = ConsumerPosition(
            consumer: progress.delivered.consumer,
            stream: progress.delivered.stream,
            lastActive: progress.lastDelivered
        )
        info.ackFloor = ConsumerPosition(
            consumer: progress.ackFloor.consumer,
            stream: progress.ackFloor.stream,
            lastActive: progress.lastAcknowledged
        )
        info.ackPendingCount = UInt64(progress.ackPending)
        info.redeliveredCount = UInt64(progress.redelivered)
        info.waitingCount = progress.waiting
        info.pendingCount = progress.pending
        if let until = entry.configuration.pauseUntil, until > now {
            info.pauseRemaining = Nanoseconds(until.nanoseconds(since: now))
        }
        return info
    }

    // MARK: - Requests

    /// Takes a pull request.
    public func pull(
        _ slot: ConsumerSlot,
        body: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        now: Timestamp,
        interest: (RawSpan) -> Int
    ) {
        guard let entry = self.consumers[slot] else { return }
        let required = HeaderBlock.value(of: "Nats-Required-Api-Level", in: headers)
        entry.consumer.pull(
            body: body,
            reply: reply,
            requiredAPILevelTooHigh: required.map {
                !ServerIdentity.satisfies(requiredAPILevel: headers.extracting($0))
            } ?? false,
            now: now,
            interest: interest,
            effects: &self.outgoing
        )
        self.markReady(slot, entry)
    }

    /// Takes an acknowledgement.
    ///
    /// - Returns: Whether somebody listens to that subject.
    @discardableResult
    public func acknowledge(
        _ slot: ConsumerSlot,
        subject: RawSpan,
        reply: RawSpan,
        payload: RawSpan,
        now: Timestamp,
        interest: (RawSpan) -> Int
    ) -> Bool {
        guard let entry = self.consumers[slot], let acknowledgement = AckSubject(subject) else {
            return false
        }
        entry.consumer.acknowledge(
            acknowledgement,
            payload: payload,
            reply: reply,
            now: now,
            interest: interest,
            effects: &self.outgoing,
            held: &self.held
        )
        self.markReady(slot, entry)
        return true
    }

    /// Delivers what became durable, or was asked for, since the last call.
    ///
    /// - Returns: Whether there is more to do: call again once others had their turn.
    public func deliver(now: Timestamp, interest: (RawSpan) -> Int) -> Bool {
        self.passOnRemovals()
        if self.store.durable > self.announced {
            self.announced = self.store.durable
            for slot in self.waiting {
                if let entry = self.consumers[slot] { self.markReady(slot, entry) }
            }
        }
        let ready = self.ready
        self.ready.removeAll(keepingCapacity: true)
        var heldUp = 0
        for (place, slot) in ready.enumerated() {
            if self.isTurnOver {
                // Before those that had their turn and want another one.
                self.ready.insert(contentsOf: ready[place...], at: 0)
                break
            }
            guard let entry = self.consumers[slot] else { continue }
            entry.isReady = false
            var budget = self.deliveryBudget
            let hasMore = entry.consumer.deliver(
                now: now,
                budget: &budget,
                interest: interest,
                effects: &self.outgoing
            )
            if hasMore || budget.isHeldUp { self.markReady(slot, entry) }
            if budget.isHeldUp { heldUp += 1 }
            self.noteWaiting(slot, entry)
            self.noteDeadline(of: entry)
            self.noteEvents(slot, entry)
            self.releaseSettled(by: entry)
        }
        if !self.store.hasUncommitted { self.releaseHeld() }
        let reads = self.serveReads(interest: interest)
        self.isHeldUp = heldUp > 0 || reads.isHeldUp
        return self.ready.count > heldUp || reads.hasMore
    }

    /// Does what is due at `now`.
    ///
    /// - Returns: The names of consumers that nobody used for too long, to be deleted.
    public func tick(now: Timestamp, interest: (RawSpan) -> Int) -> [String] {
        _ = self.store.expire(by: now)
        self.earliestDeadline = nil
        var expired: [String] = []
        for (name, slot) in self.consumerSlots {
            guard let entry = self.consumers[slot] else { continue }
            if let deadline = entry.consumer.nextDeadline, deadline <= now {
                self.noteEvents(slot, entry)
                switch entry.consumer.tick(now: now, interest: interest, effects: &self.outgoing) {
                case .quiet: break
                case .wantsDelivery: self.markReady(slot, entry)
                case .expired:
                    expired.append(name)
                    continue
                }
            }
            self.noteDeadline(of: entry)
        }
        return expired
    }

    /// What happened in the consumers that were active since the last call, by consumer.
    public func takeEvents() -> [(consumer: String, events: [ConsumerEvent])] {
        if self.eventful.isEmpty { return [] }
        var taken: [(consumer: String, events: [ConsumerEvent])] = []
        for slot in self.eventful {
            guard let entry = self.consumers[slot] else { continue }
            entry.isEventful = false
            var events: [ConsumerEvent] = []
            entry.consumer.takeEvents(into: &events)
            if !events.isEmpty { taken.append((entry.name, events)) }
        }
        self.eventful.removeAll(keepingCapacity: true)
        return taken
    }

    private func noteEvents(_ slot: ConsumerSlot, _ entry: StreamConsumer) {
        if entry.isEventful { return }
        entry.isEventful = true
        self.eventful.append(slot)
    }

    func markReady(_ slot: ConsumerSlot, _ entry: StreamConsumer) {
        if entry.isReady { return }
        entry.isReady = true
        self.ready.append(slot)
    }

    /// Removes from a work queue what its consumer has settled (streams.md §3.5).
    private func releaseSettled(by entry: StreamConsumer) {
        guard entry.consumer.reportsSettled else { return }
        self.settled.removeAll(keepingCapacity: true)
        entry.consumer.takeSettled(into: &self.settled)
        for sequence in self.settled { _ = self.store.remove(sequence, erase: false) }
        if !self.settled.isEmpty { self.passOnRemovals() }
    }

    private func noteWaiting(_ slot: ConsumerSlot, _ entry: StreamConsumer) {
        let isWaiting = entry.consumer.isWaiting
        if isWaiting == entry.isWaiting { return }
        entry.isWaiting = isWaiting
        if isWaiting { self.waiting.append(slot) } else { self.waiting.removeAll { $0 == slot } }
    }

    /// Keeps the earliest deadline: it may come too early, never too late.
    private func noteDeadline(of entry: StreamConsumer) {
        guard let deadline = entry.consumer.nextDeadline else { return }
        self.earliestDeadline = min(self.earliestDeadline ?? deadline, deadline)
    }

    /// Tells the consumers what the store removed.
    func passOnRemovals() {
        let removals = self.store.removals
        if removals.isEmpty { return }
        self.removals.removeAll(keepingCapacity: true)
        removals.take(into: &self.removals)
        for slot in self.consumerSlots.values {
            guard let entry = self.consumers[slot] else { continue }
            entry.consumer.didRemove(self.removals)
            self.noteEvents(slot, entry)
        }
    }

    // MARK: - Checkpoints

    /// The progress of all consumers that keep theirs on disk.
    public func consumerSnapshots() -> [ConsumerSnapshot] {
        var snapshots: [ConsumerSnapshot] = []
        for entry in self.consumers.all {
            if entry.consumer.policy.isPersistent { snapshots.append(entry.consumer.snapshot()) }
        }
        return snapshots
    }
}
