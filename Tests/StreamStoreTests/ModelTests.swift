import NIOCore
import StreamModel
import Subjects
import TestSupport
import Testing

@testable import StorageTorture
@testable import StreamStore

/// The file store, the memory store and a list of messages take the same random operations and must give the same
/// answers; the file store is opened again in between.
@Suite("The stores against a plain list")
struct ModelTests {
    static let filters: [SubjectFilter] = [
        .all, Self.filter("a.b"), Self.filter("a.*"), Self.filter("a.>"), Self.filter("*.b"),
        Self.filter(">"),
        Self.filter("b.*.1"), Self.filter("b.x-1", "a.c"), Self.filter("*.*.1", "b.>"),
        Self.filter("nothing"),
        Self.filter("b.x.1"),
    ]
    static let subjects = ["a.b", "a.c", "b.x.1", "b.y.1", "b.x.2", "b.x-1", "b", "c.b", "a.b.c"]

    static func filter(_ patterns: String...) -> SubjectFilter {
        SubjectFilter(patterns.compactMap { SubjectPattern($0) })
    }

    @Test("Gives the same answers after any operations", arguments: 1...12 as ClosedRange<UInt64>)
    func random(seed: UInt64) throws {
        var run = try ModelRun(seed: seed)
        for step in 0..<300 {
            try run.step()
            try run.compare(step)
        }
    }
}

/// One run: the two stores and a source of chance.
struct ModelRun {
    var random: SeededGenerator
    var model = NaiveStore()
    let fixture: StoreFixture
    /// Nil when a limit of bytes is in force, which the two kinds of storage count differently.
    let memory: MemoryStreamStore?
    let seed: UInt64
    var time: Int64 = 1_000
    /// Up to when times to live have ended.
    var expired: Int64 = 0
    var log: [String] = []
    let manySubjects: Bool
    var mayForgetIDs = false
    var checkpoint: StoreCheckpoint?

    init(seed: UInt64) throws {
        self.seed = seed
        self.random = SeededGenerator(seed: seed)
        let usesLimits = seed % 3 == 0
        self.manySubjects = seed % 4 == 1
        var limits = StoreLimits()
        if usesLimits {
            limits = StoreLimits(
                messages: seed % 2 == 0 ? 200 : nil,
                bytes: seed % 5 == 0 ? 6_000 : nil,
                messagesPerSubject: seed % 6 == 3 ? 3 : nil
            )
        }
        self.model.limits = limits
        self.memory = limits.bytes == nil ? MemoryStreamStore(limits: limits) : nil
        self.fixture = try StoreFixture {
            $0.limits = limits
            $0.segmentBytes = 4_096
            $0.duplicateWindow = 1_000_000_000_000
            $0.checkpoint = CheckpointPolicy(messages: 150)
        }
    }

    mutating func subject() -> String {
        if self.manySubjects, Bool.random(using: &self.random) {
            return "many.\(Int.random(in: 0..<300, using: &self.random))"
        }
        if Int.random(in: 0..<40, using: &self.random) == 0 {
            return "long." + String(repeating: "x", count: 480 + Int.random(in: 0..<20, using: &self.random))
                + ".1"
        }
        return ModelTests.subjects.randomElement(using: &self.random) ?? "a.b"
    }

    mutating func sequence() -> UInt64 {
        let low = self.model.first > 3 ? self.model.first - 3 : 0
        return UInt64.random(in: low...self.model.last + 3, using: &self.random)
    }

    mutating func filter() -> SubjectFilter { ModelTests.filters.randomElement(using: &self.random) ?? .all }

