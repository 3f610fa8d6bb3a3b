import NIOCore
import StreamModel
import StreamStore
import Subjects

@testable import StreamEngine

/// A message that the consumer sent, in readable form.
struct Frame: Equatable, CustomStringConvertible {
    var route: String
    var subject: String
    var reply: String
    var headers: String
    var payload: String

    /// The numbers of the ack subject: deliveries, stream sequence, consumer sequence, pending.
    var numbers: [UInt64] {
        let tokens = self.reply.split(separator: ".")
        guard tokens.count == 9 else { return [] }
        return [4, 5, 6, 8].compactMap { UInt64(tokens[$0]) }
    }

    var isMessage: Bool { !self.reply.isEmpty }

    /// `inbox: subject dc/sseq/dseq pending` or `inbox: 404 No Messages; Header: value`.
    var description: String {
        if self.isMessage {
            let numbers = self.numbers
            guard numbers.count == 4 else { return "\(self.route): \(self.reply)" }
            return "\(self.route): \(self.subject) \(numbers[0])/\(numbers[1])/\(numbers[2]) \(numbers[3])"
        }
        let lines = self.headers.dropFirst("NATS/1.0 ".count).split(separator: "\r\n")
        return "\(self.route): \(lines.joined(separator: "; "))"
    }
}

/// A consumer with its store, its clients and a clock that the test moves.
final class ConsumerFixture {
    let store: JournalingStore
    var consumer: Consumer
    var policy: ConsumerPolicy
    /// Milliseconds.
    var time: Int64 = 1_000_000
    /// What the subscribers of an inbox would still take, less than 0 while they are behind; those not named take
    /// everything.
    var takers: [String: Int] = [:]
    var events: [ConsumerEvent] = []
    var settled: [StreamSequence] = []
    /// Whether inactivity ended the consumer.
    var hasExpired = false
    /// Whether the last delivery kept messages back for clients that are behind.
    var isHeldUp = false
    private var effects = EffectBuffer()
    private var held = EffectBuffer()

    init(
        _ subjects: [String] = [],
        store: JournalingStore = JournalingStore(),
        _ configure: (inout ConsumerPolicy) -> Void = { _ in }
    ) {
        self.store = store
        var policy = ConsumerPolicy()
        configure(&policy)
        self.policy = policy
        for (index, subject) in subjects.enumerated() {
            Self.append(store, subject, "p\(index + 1)", Int64(index + 1) * 10 * 1_000_000)
        }
        self.consumer = Consumer(
            id: ConsumerID(rawValue: 1),
            stream: Array("S".utf8),
            name: Array("c".utf8),
            policy: policy,
            start: StartPosition(policy: policy, store: store),
            store: store,
            now: Timestamp(rawValue: 1_000_000 * 1_000_000)
        )
        self.consumer.reportsEvents = true
        self.consumer.reportsSettled = true
    }

    var now: Timestamp { Timestamp(rawValue: self.time * 1_000_000) }

    @discardableResult
    static func append(
        _ store: JournalingStore,
        _ subject: String,
        _ payload: String,
        _ time: Int64,
        headers: String = ""
    ) -> StreamSequence {
        let subject = Array(subject.utf8)
        let payload = Array(payload.utf8)
        let headers = Array(headers.utf8)
        let id: [UInt8] = []
        return store.append(
            subject: subject.span.bytes,
            headers: headers.span.bytes,
            payload: payload.span.bytes,
            messageID: id.span.bytes,
            timestamp: Timestamp(rawValue: time)
        )
    }

    /// Publishes and tells the consumer, as a stream does.
    @discardableResult
    func publish(_ subject: String, _ payload: String = "x", headers: String = "") -> UInt64 {
        let sequence = Self.append(self.store, subject, payload, self.now.rawValue, headers: headers)
        let bytes = Array(subject.utf8)
        self.consumer.didAppend(sequence, subject: bytes.span.bytes)
        self.reportRemovals()
        return sequence.rawValue
    }

    func remove(_ sequence: UInt64) {
        _ = self.store.remove(StreamSequence(sequence), erase: false)
        self.reportRemovals()
    }

    func purge(_ filter: SubjectFilter = .all, below: UInt64? = nil, keep: UInt64 = 0) {
        _ = self.store.purge(matching: filter, below: below.map { StreamSequence($0) }, keep: keep)
        self.reportRemovals()
        self.consumer.didPurge(matching: filter)
        self.consumer.flushProgress()
    }

    func reportRemovals() {
        var removals: [StoreRemoval] = []
        self.store.removals.take(into: &removals)
        if !removals.isEmpty { self.consumer.didRemove(removals) }
        self.take()
    }

    /// Sends a pull request and delivers; returns what was sent.
    @discardableResult
    func pull(_ body: String = "", inbox: String = "in", level: Bool = false) -> [Frame] {
        let body = Array(body.utf8)
        let reply = Array(inbox.utf8)
        self.consumer.pull(
            body: body.span.bytes,
            reply: reply.span.bytes,
            requiredAPILevelTooHigh: level,
            now: self.now,
            interest: self.interest,
            effects: &self.effects
        )
        return self.deliver()
    }

