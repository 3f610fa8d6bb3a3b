import NIOCore
public import StreamModel
public import StreamStore
import Subjects

/// One stream: what happens to a message that is published to it, and who gets it.
///
/// Confined to one event loop and pure: the time is an argument, and what it wants sent gathers in ``outgoing``.
///
/// No answer leaves before the state it was computed from is durable. While something is not yet synced, answers
/// wait in the order they were given:
///
///     held        leaves with the commit that gathers now
///     committing  leaves when the commit under way is finished
///     outgoing    may leave now
///
/// Acknowledgements for publishers on other loops wait in lanes beside `held` and `committing`: ``WaitingAnswers``.
public final class Stream {
    /// The name.
    public let name: String
    /// When it was created.
    public let created: Timestamp
    /// The configuration in force, normalised.
    public internal(set) var configuration: StreamConfiguration {
        didSet { self.rules = PublishRules(self.configuration) }
    }
    /// Its messages.
    public let store: any StreamStore
    /// Whether messages go to files, so that none is durable when it has just been stored.
    let isOnDisk: Bool
    /// What may be sent now.
    ///
    /// Whoever drives the stream sends it and clears it.
    public var outgoing = EffectBuffer()

    private(set) var rules: PublishRules
    /// Why writes are refused, if they are.
    private(set) var frozen: String?
    /// Whether messages to be stored in files are refused because the disk is full.
    public var isDiskFull = false
    /// What limits beyond the stream's own leave for messages.
    ///
    /// Set by whoever publishes, before each message, where there are such limits.
    public var quota = StorageQuota.unlimited
    var held = EffectBuffer()
    var committing = EffectBuffer()
    /// The lanes of `held`; made when the first answer waits on one.
    private var heldLanes: WaitingAnswers?
    private var spareLanes: [WaitingAnswers] = []
    /// How many lanes there are.
    public var laneCount = 0
    /// What whoever performs the commit under way sends once it is durable.
    public private(set) var committingLanes: WaitingAnswers?
    /// The answer that whoever performs the commit under way sends alone; here in case that it fails.
    private var entrusted = EffectBuffer()
    var isCommitting = false
    var lastMessageID: [UInt8] = []
    let acknowledgement: PubAckFormat
    var acknowledgementText: [UInt8] = []
    var removals: [StoreRemoval] = []
    var settled: [StreamSequence] = []
    var scratch = ByteBuffer()
    var consumers = SlotTable<StreamConsumer>()
    var consumerSlots: [String: ConsumerSlot] = [:]
    /// How much is delivered before other streams and the sockets get their turn, and of one consumer before others.
    public var deliveryBudget = DeliveryBudget(messages: 4096, bytes: 4 << 20)
    /// Whether the last ``deliver(now:interest:)`` kept messages back because no client that asked takes more for now.
    ///
    /// Whoever hosts the stream calls it again after a while.
    public internal(set) var isHeldUp = false
    /// Reads of many messages that are not answered to their end.
    var reads = DirectReadQueue()
    /// Consumers with a filter.
    var filtered: [StreamConsumer] = []
    /// Consumers that may deliver in this cycle.
    var ready: [ConsumerSlot] = []
    /// Consumers whose requests wait for messages.
    var waiting: [ConsumerSlot] = []
    /// Consumers in which something may have happened that is announced.
    var eventful: [ConsumerSlot] = []
    /// Up to where the consumers know of messages.
    var announced = StreamSequence.zero
    /// Not later than the first deadline of a consumer.
    var earliestDeadline: Timestamp?

    /// Makes a stream over an open store.
    public init(
        name: String,
        configuration: StreamConfiguration,
        created: Timestamp,
        store: any StreamStore,
        now: Timestamp
    ) {
        self.name = name
        self.configuration = configuration
        self.rules = PublishRules(configuration)
        self.created = created
        self.store = store
        self.isOnDisk = store.durability != .memory
        self.acknowledgement = PubAckFormat(stream: name)
        self.store.limits = StoreLimits(configuration)
        self.announced = store.durable
        self.frozen = store.state.frozen
        _ = self.store.expire(by: now)
        self.recoverLastMessageID(now: now)
    }

    /// Reads the id of the last message from its headers, if it lies in the duplicate window (streams.md §4.5).
    private func recoverLastMessageID(now: Timestamp) {
        let state = self.store.state
        guard let time = state.lastTime,
            now.nanoseconds(since: time) <= self.configuration.duplicateWindow.rawValue,
            case .message(let message) = self.store.load(state.lastSequence, into: &self.scratch)
        else { return }
        let buffer = self.scratch
        let headers = buffer.readableBytesSpan.extracting(message.headers)
        self.lastMessageID = headers.value(PublishHeaders(headers).messageID).array()
    }

    // MARK: Durability

    /// Answers a request with `payload` once the state it tells of is durable.
    public func answer(to reply: RawSpan, headers: RawSpan = RawSpan(), payload: RawSpan) {
        if reply.isEmpty { return }
        if self.store.hasUncommitted {
            self.held.send(to: reply, reply: RawSpan(), headers: headers, payload: payload)
        } else {
            self.outgoing.send(to: reply, reply: RawSpan(), headers: headers, payload: payload)
        }
    }

    /// What the store wants done on another thread now, or nil: nothing, or it is under way already.
    public func nextWork(now: Timestamp) -> StoreWork? {
        self.flushReady()
        let work = self.store.nextWork(now: now, isLast: false) { self.consumerSnapshots() }
        guard case .commit = work else { return work }
        self.isCommitting = true
        swap(&self.held, &self.committing)
        self.heldLanes?.start()
        swap(&self.heldLanes, &self.committingLanes)
        return work
    }

