import StreamModel
import StreamStore
import Subjects

/// The state of a ``Consumer`` and all it does.
///
/// A value inside the class: a method that works on stored properties of a class pays a dynamic exclusivity check
/// for each access, which was 45 % of the time of a delivery. Here one check covers a call.
struct ConsumerCore {
    /// Its number in the store's files.
    let id: ConsumerID
    /// Its configuration in the form that each message needs.
    var policy: ConsumerPolicy
    /// Whether ``takeSettled(into:)`` is called: on interest and work-queue streams.
    var reportsSettled = false
    /// Whether ``takeEvents(into:)`` is called.
    var reportsEvents = false

    let store: any StreamStore
    let ackPrefix: [UInt8]
    var acks: AckState
    /// Where the search for new messages goes on.
    var next: StreamSequence
    /// Delivered before the messages from `next` on; those before `lastPerSubjectPlace` were.
    var lastPerSubject: [StreamSequence] = []
    var lastPerSubjectPlace = 0
    /// The last sequence that the list looked at; zero without a list.
    var lastPerSubjectBoundary = StreamSequence.zero
    var undelivered: UndeliveredCounter
    var queue = PullQueue()
    /// Counts calls of `deliver`, so that a request knows what it learnt in this one.
    var run: UInt64 = 0

    var writer = ProgressWriter()
    /// Whether the progress being gathered was promised to somebody.
    var promisesProgress = false
    /// Whether acknowledgements were journaled without asking for durability.
    var hasUnsyncedAcks = false
    var settled: [StreamSequence] = []
    var events: [ConsumerEvent] = []

    var lastDelivered: Timestamp?
    var lastAcknowledged: Timestamp?
    var lastActivity: Timestamp
    /// Inactivity does not end it before this.
    var inactivityHold = Timestamp.distantPast
    var isPauseAnnounced = false
    var pace = ReplayPace()

    /// The most events and the most bytes of progress that are kept for somebody who does not come.
    static let eventsMax = 8192
    static let progressBytesMax = 1 << 16

    /// Makes a new consumer that begins at `start`, and journals that.
    ///
    /// - Parameters:
    ///   - stream: the stream's name, as it appears in acknowledgement subjects.
    ///   - name: the consumer's name likewise.
    init(
        id: ConsumerID,
        stream: [UInt8],
        name: [UInt8],
        policy: ConsumerPolicy,
        start: StartPosition,
        store: any StreamStore,
        now: Timestamp
    ) {
        self.id = id
        self.policy = policy
        self.store = store
        self.ackPrefix = AckSubject.prefix(stream: stream, consumer: name)
        self.acks = AckState(start: start.skipped)
        self.next = start.next
        self.lastPerSubject = start.lastPerSubject
        self.lastPerSubjectBoundary = start.lastPerSubject.isEmpty ? .zero : start.next.previous
        self.lastActivity = now
        self.undelivered = UndeliveredCounter(last: store.state.lastSequence)
        self.pace = ReplayPace(until: store.state.lastSequence)
        self.isPauseAnnounced = !self.isPaused(at: now)
        self.replaceProgress()
        self.promisesProgress = true
        self.flushProgress()
    }

    /// For recovery: a consumer that goes on from `acks`.
    init(
        id: ConsumerID,
        stream: [UInt8],
        name: [UInt8],
        policy: ConsumerPolicy,
        acks: AckState,
        boundary: StreamSequence,
        store: any StreamStore,
        now: Timestamp
    ) {
        self.id = id
        self.policy = policy
        self.store = store
        self.ackPrefix = AckSubject.prefix(stream: stream, consumer: name)
        self.acks = acks
        self.next = acks.delivered.stream.next
        self.lastActivity = now
        self.undelivered = UndeliveredCounter(last: store.state.lastSequence)
        self.pace = ReplayPace(until: store.state.lastSequence)
        if boundary > acks.delivered.stream {
            self.lastPerSubject = store.lastPerSubject(matching: policy.filter, atOrBefore: boundary)
                .filter { $0 > acks.delivered.stream }
            self.lastPerSubjectBoundary = boundary
            self.next = boundary.next
        }
        self.isPauseAnnounced = !self.isPaused(at: now)
    }

    // MARK: - What the stream asks

    /// Whether pull requests wait for messages.
    var isWaiting: Bool { !self.queue.isEmpty }

    /// Whether a message may be delivered at that time; false until the pause is over.
    func isPaused(at now: Timestamp) -> Bool {
        if let until = self.policy.pauseUntil { until > now } else { false }
    }

    /// Whether it still needs the message, whose subject it wants: for interest retention (consumers.md §9.2).
    func needs(_ sequence: StreamSequence) -> Bool {
        if self.acks.givenUp.contains(sequence.rawValue) { return true }
        guard sequence > self.acks.floor.stream else { return false }
        if self.policy.acknowledgement != .explicit { return true }
        if self.acks.place(of: sequence.rawValue) != nil { return true }
        if sequence >= self.next { return true }
        return self.lastPerSubject[self.lastPerSubjectPlace...].contains(sequence)
    }