    /// Delivers what there is; returns what was sent.
    @discardableResult
    func deliver(messages: Int = 1_000_000) -> [Frame] {
        var budget = DeliveryBudget(messages: messages, bytes: 1 << 30)
        _ = self.consumer.deliver(
            now: self.now,
            budget: &budget,
            interest: self.interest,
            effects: &self.effects
        )
        self.isHeldUp = budget.isHeldUp
        self.take()
        return self.drain()
    }

    /// Moves the clock and does what is due on the way; returns what was sent.
    @discardableResult
    func wait(_ milliseconds: Int64) -> [Frame] {
        var frames: [Frame] = []
        let end = self.time + milliseconds
        var steps = 0
        while let due = self.consumer.nextDeadline, due.rawValue <= end * 1_000_000, steps < 10_000 {
            steps += 1
            self.time = max(self.time, (due.rawValue + 999_999) / 1_000_000)
            let tick = self.tick()
            frames += tick.frames
            if tick.outcome == .expired {
                self.hasExpired = true
                return frames
            }
        }
        self.time = end
        frames += self.tick().frames
        return frames
    }

    func tick() -> (frames: [Frame], outcome: Consumer.Tick) {
        let outcome = self.consumer.tick(now: self.now, interest: self.interest, effects: &self.effects)
        self.take()
        return (outcome == .wantsDelivery ? self.deliver() : self.drain(), outcome)
    }

    /// Acknowledges by the reply subject of a delivery; returns where it was confirmed and what was sent.
    @discardableResult
    func ack(_ subject: String, _ payload: String = "", reply: String = "") -> (
        confirmed: [Frame], sent: [Frame]
    ) {
        let subject = Array(subject.utf8)
        let payload = Array(payload.utf8)
        let reply = Array(reply.utf8)
        guard let ack = AckSubject(subject.span.bytes) else { return ([], []) }
        self.consumer.acknowledge(
            ack,
            payload: payload.span.bytes,
            reply: reply.span.bytes,
            now: self.now,
            interest: self.interest,
            effects: &self.effects,
            held: &self.held
        )
        let confirmed = Self.frames(&self.held)
        return (confirmed, self.deliver())
    }

    func ack(_ sequence: UInt64, delivery: UInt64? = nil, _ payload: String = "") {
        self.ack("$JS.ACK.S.c.1.\(sequence).\(delivery ?? sequence).0.0", payload)
    }

    var progress: ConsumerProgress {
        self.consumer.sweep(now: self.now, interest: self.interest, effects: &self.effects)
        self.effects.removeAll()
        return self.consumer.progress()
    }

    var floor: [UInt64] { [self.progress.ackFloor.consumer, self.progress.ackFloor.stream.rawValue] }
    var delivered: [UInt64] { [self.progress.delivered.consumer, self.progress.delivered.stream.rawValue] }

    func terminate(_ cause: Consumer.Termination) -> [Frame] {
        self.consumer.terminateWaiting(cause, effects: &self.effects)
        return self.drain()
    }

    /// What a restarted server would have: a consumer from the journal, or from `snapshot` and what followed it.
    func recovered(snapshot: [UInt8]? = nil, since entry: Int = 0) throws -> Consumer {
        self.consumer.flushProgress()
        let consumer = try Consumer(
            id: ConsumerID(rawValue: 1),
            stream: Array("S".utf8),
            name: Array("c".utf8),
            policy: self.policy,
            recovered: RecoveredConsumer(snapshot: snapshot, entries: Array(self.store.entries[entry...])),
            store: self.store,
            now: self.now
        )
        consumer.reportsEvents = true
        consumer.reportsSettled = true
        return consumer
    }

    private var interest: (RawSpan) -> Int {
        { inbox in self.takers[String(decoding: inbox.array(), as: UTF8.self)] ?? .max }
    }

    private func take() {
        self.consumer.takeEvents(into: &self.events)
        self.consumer.takeSettled(into: &self.settled)
    }

    private func drain() -> [Frame] { Self.frames(&self.effects) }

    private static func frames(_ buffer: inout EffectBuffer) -> [Frame] {
        defer { buffer.removeAll() }
        let arena = buffer.arena
        func text(_ range: Range<Int>) -> String {
            arena.getString(at: range.lowerBound, length: range.count) ?? "?"
        }
        return buffer.effects.map { effect in
            Frame(
                route: text(effect.route),
                subject: text(effect.subject),
                reply: text(effect.reply),
                headers: text(effect.headers),
                payload: text(effect.payload)
            )
        }
    }
}

extension [Frame] {
    /// The frames as text, for tables.
    var texts: [String] { self.map(\.description) }
    /// The stream sequences of the messages among them.
    var sequences: [UInt64] { self.filter(\.isMessage).map { $0.numbers[1] } }
}

/// The filter of those patterns; a pattern that is none matches nothing in a test that then fails.
func filter(_ patterns: String...) -> SubjectFilter {
    SubjectFilter(patterns.compactMap { SubjectPattern($0) })
}

/// A small seeded generator.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var z = self.state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func below(_ limit: UInt64) -> UInt64 { self.next() % max(1, limit) }
}
