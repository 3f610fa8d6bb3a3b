import Logging
import NIOCore
import StreamEngine
import StreamModel
import StreamStore
import Subjects
import Synchronization

/// A stream on its shard: drives the engine with what came in, and carries out what it wants done.
final class HostedStream {
    /// The engine.
    let stream: StreamEngine.Stream
    /// What other loops know of it.
    let handle: StreamHandle
    /// The account it belongs to, seen from this loop.
    let view: AccountView
    /// Whether it is on the shard's list of streams to settle.
    var isTouched = false
    /// Whether its files may be open, and whether it was used since that was last asked: see ``AwakeStreams``.
    var isAwake = false
    var wasUsed = false
    /// Its number in the catalogue; 0 for a stream in memory.
    let catalogID: UInt64

    /// The store, if it is one in files: what it says of damage.
    private let fileStore: FileStreamStore?
    /// How many damaged records of it were reported.
    private var reportedDamage: UInt64 = 0
    private var subjects: [String: Subscription] = [:]
    private var consumerSubjects: [String: [Subscription]] = [:]
    /// The consumers that are listened to, or will be once the account has JetStream again.
    private var listeningConsumers: [String: ConsumerSlot] = [:]
    /// Whether nothing reaches it, because its account has no JetStream any more.
    private(set) var isSilent = false
    private var isChanging = false
    private var waitingChanges: [(HostedStream, Shard) -> Void] = []
    private var consumerIDs: UInt64 = 1 << 63

    /// Bytes that came in since the last commit was made, and in the commit under way.
    private var gatheringBytes = 0
    private var committingBytes = 0
    private var isCommitting = false
    private var isCheckpointing = false
    /// Whether the last commit found no room on the disk, and the next one is not to be made yet.
    private var isWaitingForRoom = false
    /// Time between two attempts to write to a full disk.
    private static let retryInterval = TimeAmount.milliseconds(250)

    /// What its account and the server have in streams; nil in a stream that belongs to neither.
    let usage: (account: StorageUsage, server: StorageUsage)?
    /// Its bytes as those two have them.
    var reportedBytes = 0
    /// Whether deliveries wait for clients that are behind.
    private var isHeldUp = false

    init(stream: StreamEngine.Stream, handle: StreamHandle, catalogID: UInt64, view: AccountView) {
        self.stream = stream
        self.catalogID = catalogID
        self.handle = handle
        self.view = view
        self.fileStore = stream.store as? FileStreamStore
        self.usage = view.account.jetStream.map { ($0.usage, $0.server.usage) }
    }

    /// How long deliveries wait for clients that are behind.
    private static let holdUp = TimeAmount.milliseconds(5)

    /// Handles one item of a batch that the loop of shard `origin` made.
    func take(
        _ item: IngestBatch.Item,
        in bytes: RawSpan,
        from origin: Int,
        now: Timestamp,
        on shard: Shard
    ) {
        if item.kind == .publish || item.kind == .publishTraced {
            self.stream.isDiskFull = shard.isDiskFull
            self.readQuota()
        }
        let subject = bytes.extracting(item.subject)
        let reply = bytes.extracting(item.reply)
        let headers = bytes.extracting(item.headers)
        let payload = bytes.extracting(item.payload)
        switch item.kind {
        case .publish:
            self.gatheringBytes += subject.byteCount + headers.byteCount + payload.byteCount
            self.stream.publish(
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload,
                lane: origin == shard.index ? nil : origin,
                now: now
            )
        case .publishTraced:
            self.gatheringBytes += subject.byteCount + headers.byteCount + payload.byteCount
            self.publish(
                shard.traces[Int(item.consumer.index)],
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload,
                lane: origin == shard.index ? nil : origin,
                now: now,
                on: shard
            )
        case .pull:
            self.stream.pull(
                item.consumer,
                body: payload,
                reply: reply,
                headers: headers,
                now: now,
                interest: { shard.interest(in: $0, of: self.view) }
            )
        case .acknowledge:
            self.stream.acknowledge(
                item.consumer,
                subject: subject,
                reply: reply,
                payload: payload,
                now: now,
                interest: { shard.interest(in: $0, of: self.view) }
            )
        case .directGet:
            let prefix = Self.directGetPrefix.count + self.handle.name.utf8.count + 1
            self.stream.directGet(
                subjectPart: subject.extracting(min(prefix, subject.byteCount)..<subject.byteCount),
                body: payload,
                reply: reply,
                headers: headers
            )
        }
    }