    /// Entrusts the answer that waits for the commit under way, if it is the only one, to whoever performs it.
    ///
    /// It is not sent from here once the commit is durable. Nothing is entrusted while earlier answers may still be on
    /// their way to clients.
    ///
    /// - Parameter take: gets the answer and says whether it takes it.
    public func entrustOnlyAnswer(_ take: (_ answer: borrowing EffectBuffer) -> Bool) {
        guard self.isCommitting, self.outgoing.isEmpty, self.spareLanes.allSatisfy(\.isFinished) else {
            return
        }
        let lanes = self.committingLanes?.lanes.filter { !$0.effects.isEmpty } ?? []
        if lanes.isEmpty, self.committing.effects.count == 1 {
            if take(self.committing) { swap(&self.committing, &self.entrusted) }
        } else if self.committing.isEmpty, lanes.count == 1, lanes[0].effects.effects.count == 1 {
            if take(lanes[0].effects) { lanes[0].giveUp(to: &self.entrusted) }
        }
    }

    /// The answers that wait on `lane`.
    func held(on lane: Int) -> WaitingAnswers.Lane {
        if let lanes = self.heldLanes { return lanes.lanes[lane] }
        let spare = self.spareLanes.firstIndex { $0.isFinished }
        let lanes = spare.map { self.spareLanes.remove(at: $0) } ?? WaitingAnswers(lanes: self.laneCount)
        self.heldLanes = lanes
        return lanes.lanes[lane]
    }

    /// Puts answers that wait on lanes to those that leave from here.
    private func gatherLanes() {
        if let lanes = self.committingLanes { lanes.move(to: &self.committing) }
        self.release(&self.entrusted, to: &self.committing)
        if let lanes = self.heldLanes { lanes.move(to: &self.held) }
    }

    /// Lanes kept for reuse, beside those on their way.
    private static let spareLanesMax = 4

    /// Takes back a performed commit: the answers that waited for it may leave.
    ///
    /// - Throws: ``StoreError/noSpace(path:)`` if the disk is full: the answers wait for the next commit. Another
    ///   ``StoreError`` if it failed: the answers are errors then, and the store takes no more writes.
    public func finish(_ commit: StoreCommit) throws(StoreError) {
        self.isCommitting = false
        defer { self.frozen = self.store.state.frozen }
        if !commit.isDurable { self.gatherLanes() }
        if let lanes = self.committingLanes {
            self.committingLanes = nil
            if self.spareLanes.count >= Self.spareLanesMax { self.spareLanes.removeAll(where: \.isFinished) }
            self.spareLanes.append(lanes)
        }
        self.entrusted.removeAll()
        do throws(StoreError) {
            try self.store.finish(.commit(commit))
        } catch {
            // Those that waited for it wait on, in their order.
            self.committing.append(contentsOf: self.held)
            self.held.removeAll()
            swap(&self.held, &self.committing)
            if case .noSpace = error { throw error }
            self.refuseWaiting(because: error)
            throw error
        }
        self.release(&self.committing)
        self.flushReady()
        if !self.store.hasUncommitted { self.releaseHeld() }
    }

    /// Lets everything leave that waits for the next commit.
    func releaseHeld() {
        if let lanes = self.heldLanes { lanes.move(to: &self.held) }
        self.release(&self.held)
    }

    /// Hands the store what consumers gathered since they were last served.
    ///
    /// A confirmation may be held that promises it: whether the store has everything is to be asked only after this.
    private func flushReady() {
        for slot in self.ready { self.consumers[slot]?.consumer.flushProgress() }
    }

    /// Turns all answers that wait for something to become durable into errors, and lets them leave.
    public func refuseWaiting(because failure: StoreError) {
        self.gatherLanes()
        self.refuse(&self.held, because: failure)
        self.release(&self.held)
    }

    func release(_ waiting: inout EffectBuffer) {
        self.release(&waiting, to: &self.outgoing)
    }

    private func release(_ waiting: inout EffectBuffer, to effects: inout EffectBuffer) {
        if waiting.isEmpty { return }
        if effects.isEmpty {
            swap(&effects, &waiting)
        } else {
            effects.append(contentsOf: waiting)
            waiting.removeAll()
        }
    }

    /// Turns answers that promised something into errors (streams.md §4.3, row 23).
    private func refuse(_ waiting: inout EffectBuffer, because failure: StoreError) {
        var payload: [UInt8] = []
        self.acknowledgement.appendError(.streamStoreFailed("\(failure)"), to: &payload)
        var refused = EffectBuffer()
        for effect in waiting.effects {
            unsafe refused.send(
                to: waiting.arena.readableBytesSpan.extracting(effect.route),
                reply: RawSpan(),
                headers: RawSpan(),
                payload: payload.span.bytes
            )
        }
        swap(&waiting, &refused)
    }

    /// Gives back memory and files that are not needed while nothing happens.
    ///
    /// - Returns: False while something is under way, and not all is given back.
    public func rest() -> Bool {
        guard self.store.rest(), !self.isCommitting, self.outgoing.isEmpty, self.held.isEmpty,
            self.reads.isEmpty,
            self.heldLanes?.isEmpty ?? true
        else {
            return false
        }
        self.heldLanes = nil
        self.spareLanes = []
        self.outgoing = EffectBuffer()
        self.held = EffectBuffer()
        self.committing = EffectBuffer()
        self.entrusted = EffectBuffer()
        self.scratch = ByteBuffer()
        return true
    }

    // MARK: Time

    /// When ``tick(now:interest:)`` or ``nextWork(now:)`` has something to do; nil if nothing is due.
    public var nextDeadline: Timestamp? {
        var next = self.earliestDeadline
        if let expiry = self.store.nextExpiry { next = min(expiry, next ?? expiry) }
        if let work = self.store.workDeadline { next = min(work, next ?? work) }
        return next
    }

}
