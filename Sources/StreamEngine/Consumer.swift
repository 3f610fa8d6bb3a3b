public import StreamModel
public import StreamStore
public import Subjects

/// A consumer: which messages of a stream a group of clients was given, and which of them it has settled.
///
/// Confined to its stream's loop, and pure: the time is an argument, and what is to be sent goes to an
/// ``EffectBuffer``. The stream tells it what happens in the store, calls ``tick(now:interest:effects:)`` at
/// ``nextDeadline``, and ends each round of work on it with ``deliver(now:budget:interest:effects:)``, or with
/// ``flushProgress()`` when nothing can be delivered.
///
/// `interest` answers how many messages the subscribers of an inbox would still take: 0 when there is none,
/// `Int.max` when they set no limit, and less than 0 when they are there but so far behind that nothing more should be
/// sent for now. It is asked once per request and call, not per message.
public final class Consumer {
    /// What ends all waiting pull requests at once.
    public enum Termination: Sendable, Hashable {
        /// The consumer or its stream is deleted.
        case consumerDeleted
        /// The server stops in an orderly way.
        case serverShutdown
    }

    /// What the stream has to do after a ``tick(now:interest:effects:)``.
    public enum Tick: Sendable, Hashable {
        /// Nothing.
        case quiet
        /// Call ``deliver(now:budget:interest:effects:)``.
        case wantsDelivery
        /// Delete the consumer: nobody used it for as long as its configuration says.
        case expired
    }

    /// What it knows and does; not changed from outside this file but by tests.
    var core: ConsumerCore

    /// Makes a new consumer that begins at `start`, and journals that.
    ///
    /// - Parameters:
    ///   - stream: the stream's name, as it appears in acknowledgement subjects.
    ///   - name: the consumer's name likewise.
    public init(
        id: ConsumerID,
        stream: [UInt8],
        name: [UInt8],
        policy: ConsumerPolicy,
        start: StartPosition,
        store: any StreamStore,
        now: Timestamp
    ) {
        self.core = ConsumerCore(
            id: id,
            stream: stream,
            name: name,
            policy: policy,
            start: start,
            store: store,
            now: now
        )
    }

    /// Makes the consumer whose progress was recovered, and fits it to what the store holds (consumers.md §6.2).
    ///
    /// Messages that were pending are delivered again when their time has come; waiting requests are gone.
    public init(
        id: ConsumerID,
        stream: [UInt8],
        name: [UInt8],
        policy: ConsumerPolicy,
        recovered: RecoveredConsumer,
        store: any StreamStore,
        now: Timestamp
    ) throws(ConsumerStateError) {
        self.core = try ConsumerCore(
            id: id,
            stream: stream,
            name: name,
            policy: policy,
            recovered: recovered,
            store: store,
            now: now
        )
    }

    // MARK: - What the stream asks

    /// Its number in the store's files.
    public var id: ConsumerID { self.core.id }

    /// Its configuration in the form that each message needs.
    public var policy: ConsumerPolicy { self.core.policy }

    /// Whether ``takeSettled(into:)`` is called: on interest and work-queue streams.
    public var reportsSettled: Bool {
        get { self.core.reportsSettled }
        set { self.core.reportsSettled = newValue }
    }

    /// Whether ``takeEvents(into:)`` is called.
    public var reportsEvents: Bool {
        get { self.core.reportsEvents }
        set { self.core.reportsEvents = newValue }
    }

    /// Whether pull requests wait for messages.
    public var isWaiting: Bool { self.core.isWaiting }

    /// Whether nothing is delivered at that time.
    public func isPaused(at now: Timestamp) -> Bool { self.core.isPaused(at: now) }

    /// Whether it still needs the message, whose subject it wants: for interest retention (consumers.md §9.2).
    public func needs(_ sequence: StreamSequence) -> Bool { self.core.needs(sequence) }

    /// What INFO says of its progress; call ``sweep(now:interest:effects:)`` before.
    public func progress() -> ConsumerProgress { self.core.progress() }

    /// The whole progress as of now, for a checkpoint.
    ///
    /// Flushes what was gathered, so that the journal ends before it.
    public func snapshot() -> ConsumerSnapshot { self.core.snapshot() }

    /// Moves the sequences settled since the last call to the end of `settled`.
    public func takeSettled(into settled: inout [StreamSequence]) { self.core.takeSettled(into: &settled) }

    /// Moves the events since the last call to the end of `events`.
    public func takeEvents(into events: inout [ConsumerEvent]) { self.core.takeEvents(into: &events) }

    // MARK: - What the stream tells

    /// Notes an appended message: needed of a consumer with a filter, for each that may match.
    ///
    /// It counts once it is durable; no need to say when.
    public func didAppend(_ sequence: StreamSequence, subject: RawSpan) {
        self.core.didAppend(sequence, subject: subject)
    }