    /// Ends a cycle: delivers, sends, and hands the writes to the disk.
    func settle(now: Timestamp, on shard: Shard) {
        let hasMore = self.stream.deliver(now: now, interest: { shard.interest(in: $0, of: self.view) })
        self.announceEvents(now: now, on: shard)
        self.reportUsage()
        if let store = self.fileStore, store.damagedReads != self.reportedDamage {
            self.reportDamage(store.damagedReads, now: now, on: shard)
        }
        self.send(on: shard)
        self.startWork(now: now, on: shard)
        if hasMore { shard.touch(self) }
        if self.stream.isHeldUp { self.deliverLater(on: shard) }
    }

    /// Goes on in a while: the clients that asked for messages are behind with reading them.
    private func deliverLater(on shard: Shard) {
        if self.isHeldUp { return }
        self.isHeldUp = true
        let slot = self.handle.address.slot
        shard.loop.scheduleTask(in: Self.holdUp) {
            guard let hosted = shard.streams[slot] else { return }
            hosted.isHeldUp = false
            shard.touch(hosted)
            shard.settle()
        }
    }

    /// Runs timers that are due.
    func tick(now: Timestamp, on shard: Shard) {
        let expired = self.stream.tick(now: now, interest: { shard.interest(in: $0, of: self.view) })
        let jetStream = self.view.account.jetStream
        for name in expired { jetStream?.deleteExpiredConsumer(name, of: self, on: shard) }
    }

    /// Takes back a commit.
    func finish(_ commit: StoreCommit, on shard: Shard) {
        self.handle.queuedBytes.wrappingSubtract(self.committingBytes, ordering: .relaxed)
        self.committingBytes = 0
        self.isCommitting = false
        let durable = self.stream.store.durable.rawValue
        do throws(StoreError) {
            try self.stream.finish(commit)
            let batch = self.stream.store.durable.rawValue
            if batch > durable { shard.broker.disk.timer.note { $0.batches.record(Double(batch - durable)) } }
        } catch .noSpace(let path) {
            self.waitForRoom(.noSpace(path: path), on: shard)
        } catch {
            shard.broker.logger.error("JetStream stream '\(self.handle.name)' takes no more writes: \(error)")
        }
        shard.touch(self)
    }

    /// Tries the commit again once there may be room; without a reserve nobody is kept waiting for that.
    private func waitForRoom(_ error: StoreError, on shard: Shard) {
        self.isWaitingForRoom = true
        let slot = self.handle.address.slot
        let goOn = { @Sendable (shard: Shard) in
            guard let hosted = shard.streams[slot] else { return }
            hosted.isWaitingForRoom = false
            shard.touch(hosted)
        }
        guard let room = shard.broker.jetStream?.room else { return goOn(shard) }
        room.makeRoom(loop: shard.loop) { released in
            shard.post(
                .call { shard in
                    if released { return goOn(shard) }
                    guard let hosted = shard.streams[slot] else { return }
                    hosted.stream.refuseWaiting(because: error)
                    shard.touch(hosted)
                    shard.loop.scheduleTask(in: Self.retryInterval) {
                        goOn(shard)
                        shard.settle()
                    }
                }
            )
        }
    }

    /// Takes back a checkpoint.
    func finish(_ checkpoint: StoreCheckpoint, on shard: Shard) {
        self.isCheckpointing = false
        do {
            try self.stream.store.finish(.checkpoint(checkpoint))
        } catch {
            shard.broker.logger.error(
                "JetStream stream '\(self.handle.name)' could not save its index: \(error)"
            )
        }
        shard.touch(self)
    }

    /// Takes back a rewriting.
    func finish(_ rewrite: StoreRewrite, on shard: Shard) {
        do {
            try self.stream.store.finish(.rewrite(rewrite))
        } catch {
            shard.broker.logger.warning(
                "JetStream stream '\(self.handle.name)' could not give back disk space: \(error)"
            )
        }
        shard.touch(self)
    }

    /// When the stream or its store wants to be woken.
    var nextDeadline: Timestamp? { self.stream.nextDeadline }

