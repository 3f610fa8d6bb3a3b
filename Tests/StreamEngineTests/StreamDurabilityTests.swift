import NIOCore
import StreamEngine
import StreamModel
import StreamStore
import Subjects
import TestSupport
import Testing

/// When answers leave, by what an acknowledgement means on the stream.
@Suite("Durability of a stream")
struct StreamDurabilityTests {
    private static let interval: Int64 = 100_000_000
    private static let start = Timestamp(rawValue: 1_000_000_000)

    private let directory: TemporaryDirectory

    init() throws { self.directory = try TemporaryDirectory() }

    private func makeStream(_ durability: StoreDurability) throws -> StreamEngine.Stream {
        let store = try FileStreamStore.open(
            directory: self.directory.path + "/1",
            options: FileStoreOptions(
                streamID: (1...16).map { UInt8($0) },
                quarantine: self.directory.path + "/quarantine",
                durability: durability,
                indexMapBytes: 1 << 26
            ),
            now: Self.start
        )
        return self.makeStream(over: store.store)
    }

    private func makeStream(over store: any StreamStore) -> StreamEngine.Stream {
        var configuration = StreamConfiguration(name: "S")
        configuration.maxMessageSize = -1
        return StreamEngine.Stream(
            name: "S",
            configuration: configuration,
            created: Self.start,
            store: store,
            now: Self.start
        )
    }

    private func publish(_ stream: StreamEngine.Stream, reply: String = "r", lane: Int? = nil) {
        let (subject, reply, payload) = (Array("s".utf8), Array(reply.utf8), Array("x".utf8))
        stream.publish(
            subject: subject.span.bytes,
            reply: reply.span.bytes,
            headers: RawSpan(),
            payload: payload.span.bytes,
            lane: lane,
            now: Self.start
        )
    }

    private func metadata(_ stream: StreamEngine.Stream) -> String? {
        stream.info(state: stream.state().state, leader: "", now: Self.start).configuration
            .metadata[
                "_weir.durability"
            ]
    }

    @Test("Synced: an answer leaves after a commit that syncs, and no time is awaited")
    func synced() throws {
        let stream = try self.makeStream(.sync)
        self.publish(stream)
        #expect(stream.outgoing.isEmpty)
        #expect(stream.nextDeadline == nil)
        let commit = try #require(stream.nextCommit())
        commit.perform()
        #expect(stream.outgoing.isEmpty)
        try stream.finish(commit)
        #expect(stream.outgoing.effects.count == 1)
        #expect(stream.nextCommit() == nil)
        #expect(self.metadata(stream) == "sync")
    }

    @Test("Answers on lanes leave with the commit, each on its own, and not through the stream")
    func lanes() throws {
        let stream = try self.makeStream(.sync)
        stream.laneCount = 3
        for lane in [1, 2, 1, nil] as [Int?] { self.publish(stream, reply: "r\(lane ?? 0)", lane: lane) }
        #expect(stream.outgoing.isEmpty && stream.committingLanes == nil)
        let commit = try #require(stream.nextCommit())
        self.publish(stream, reply: "later", lane: 1)
        #expect(!commit.isDurable)
        commit.perform()
        #expect(commit.isDurable)
        let answers = try #require(stream.committingLanes)
        #expect(answers.lanes.map(\.effects.effects.count) == [0, 2, 1])
        #expect(answers.lanes.map(\.isUnderWay) == [false, true, true])
        try stream.finish(commit)
        #expect(self.take(stream).routes == ["r0"])

        // Those on their way stay as they are; the next commit has others.
        let next = try #require(stream.nextCommit())
        next.perform()
        #expect(stream.committingLanes !== answers)
        #expect(stream.committingLanes?.lanes.map(\.effects.effects.count) == [0, 1, 0])
        try stream.finish(next)
        for lane in answers.lanes { lane.finish() }
        #expect(answers.lanes.allSatisfy { !$0.isUnderWay && $0.effects.isEmpty })
        self.publish(stream, lane: 2)
        _ = try #require(stream.nextCommit())
        #expect(stream.committingLanes === answers, "what was sent is filled again")
    }