    mutating func step() throws {
        switch Int.random(in: 0..<100, using: &self.random) {
        case 0..<50:
            for _ in 0..<Int.random(in: 1...12, using: &self.random) { self.append() }
        case 50..<62:
            let sequence = self.sequence()
            let erase = Bool.random(using: &self.random)
            self.log.append("remove \(sequence) \(erase)")
            let removed = self.memory?.remove(StreamSequence(sequence), erase: erase)
            #expect(removed == nil || removed == (self.model.message(sequence) != nil), self.context)
            #expect(
                self.fixture.store.remove(StreamSequence(sequence), erase: erase)
                    == self.model.remove(sequence),
                self.context
            )
        case 62..<67:
            let filter = self.filter()
            let below = Bool.random(using: &self.random) ? nil : self.sequence()
            let keep = below == nil ? UInt64.random(in: 0...6, using: &self.random) : 0
            // Everything only now and then, or nothing would ever grow old.
            if filter.isAll, below == nil, keep == 0, Int.random(in: 0..<3, using: &self.random) > 0 {
                return
            }
            self.log.append("purge \(filter.patterns) \(String(describing: below)) keep \(keep)")
            let purged = self.fixture.store.purge(
                matching: filter,
                below: below.map { StreamSequence($0) },
                keep: keep
            )
            let inMemory = self.memory?
                .purge(
                    matching: filter,
                    below: below.map { StreamSequence($0) },
                    keep: keep
                )
            #expect(inMemory == nil || inMemory == purged, self.context)
            #expect(purged == self.model.purge(filter, below, keep), self.context)
        case 67..<69:
            let sequence =
                self.model.last + [1, 3, 200, 9_000, 20_000][Int.random(in: 0..<5, using: &self.random)]
            self.log.append("skip \(sequence)")
            self.fixture.store.skip(to: StreamSequence(sequence))
            self.memory?.skip(to: StreamSequence(sequence))
            self.model.skip(sequence)
        case 69..<72:
            let time = self.time - Int64.random(in: 0..<400, using: &self.random)
            self.log.append("expire \(time)")
            self.fixture.store.expire(before: Timestamp(rawValue: time))
            self.memory?.expire(before: Timestamp(rawValue: time))
            self.model.expire(time)
        case 72: self.expireDue()
        case 73..<75:
            let limits = StoreLimits(
                messages: Bool.random(using: &self.random) ? 150 : nil,
                messagesPerSubject: Bool.random(using: &self.random) ? 20 : nil
            )
            self.log.append("limits \(limits)")
            self.fixture.store.limits = limits
            self.memory?.limits = limits
            self.fixture.options.limits = limits
            self.model.limits = limits
            self.model.enforce()
        case 75..<82:
            self.log.append("commit")
            try self.fixture.commit()
        case 82..<92:
            try self.checkpointStep()
        default:
            try self.reopen()
        }
    }

    mutating func append() {
        self.time += Int64.random(in: -2...10, using: &self.random)
        let subject = self.subject()
        let id = Int.random(in: 0..<4, using: &self.random) == 0 ? "id-\(self.model.last)" : ""
        let choices = ["", "", "", "", "1s", "2", "3.5s", "never"]
        let timeToLive = choices.randomElement(using: &self.random) ?? ""
        var headers = id.isEmpty ? "" : "Nats-Msg-Id: \(id)\r\n"
        if !timeToLive.isEmpty { headers += "Nats-TTL: \(timeToLive)\r\n" }
        if !headers.isEmpty { headers = "NATS/1.0\r\n\(headers)\r\n" }
        let lives = TimeToLive(text: timeToLive.bytes.span.bytes)
        let payload = String(repeating: "p", count: Int.random(in: 0..<60, using: &self.random))
        self.log.append("append \(subject) as \(self.model.last + 1)")
        let sequence = self.fixture.append(
            subject,
            payload,
            headers: headers,
            id: id,
            time: self.time,
            timeToLive: lives
        )
        self.model.append(subject, headers.bytes, payload.bytes, id, self.time, timeToLive: lives)
        let bytes = (subject: subject.bytes, headers: headers.bytes, payload: payload.bytes, id: id.bytes)
        _ = self.memory?
            .append(
                subject: bytes.subject.span.bytes,
                headers: bytes.headers.span.bytes,
                payload: bytes.payload.span.bytes,
                messageID: bytes.id.span.bytes,
                timestamp: Timestamp(rawValue: self.time),
                timeToLive: lives
            )
        #expect(sequence == self.model.last, self.context)
    }

    /// Lets times to live end, the earlier ones.
    mutating func expireDue() {
        self.expired = max(self.expired, self.time + Int64.random(in: 0..<4_000_000_000, using: &self.random))
        self.log.append("expire due by \(self.expired)")
        let now = Timestamp(rawValue: self.expired)
        let store = self.fixture.store
        _ = self.memory?.expire(dueBy: now, limit: .max)
        let count = store.expire(dueBy: now, limit: .max)
        #expect(count == self.model.expire(dueBy: self.expired, limit: .max), self.context)
    }

    /// Begins a checkpoint, or ends the one begun: other operations come in between.
    mutating func checkpointStep() throws {
        if let checkpoint = self.checkpoint {
            self.log.append("checkpoint ends")
            self.checkpoint = nil
            checkpoint.perform()
            try self.fixture.store.finish(checkpoint)
            try self.fixture.commit()
        } else {
            self.log.append("checkpoint begins")
            if Bool.random(using: &self.random) { try self.fixture.commit() }
            self.checkpoint = self.fixture.store.makeCheckpoint(consumers: [])
        }
    }

    mutating func reopen() throws {
        try self.fixture.commit()
        // A checkpoint under way is lost, or was performed and not taken back.
        if Bool.random(using: &self.random) { self.checkpoint?.perform() }
        let hadCheckpoint = self.checkpoint != nil
        self.checkpoint = nil
        let closes = !hadCheckpoint && Bool.random(using: &self.random)
        let removesIndex = Int.random(in: 0..<3, using: &self.random) == 0
        self.log.append("reopen \(closes ? "closed" : "") \(removesIndex ? "without index" : "")")
        if closes { try self.fixture.store.close(consumers: []) }
        if removesIndex { self.mayForgetIDs = true }
        try self.fixture.reopen(now: self.time, removingIndex: removesIndex)
        #expect(self.fixture.report.lostSequences == 0, self.context)
        #expect(self.fixture.report.damagedRecords == 0, self.context)
        #expect(self.fixture.store.durable.rawValue == self.model.last, self.context)
    }

    var context: Comment { "seed \(self.seed), \(self.log.count) operations, last: \(self.log.suffix(30))" }

    mutating func compare(_ step: Int) throws {
        let store = self.fixture.store
        #expect(store.state == self.model.state, self.context)
        try #require(store.reader.failure == nil, self.context)
        if store.state != self.model.state { throw Mismatch() }
        if let memory { try self.compareMemory(memory) }
        for _ in 0..<3 {
            let sequence = self.sequence()
            let filter = self.filter()
            let place = StreamSequence(sequence)
            let next = store.next(from: place, matching: filter)?.rawValue
            #expect(
                next == self.model.next(sequence, filter),
                "next \(sequence) \(filter.patterns) \(self.context)"
            )
            let last = store.last(matching: filter, atOrBefore: place)?.rawValue
            #expect(
                last == self.model.last(filter, sequence),
                "last \(sequence) \(filter.patterns) \(self.context)"
            )
            let count = store.count(from: place, matching: filter)
            #expect(
                count == self.model.count(sequence, filter),
                "count \(sequence) \(filter.patterns) \(self.context)"
            )
            if next != self.model.next(sequence, filter) { throw Mismatch() }
            self.compareMessage(sequence)
        }
        #expect(store.oldestAging?.rawValue == self.model.oldestAging, self.context)
        if let due = self.model.nextExpiry {
            // A timer of a message that is gone may be earlier; one due when it was stored counts from then.
            let next = try #require(store.nextExpiry, self.context)
            #expect(next.rawValue <= max(due, self.expired), self.context)
        }
        let time = self.time - Int64.random(in: -10..<2_000, using: &self.random)
        #expect(
            store.first(atOrAfter: Timestamp(rawValue: time))?.rawValue == self.model.first(time),
            "first at \(time) \(self.context)"
        )
        if step % 5 == 0 { self.compareAll() }
    }

    /// The memory store's answers.
    mutating func compareMemory(_ memory: MemoryStreamStore) throws {
        var state = memory.state
        // Each kind of storage counts bytes in its own way.
        state.bytes = self.model.state.bytes
        #expect(state == self.model.state, "memory: \(self.context)")
        if state != self.model.state { throw Mismatch() }
        let sequence = self.sequence()
        let filter = self.filter()
        let place = StreamSequence(sequence)
        let next = memory.next(from: place, matching: filter)?.rawValue
        #expect(next == self.model.next(sequence, filter), "memory: \(self.context)")
        let last = memory.last(matching: filter, atOrBefore: place)?.rawValue
        #expect(last == self.model.last(filter, sequence), "memory: \(self.context)")
        let count = memory.count(from: place, matching: filter)
        #expect(count == self.model.count(sequence, filter), "memory: \(self.context)")
        let newest = memory.lastPerSubject(matching: filter, atOrBefore: place).map { $0.rawValue }
        #expect(newest == self.model.lastPerSubject(filter, sequence), "memory: \(self.context)")
        var buffer = ByteBuffer()
        let message = self.model.message(sequence)
        if case .message(let found) = memory.load(place, into: &buffer) {
            let bytes = Array(buffer.readableBytesView)
            #expect(Array(bytes[found.payload]) == message?.payload, "memory: \(self.context)")
            #expect(Array(bytes[found.subject]) == message?.subject.bytes, "memory: \(self.context)")
            #expect(found.timestamp.rawValue == message?.time, "memory: \(self.context)")
        } else {
            #expect(message == nil, "memory: \(self.context)")
        }
    }

    func compareMessage(_ sequence: UInt64) {
        let found = self.fixture.load(sequence)
        let message = self.model.message(sequence)
        #expect(found?.subject == message?.subject, "load \(sequence) \(self.context)")
        #expect(found?.headers == message?.headers, "load \(sequence) \(self.context)")
        #expect(found?.payload == message?.payload, "load \(sequence) \(self.context)")
        #expect(found?.time == message?.time, "load \(sequence) \(self.context)")
    }

    mutating func compareAll() {
        let store = self.fixture.store
        #expect(store.deletedSequences().map { $0.rawValue } == self.model.deleted, self.context)
        let missing = self.memory?.deletedSequences().map { $0.rawValue }
        #expect(missing == nil || missing == self.model.deleted, "memory: \(self.context)")
        let filter = self.filter()
        let limit = self.sequence()
        let newest = store.lastPerSubject(matching: filter, atOrBefore: StreamSequence(limit))
        #expect(
            newest.map { $0.rawValue } == self.model.lastPerSubject(filter, limit),
            "\(filter.patterns) \(limit) \(self.context)"
        )
        var subjects: [String: UInt64] = [:]
        store.forEachSubject(matching: filter) { subject, count in
            subjects[String(decoding: subject.copied(), as: UTF8.self), default: 0] += count
        }
        #expect(subjects == self.model.subjects(filter), "\(filter.patterns) \(self.context)")
        let stored = Set(self.model.messages.map { $0.sequence })
        for (id, known) in self.model.ids {
            let found = store.duplicate(of: id.bytes.span.bytes, since: .distantPast)?.rawValue
            if self.mayForgetIDs, !stored.contains(known.sequence) {
                #expect(found == nil || found == known.sequence, self.context)
            } else {
                #expect(found == known.sequence, "id \(id) \(self.context)")
            }
        }
        #expect(store.duplicate(of: "never".bytes.span.bytes, since: .distantPast) == nil)
    }

    struct Mismatch: Error {}
}
