import StreamEngine
import StreamModel
import StreamStore
import Subjects
import Testing

@Suite("Purging a stream")
struct StreamPurgeTests {
    private static let start = Timestamp(rawValue: 1_000_000_000)
    private let stream: StreamEngine.Stream

    init() {
        var configuration = StreamConfiguration(name: "S")
        configuration.maxMessageSize = -1
        self.stream = StreamEngine.Stream(
            name: "S",
            configuration: configuration,
            created: Self.start,
            store: MemoryStreamStore(limits: StoreLimits(), firstSequence: .zero),
            now: Self.start
        )
    }

    private func publish(_ subject: String) {
        let (subject, payload) = (Array(subject.utf8), Array("x".utf8))
        self.stream.publish(
            subject: subject.span.bytes,
            reply: RawSpan(),
            headers: RawSpan(),
            payload: payload.span.bytes,
            now: Self.start
        )
    }

    /// A purge request with that body.
    private func begin(_ body: String) throws -> StreamPurge {
        let body = Array(body.utf8)
        return try self.stream.beginPurge(try StreamPurgeRequest(body.span.bytes))
    }

    /// Does all of a purge; returns how many slices it took.
    private func finish(_ purge: inout StreamPurge) -> Int {
        var slices = 1
        while self.stream.goOn(&purge) { slices += 1 }
        return slices
    }

    @Test("One subject goes in slices, and what is published meanwhile stays")
    func slices() throws {
        let length = Int(StreamPurge.sliceLength)
        for number in 0..<3 * length { self.publish(number % 2 == 0 ? "a" : "b") }
        var purge = try self.begin(#"{"filter":"a"}"#)
        #expect(self.stream.goOn(&purge))
        #expect(purge.purged == UInt64(length / 2))
        self.publish("a")
        self.publish("b")
        #expect(self.finish(&purge) <= 3)
        #expect(purge.purged == UInt64(3 * length / 2))
        let left = self.stream.store.state
        #expect(left.messages == UInt64(3 * length / 2 + 2))
        #expect(
            self.stream.store.count(from: .zero, matching: SubjectFilter([try #require(SubjectPattern("a"))]))
                == 1
        )
    }

    @Test("Slices are as long as the time that they are given")
    func pace() throws {
        let length = StreamPurge.sliceLength
        for _ in 0..<6 * length { self.publish("a") }
        var purge = try self.begin(#"{"filter":"a"}"#)
        var removed: [UInt64] = []
        for next in [1_000, 500, 9_000, 0] as [Int64] {
            let before = purge.purged
            #expect(self.stream.goOn(&purge))
            removed.append(purge.purged - before)
            purge.pace(took: 1_000, next: next)
        }
        // Half the time, half the length; never more than twice the length.
        #expect(removed == [length, length, length / 2, length])
        let before = purge.purged
        #expect(self.stream.goOn(&purge))
        #expect((1..<length / 2).contains(purge.purged - before))
        purge.pace(took: .max, next: .max)
        purge.pace(took: 0, next: .max)
        _ = self.finish(&purge)
        #expect(purge.purged == 6 * length)
        #expect(self.stream.store.state.messages == 0)
    }

    @Test("A sequence ends it")
    func below() throws {
        for number in 0..<10 { self.publish(number % 2 == 0 ? "a" : "b") }
        var purge = try self.begin(#"{"filter":"a","seq":6}"#)
        #expect(self.finish(&purge) == 1)
        // 1, 3 and 5 went, 7 and 9 are left.
        #expect(purge.purged == 3)
        #expect(self.stream.store.state.messages == 7)
    }

    @Test(
        "Everything, many subjects and the newest go in one step",
        arguments: [
            ("", 10), (#"{"filter":"*"}"#, 10), (#"{"filter":">"}"#, 10), (#"{"keep":4}"#, 6),
            (#"{"filter":"a","keep":2}"#, 3), (#"{"filter":"c"}"#, 0), (#"{"filter":"a..b"}"#, 0),
        ] as [(String, UInt64)]
    )
    func whole(body: String, purged: UInt64) throws {
        for number in 0..<10 { self.publish(number % 2 == 0 ? "a" : "b") }
        var purge = try self.begin(body)
        #expect(self.finish(&purge) == 1)
        #expect(purge.purged == purged)
        #expect(self.stream.store.state.messages == 10 - purged)
    }

    @Test("A request that contradicts itself is refused")
    func contradiction() {
        #expect(throws: APIError.badRequest) { try self.begin(#"{"seq":3,"keep":2}"#) }
    }
}