    /// Notes what the store removed (consumers.md §6.3).
    ///
    /// For a purge the stream calls ``didPurge(matching:)`` after this.
    public func didRemove(_ removals: [StoreRemoval]) { self.core.didRemove(removals) }

    /// Notes that the store was purged of messages matching `filter`; ``didRemove(_:)`` comes before it.
    ///
    /// A consumer all of whose messages were concerned moves on to what is left; another one stays where it is.
    public func didPurge(matching filter: SubjectFilter) { self.core.didPurge(matching: filter) }

    /// Takes over a changed configuration (consumers.md §2.3); the caller has checked what may change.
    public func update(_ policy: ConsumerPolicy, now: Timestamp) { self.core.update(policy, now: now) }

    /// Starts anew at `sequence`, or behind the ack floor (consumers.md §1.9); returns where.
    ///
    /// Waiting pull requests stay. The caller has checked that the deliver policy allows `sequence`.
    public func reset(to sequence: StreamSequence?) -> StreamSequence { self.core.reset(to: sequence) }

    // MARK: - What clients send

    /// Takes a pull request: the body of a `MSG.NEXT` message (consumers.md §3.6).
    ///
    /// Queues it, or answers why not. Messages come from ``deliver(now:budget:interest:effects:)``.
    ///
    /// - Parameters:
    ///   - reply: the inbox; a request without one is ignored.
    ///   - requiredAPILevelTooHigh: whether its headers require more than we are.
    public func pull(
        body: RawSpan,
        reply: RawSpan,
        requiredAPILevelTooHigh: Bool = false,
        now: Timestamp,
        interest: (RawSpan) -> Int,
        effects: inout EffectBuffer
    ) {
        self.core.pull(
            body: body,
            range: 0..<body.byteCount,
            reply: reply,
            requiredAPILevelTooHigh: requiredAPILevelTooHigh,
            now: now,
            interest: interest,
            effects: &effects
        )
    }

    /// Takes an acknowledgement of whatever kind (consumers.md §4).
    ///
    /// A stream whose consumer does not ``ConsumerPolicy/servesAcknowledgements`` does not call this: such a
    /// message has no listener.
    ///
    /// - Parameters:
    ///   - ack: the subject it was published to.
    ///   - payload: what it says.
    ///   - reply: where it wants to be confirmed; empty for nowhere.
    ///   - held: confirmations, to be sent once the store's next commit is durable.
    public func acknowledge(
        _ ack: AckSubject,
        payload: RawSpan,
        reply: RawSpan,
        now: Timestamp,
        interest: (RawSpan) -> Int,
        effects: inout EffectBuffer,
        held: inout EffectBuffer
    ) {
        self.core.acknowledge(
            ack,
            payload: payload,
            reply: reply,
            now: now,
            interest: interest,
            effects: &effects,
            held: &held
        )
    }

    // MARK: - What becomes of it

    /// Delivers to waiting pull requests what there is, redeliveries first (consumers.md §3.4).
    ///
    /// - Parameter budget: how much, so that others get their turn; what was used is taken off.
    /// - Returns: Whether there is more to do at once: the budget ended it.
    public func deliver(
        now: Timestamp,
        budget: inout DeliveryBudget,
        interest: (RawSpan) -> Int,
        effects: inout EffectBuffer
    ) -> Bool {
        self.core.deliver(now: now, budget: &budget, interest: interest, effects: &effects)
    }

    /// When ``tick(now:interest:effects:)`` is to be called next; nil when nothing is awaited.
    ///
    /// An earlier call does no harm.
    public var nextDeadline: Timestamp? { self.core.nextDeadline }

    /// Does what is due at `now`: redeliveries, ends and heartbeats of requests, the end of a pause, inactivity.
    public func tick(
        now: Timestamp,
        interest: (RawSpan) -> Int,
        effects: inout EffectBuffer
    ) -> Tick {
        self.core.tick(now: now, interest: interest, effects: &effects)
    }

    /// Ends requests that are over or whose inbox nobody listens to.
    public func sweep(now: Timestamp, interest: (RawSpan) -> Int, effects: inout EffectBuffer) {
        self.core.sweep(now: now, interest: interest, effects: &effects)
    }

    /// Ends all waiting requests and says why.
    public func terminateWaiting(_ cause: Termination, effects: inout EffectBuffer) {
        self.core.terminateWaiting(cause, effects: &effects)
    }

    /// Hands what was gathered to the store's journal.
    ///
    /// The stream calls it, or ``deliver(now:budget:interest:effects:)`` which does, on each consumer that it
    /// touched before it makes a commit: confirmations held back until then promise this progress.
    public func flushProgress() { self.core.flushProgress() }
}