    /// What INFO says of its progress; call ``sweep(now:interest:effects:)`` before.
    mutating func progress() -> ConsumerProgress {
        self.refreshUndelivered()
        var progress = ConsumerProgress()
        progress.delivered = self.acks.delivered
        progress.lastDelivered = self.lastDelivered
        progress.ackFloor = self.acks.floor
        progress.lastAcknowledged = self.lastAcknowledged
        progress.ackPending = self.acks.pendingCount
        progress.redelivered =
            self.policy.maxDeliver == 1 ? 0 : self.acks.redeliveredPendingCount + self.acks.givenUp.count
        progress.waiting = self.queue.count
        progress.pending = self.undelivered.count
        return progress
    }

    /// Moves the sequences settled since the last call to the end of `settled`.
    mutating func takeSettled(into settled: inout [StreamSequence]) {
        settled.append(contentsOf: self.settled)
        self.settled.removeAll(keepingCapacity: true)
    }

    /// Moves the events since the last call to the end of `events`.
    mutating func takeEvents(into events: inout [ConsumerEvent]) {
        events.append(contentsOf: self.events)
        self.events.removeAll(keepingCapacity: true)
    }

    // MARK: - What the stream tells

    /// Notes an appended message: needed of a consumer with a filter, for each that may match.
    ///
    /// It counts once it is durable; no need to say when.
    mutating func didAppend(_ sequence: StreamSequence, subject: RawSpan) {
        guard !self.policy.filter.isAll, sequence >= self.next, self.policy.filter.matches(subject) else {
            return
        }
        self.undelivered.append(sequence)
    }

    /// Takes over a changed configuration (consumers.md §2.3); the caller has checked what may change.
    mutating func update(_ policy: ConsumerPolicy, now: Timestamp) {
        let old = self.policy
        self.policy = policy
        self.lastActivity = now
        if old.filter != policy.filter { self.undelivered.restart(last: self.store.state.lastSequence) }
        if old.ackWait != policy.ackWait || old.backoff != policy.backoff {
            self.acks.changeDeadlines { entry in
                let before = old.deadline(after: entry.deliveries, at: entry.delivered)
                let after = policy.deadline(after: entry.deliveries, at: entry.delivered)
                // A message put off by its client keeps its distance from the ordinary deadline.
                return Timestamp(rawValue: after)
                    .advanced(byNanoseconds: entry.deadline == .max ? 0 : entry.deadline - before).rawValue
            }
            self.replaceProgress()
        }
        if self.isPaused(at: now) { self.isPauseAnnounced = false }
    }

    /// Starts anew at `sequence`, or behind the ack floor (consumers.md §1.9); returns where.
    ///
    /// Waiting pull requests stay. The caller has checked that the deliver policy allows `sequence`.
    mutating func reset(to sequence: StreamSequence?) -> StreamSequence {
        let start = max(sequence ?? self.acks.floor.stream.next, StreamSequence(1))
        self.acks = AckState(start: start.previous)
        self.next = start
        self.lastPerSubject = []
        self.lastPerSubjectPlace = 0
        self.lastPerSubjectBoundary = .zero
        self.lastDelivered = nil
        self.lastAcknowledged = nil
        self.undelivered.restart(last: self.store.state.lastSequence)
        self.replaceProgress()
        self.promisesProgress = true
        self.flushProgress()
        return start
    }

    // MARK: - Progress

    /// Hands what was gathered to the store's journal.
    ///
    /// The stream calls it, or ``deliver(now:budget:interest:effects:)`` which does, on each consumer that it
    /// touched before it makes a commit: confirmations held back until then promise this progress.
    mutating func flushProgress() {
        let isPromise = self.promisesProgress
        self.promisesProgress = false
        guard self.policy.isPersistent else {
            self.writer.reset()
            return
        }
        self.writer.close()
        if self.writer.isEmpty, !(isPromise && self.hasUnsyncedAcks) { return }
        self.hasUnsyncedAcks = !isPromise
        let bytes = self.writer.bytes
        unsafe self.store.journal(bytes.span.bytes, consumer: self.id, durable: isPromise)
        self.writer.reset()
    }

    mutating func flushIfLarge() {
        if self.writer.size > Self.progressBytesMax { self.flushProgress() }
    }

    /// Notes the whole state instead of what led to it.
    mutating func replaceProgress() {
        self.writer.replace(self.acks, boundary: self.boundary.rawValue)
    }

    /// Up to where a recovered consumer has to look for a last-per-subject list; zero when it need not.
    var boundary: StreamSequence {
        self.lastPerSubjectBoundary > self.acks.delivered.stream ? self.lastPerSubjectBoundary : .zero
    }

    mutating func report(_ event: ConsumerEvent) {
        if self.reportsEvents, self.events.count < Self.eventsMax { self.events.append(event) }
    }

    mutating func refreshUndelivered() {
        self.undelivered.refresh(
            self.store,
            from: self.next,
            ahead: UInt64(self.lastPerSubject.count - self.lastPerSubjectPlace),
            matching: self.policy.filter
        )
    }
}