    @Test("When a commit fails, those who wait on lanes are told so by the stream")
    func failedLanes() throws {
        let store = JournalingStore()
        let stream = self.makeStream(over: store)
        stream.laneCount = 2
        store.hasUncommitted = true
        self.publish(stream, reply: "first", lane: 1)
        store.nextCommit = PreparedCommit(succeeds: false)
        let commit = try #require(stream.nextCommit())
        self.publish(stream, reply: "second", lane: 0)
        #expect(throws: StoreError.self) { try stream.finish(commit) }
        let payloads = Array(stream.outgoing.arena.readableBytesView)
        #expect(String(decoding: payloads, as: UTF8.self).split(separator: "err_code").count == 3)
        #expect(self.take(stream).routes == ["first", "second"])
        #expect(stream.committingLanes == nil)
    }

    @Test("A lone answer can be entrusted to whoever performs the commit", arguments: [nil, 1])
    func loneAnswer(lane: Int?) throws {
        let stream = try self.makeStream(.sync)
        stream.laneCount = 2
        self.publish(stream, reply: "lone", lane: lane)
        stream.entrustOnlyAnswer { _ in self.unexpected("there is no commit yet") }
        let commit = try #require(stream.nextCommit())
        var refused = 0
        stream.entrustOnlyAnswer { _ in
            refused += 1
            return false
        }
        var routes: [String] = []
        stream.entrustOnlyAnswer { answer in
            let bytes = Array(answer.arena.readableBytesView)
            routes = answer.effects.map { String(decoding: bytes[$0.route], as: UTF8.self) }
            return true
        }
        #expect(refused == 1 && routes == ["lone"])
        self.publish(stream, reply: "later")
        commit.perform()
        #expect(stream.committingLanes?.lanes.allSatisfy { !$0.isUnderWay } ?? true)
        try stream.finish(commit)
        #expect(self.take(stream).routes == [], "it was sent by whom it was entrusted to")
        let next = try #require(stream.nextCommit())
        next.perform()
        try stream.finish(next)
        #expect(self.take(stream).routes == ["later"])
    }

    @Test("Answers are not entrusted with others beside them, nor while earlier ones may be on their way")
    func notAlone() throws {
        let stream = try self.makeStream(.sync)
        stream.laneCount = 2
        for lanes in [[nil, nil], [nil, 1], [1, 1], [0, 1]] as [[Int?]] {
            for lane in lanes { self.publish(stream, lane: lane) }
            let commit = try #require(stream.nextCommit())
            stream.entrustOnlyAnswer { _ in self.unexpected("\(lanes) are two") }
            commit.perform()
            let answers = stream.committingLanes
            try stream.finish(commit)
            _ = self.take(stream)
            for lane in answers?.lanes ?? [] where lane.isUnderWay {
                self.publish(stream)
                let next = try #require(stream.nextCommit())
                stream.entrustOnlyAnswer { _ in self.unexpected("earlier ones are on their way") }
                next.perform()
                try stream.finish(next)
                _ = self.take(stream)
                lane.finish()
            }
        }
        self.publish(stream)
        _ = try #require(stream.nextCommit())
        var taken = 0
        stream.entrustOnlyAnswer { _ in
            taken += 1
            return true
        }
        #expect(taken == 1)
    }

    @Test("When a commit fails, an entrusted answer becomes an error of the stream", arguments: [nil, 1])
    func failedLoneAnswer(lane: Int?) throws {
        let store = JournalingStore()
        let stream = self.makeStream(over: store)
        stream.laneCount = 2
        store.hasUncommitted = true
        self.publish(stream, reply: "first", lane: lane)
        store.nextCommit = PreparedCommit(succeeds: false)
        let commit = try #require(stream.nextCommit())
        stream.entrustOnlyAnswer { _ in true }
        self.publish(stream, reply: "second")
        #expect(throws: StoreError.self) { try stream.finish(commit) }
        #expect(self.take(stream).routes == ["first", "second"])
    }

    @Test("With an interval an answer leaves with the write, and the sync follows when it is due")
    func interval() throws {
        let stream = try self.makeStream(.interval(nanoseconds: Self.interval))
        // A new store saves its index after the first message, and syncs what it says.
        self.publish(stream)
        try self.workAll(stream)
        _ = self.take(stream)

        self.publish(stream)
        #expect(stream.outgoing.isEmpty)
        let write = try #require(stream.nextCommit())
        write.perform()
        try stream.finish(write)
        #expect(stream.outgoing.effects.count == 1)
        #expect(stream.nextCommit() == nil, "the sync is not due")

        let due = Self.start.advanced(byNanoseconds: Self.interval)
        #expect(stream.nextDeadline == due)
        #expect(stream.tick(now: due, interest: { _ in 0 }).isEmpty)
        let sync = try #require(stream.nextCommit(now: due))
        sync.perform()
        try stream.finish(sync)
        #expect(stream.nextDeadline == nil)
        #expect(stream.nextCommit() == nil)
        #expect(self.metadata(stream) == "interval")
    }

