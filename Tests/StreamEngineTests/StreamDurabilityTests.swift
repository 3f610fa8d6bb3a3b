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

    private func publish(_ stream: StreamEngine.Stream) {
        let (subject, reply, payload) = (Array("s".utf8), Array("r".utf8), Array("x".utf8))
        stream.publish(
            subject: subject.span.bytes,
            reply: reply.span.bytes,
            headers: RawSpan(),
            payload: payload.span.bytes,
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
        let commit = try #require(stream.makeCommit())
        commit.perform()
        #expect(stream.outgoing.isEmpty)
        try stream.finish(commit)
        #expect(stream.outgoing.effects.count == 1)
        #expect(stream.makeCommit() == nil)
        #expect(self.metadata(stream) == "sync")
    }

    @Test("With an interval an answer leaves with the write, and the sync follows when it is due")
    func interval() throws {
        let stream = try self.makeStream(.interval(nanoseconds: Self.interval))
        self.publish(stream)
        #expect(stream.outgoing.isEmpty)
        let write = try #require(stream.makeCommit())
        write.perform()
        try stream.finish(write)
        #expect(stream.outgoing.effects.count == 1)
        #expect(stream.makeCommit() == nil, "the sync is not due")

        let due = Self.start.advanced(byNanoseconds: Self.interval)
        #expect(stream.nextDeadline == due)
        #expect(stream.tick(now: due, interest: { _ in 0 }).isEmpty)
        let sync = try #require(stream.makeCommit())
        sync.perform()
        try stream.finish(sync)
        #expect(stream.nextDeadline == nil)
        #expect(stream.makeCommit() == nil)
        #expect(self.metadata(stream) == "interval")
    }

    @Test("With an interval nobody's answer waits for a sync")
    func answersDuringASync() throws {
        let stream = try self.makeStream(.interval(nanoseconds: Self.interval))
        self.publish(stream)
        let write = try #require(stream.makeCommit())
        write.perform()
        try stream.finish(write)
        stream.outgoing.removeAll()
        stream.store.requestSync()
        let sync = try #require(stream.makeCommit())
        let (reply, payload) = (Array("r".utf8), Array("{}".utf8))
        stream.answer(to: reply.span.bytes, payload: payload.span.bytes)
        #expect(stream.outgoing.effects.count == 1)
        sync.perform()
        try stream.finish(sync)
    }

    @Test("In memory an answer leaves at once")
    func memory() {
        let stream = self.makeStream(over: MemoryStreamStore(firstSequence: .zero))
        self.publish(stream)
        #expect(stream.outgoing.effects.count == 1)
        #expect(self.metadata(stream) == "memory")
    }
}