    /// Publishes what happened in the consumers, where somebody listens.
    private func announceEvents(now: Timestamp, on shard: Shard) {
        for (consumer, events) in self.stream.takeEvents() {
            for event in events {
                guard let advisory = Advisory(event, stream: self.handle.name, consumer: consumer, at: now),
                    unsafe shard.interest(in: advisory.subject.span.bytes, of: self.view) != 0
                else { continue }
                unsafe self.stream.outgoing.send(
                    to: advisory.subject.span.bytes,
                    reply: RawSpan(),
                    headers: RawSpan(),
                    payload: advisory.payload.span.bytes
                )
            }
        }
    }

    /// Tells of records that were to be read and do not verify: in the log, and to whoever listens.
    private func reportDamage(_ count: UInt64, now: Timestamp, on shard: Shard) {
        let added = count - self.reportedDamage
        self.reportedDamage = count
        shard.broker.logger.error(
            "JetStream stream '\(self.handle.name)': \(added) damaged records were met and skipped; \(count) since the start"
        )
        let advisory = Advisory(damaged: count, stream: self.handle.name, at: now)
        if unsafe shard.interest(in: advisory.subject.span.bytes, of: self.view) == 0 { return }
        unsafe self.stream.outgoing.send(
            to: advisory.subject.span.bytes,
            reply: RawSpan(),
            headers: RawSpan(),
            payload: advisory.payload.span.bytes
        )
    }

    /// What is wrong with its store; nil for one in memory.
    var health: StoreHealth? { self.fileStore?.health }

    /// How full its index is; nil for one in memory, and while it is closed.
    var indexUse: IndexUse? { self.fileStore?.indexUse }

    /// Whether a commit or a checkpoint is under way.
    var isOnDisk: Bool { self.isCommitting || self.isCheckpointing }

    /// Closes what an idle stream does not need open; false while it is busy.
    func rest() -> Bool { !self.isCheckpointing && self.stream.rest() && !self.isOnDisk }

    /// Writes the last things and closes the store.
    ///
    /// Blocks: the server stops.
    func close(logger: Logger) {
        do {
            try self.stream.store.close(consumers: self.stream.consumerSnapshots())
        } catch {
            logger.error("JetStream stream '\(self.handle.name)' could not be closed cleanly: \(error)")
        }
    }

    func send(on shard: Shard) {
        while !self.stream.outgoing.isEmpty {
            var effects = EffectBuffer()
            swap(&effects, &self.stream.outgoing)
            shard.send(effects, in: self.view)
            effects.removeAll()
            if self.stream.outgoing.isEmpty { swap(&effects, &self.stream.outgoing) }
        }
    }

    /// Hands what the store wants done to the threads of the disk.
    private func startWork(now: Timestamp, on shard: Shard) {
        if self.isWaitingForRoom { return }
        while let work = self.stream.nextWork(now: now) {
            switch work {
            case .commit(let commit): self.start(commit, on: shard)
            case .checkpoint(let checkpoint):
                self.isCheckpointing = true
                shard.broker.disk.perform(checkpoint, of: self.handle.address, for: shard)
            case .rewrite(let rewrite):
                shard.broker.disk.perform(rewrite, of: self.handle.address, for: shard)
            }
        }
        if !self.stream.store.hasUncommitted { self.releaseQueue() }
    }

    private func start(_ commit: StoreCommit, on shard: Shard) {
        self.committingBytes = self.gatheringBytes
        self.gatheringBytes = 0
        self.isCommitting = true
        var alone: FramedMessage?
        self.stream.entrustOnlyAnswer { answer in
            alone = shard.frameAlone(answer, in: self.view)
            return alone != nil
        }
        shard.broker.disk.perform(
            commit,
            of: self.handle.address,
            for: shard,
            answers: self.stream.committingLanes,
            alone: alone,
            in: self.view.account
        )
    }

    /// Gives back the room of messages that needed no commit: refused, duplicate, or in memory.
    private func releaseQueue() {
        if self.gatheringBytes == 0 { return }
        self.handle.queuedBytes.wrappingSubtract(self.gatheringBytes, ordering: .relaxed)
        self.gatheringBytes = 0
    }

    // MARK: - Interest

    private static let directGetPrefix = "$JS.API.DIRECT.GET."