    @Test("With an interval nobody's answer waits for a sync")
    func answersDuringASync() throws {
        let stream = try self.makeStream(.interval(nanoseconds: Self.interval))
        self.publish(stream)
        let write = try #require(stream.nextCommit())
        write.perform()
        try stream.finish(write)
        stream.outgoing.removeAll()
        let sync = try #require(stream.nextCommit(now: Self.start.advanced(byNanoseconds: Self.interval)))
        let (reply, payload) = (Array("r".utf8), Array("{}".utf8))
        stream.answer(to: reply.span.bytes, payload: payload.span.bytes)
        #expect(stream.outgoing.effects.count == 1)
        sync.perform()
        try stream.finish(sync)
    }

    /// Where the effects of a cycle go, and the reply subjects in them.
    private func take(_ stream: StreamEngine.Stream) -> (routes: [String], replies: [String]) {
        let bytes = Array(stream.outgoing.arena.readableBytesView)
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        let effects = stream.outgoing.effects.map { (text($0.route), text($0.reply)) }
        stream.outgoing.removeAll()
        return (effects.map(\.0), effects.map(\.1))
    }

    private func unexpected(_ comment: Comment) -> Bool {
        Issue.record(comment)
        return false
    }

    private func commit(_ stream: StreamEngine.Stream) throws {
        while let commit = stream.nextCommit() {
            commit.perform()
            try stream.finish(commit)
        }
    }

    @Test("A confirmed acknowledgement that arrives during a commit waits for the next one")
    func confirmation() throws {
        let stream = try self.makeStream(.sync)
        var configuration = ConsumerConfiguration()
        configuration.durableName = "d"
        configuration.ackPolicy = .explicit
        let added = stream.addConsumer(
            name: "d",
            configuration: configuration,
            id: ConsumerID(rawValue: 1),
            now: Self.start
        )
        let slot = try #require(added)
        self.publish(stream)
        try self.commit(stream)
        let (inbox, body) = (Array("inbox".utf8), Array("1".utf8))
        stream.pull(
            slot,
            body: body.span.bytes,
            reply: inbox.span.bytes,
            headers: RawSpan(),
            now: Self.start,
            interest: { _ in .max }
        )
        _ = stream.deliver(now: Self.start, interest: { _ in .max })
        try self.commit(stream)
        let found = self.take(stream).replies.first { $0.hasPrefix("$JS.ACK.") }
        let subject = Array(try #require(found).utf8)

        self.publish(stream)
        let commit = try #require(stream.nextCommit())
        let (reply, verdict) = (Array("confirmed".utf8), Array("+ACK".utf8))
        stream.acknowledge(
            slot,
            subject: subject.span.bytes,
            reply: reply.span.bytes,
            payload: verdict.span.bytes,
            now: Self.start,
            interest: { _ in .max }
        )
        commit.perform()
        try stream.finish(commit)
        // The consumer has not been served since: its progress is in no journal yet.
        #expect(self.take(stream).routes == ["r"])
        _ = stream.deliver(now: Self.start, interest: { _ in .max })
        #expect(!self.take(stream).routes.contains("confirmed"))
        try self.commit(stream)
        #expect(self.take(stream).routes.contains("confirmed"))
    }

    /// Does what the store wants done, at no time in particular.
    private func workAll(_ stream: StreamEngine.Stream) throws {
        while let work = stream.nextWork(now: .distantPast) {
            work.perform()
            if case .commit(let commit) = work {
                try stream.finish(commit)
            } else {
                try stream.store.finish(work)
            }
        }
    }

    @Test("In memory an answer leaves at once")
    func memory() {
        let stream = self.makeStream(over: MemoryStreamStore(firstSequence: .zero))
        self.publish(stream)
        #expect(stream.outgoing.effects.count == 1)
        #expect(self.metadata(stream) == "memory")
    }
}

extension StreamEngine.Stream {
    /// The commit that the store wants now.
    fileprivate func nextCommit(now: Timestamp = .distantPast) -> StoreCommit? {
        guard case .commit(let commit) = self.nextWork(now: now) else { return nil }
        return commit
    }
}