    /// Captures the subjects of `configuration`, and no others.
    ///
    /// A subject that stays keeps its subscription: it must neither be missed nor captured twice.
    func listen(to configuration: StreamConfiguration) {
        if self.isSilent { return }
        var wanted: [String: Target] = [:]
        for subject in configuration.subjects { wanted[subject] = .stream(self.handle) }
        if configuration.allowDirect {
            let exact = Self.directGetPrefix + configuration.name
            wanted[exact] = .directGet(self.handle)
            wanted[exact + ".>"] = .directGet(self.handle)
        }
        for (subject, subscription) in self.subjects where wanted[subject] == nil {
            self.view.account.interest.remove(subscription)
            self.subjects[subject] = nil
        }
        for (subject, target) in wanted where self.subjects[subject] == nil {
            self.subjects[subject] = self.add(subject, target)
        }
    }

    /// Listens to a consumer's requests and, where it takes them, acknowledgements in both forms (consumers.md §3.2).
    func listen(to consumer: String, at slot: ConsumerSlot) {
        self.listeningConsumers[consumer] = slot
        if self.isSilent { return }
        let stream = self.handle.name
        var subjects = [self.add("$JS.API.CONSUMER.MSG.NEXT.\(stream).\(consumer)", .pull(self.handle, slot))]
        if self.stream.consumer(named: consumer)?.consumer.policy.servesAcknowledgements == true {
            let target = Target.acknowledge(self.handle, slot)
            subjects.append(self.add("$JS.ACK.\(stream).\(consumer).*.*.*.*.*", target))
            let hash = self.view.account.acknowledgementHash
            subjects.append(self.add("$JS.ACK._.\(hash).\(stream).\(consumer).*.*.*.*.>", target))
        }
        self.consumerSubjects[consumer] = subjects
    }

    /// Ends that.
    func stopListening(to consumer: String) {
        self.listeningConsumers[consumer] = nil
        for subscription in self.consumerSubjects.removeValue(forKey: consumer) ?? [] {
            self.view.account.interest.remove(subscription)
        }
    }

    /// Ends all of it.
    func stopListening() {
        for subscription in self.subjects.values { self.view.account.interest.remove(subscription) }
        self.subjects = [:]
        for name in Array(self.consumerSubjects.keys) { self.stopListening(to: name) }
    }

    /// Lets nothing in any more, tells waiting requests, and keeps all it has.
    func fallSilent(on shard: Shard) {
        if self.isSilent { return }
        let consumers = self.listeningConsumers
        self.stopListening()
        self.listeningConsumers = consumers
        self.isSilent = true
        self.stream.terminateWaiting(.serverShutdown)
        shard.touch(self)
    }

    /// Ends that.
    func listenAgain(on shard: Shard) {
        guard self.isSilent else { return }
        self.isSilent = false
        self.listen(to: self.stream.configuration)
        for (consumer, slot) in self.listeningConsumers { self.listen(to: consumer, at: slot) }
        shard.touch(self)
    }

    private func add(_ pattern: String, _ target: Target) -> Subscription {
        self.view.account.interest.add(pattern: Array(pattern.utf8), target: target)
    }

    // MARK: - Consumers

    /// What INFO says of a consumer.
    func info(of entry: StreamConsumer, on shard: Shard) -> ConsumerInfo {
        self.stream.info(of: entry, now: shard.now, interest: { shard.interest(in: $0, of: self.view) })
    }

    /// A name for a consumer that was given none: 8 characters, unused.
    func makeConsumerName() -> String {
        while true {
            let name = UniqueID.make(length: 8)
            if self.stream.consumer(named: name) == nil { return name }
        }
    }

    /// An id for a consumer that the catalogue does not list: one it never gives.
    func makeConsumerID() -> ConsumerID {
        self.consumerIDs += 1
        return ConsumerID(rawValue: self.consumerIDs)
    }

    /// Runs a change of consumers once those before it have ended.
    func enqueueChange(on shard: Shard, _ change: @escaping (HostedStream, Shard) -> Void) {
        self.waitingChanges.append(change)
        self.startNextChange(on: shard)
    }

    /// Lets the next change begin.
    func endChange(on shard: Shard) {
        self.isChanging = false
        self.startNextChange(on: shard)
    }

    private func startNextChange(on shard: Shard) {
        while !self.isChanging, !self.waitingChanges.isEmpty {
            let change = self.waitingChanges.removeFirst()
            self.isChanging = true
            change(self, shard)
        }
    }
}
