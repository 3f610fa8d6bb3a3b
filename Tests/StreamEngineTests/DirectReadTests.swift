import NIOCore
import StreamModel
import StreamStore
import Subjects
import Testing

@testable import StreamEngine

@Suite("Direct reads of many messages")
struct DirectReadTests {
    private static let start = Timestamp(rawValue: 1_000_000_000)

    /// A stream in memory with as many messages of 100 bytes, that sends about 1000 bytes in a turn.
    private func stream(_ messages: Int) -> StreamEngine.Stream {
        var configuration = StreamConfiguration(name: "S")
        configuration.maxMessageSize = -1
        let stream = StreamEngine.Stream(
            name: "S",
            configuration: configuration,
            created: Self.start,
            store: MemoryStreamStore(limits: StoreLimits(), firstSequence: .zero),
            now: Self.start
        )
        stream.deliveryBudget = DeliveryBudget(messages: 100, bytes: 1000)
        for number in 0..<messages {
            let (subject, payload) = (Array("s.\(number)".utf8), [UInt8](repeating: 120, count: 100))
            stream.publish(
                subject: subject.span.bytes,
                reply: RawSpan(),
                headers: RawSpan(),
                payload: payload.span.bytes,
                now: Self.start
            )
        }
        _ = stream.deliver(now: Self.start) { _ in .max }
        stream.outgoing.removeAll()
        return stream
    }

    private func ask(_ stream: StreamEngine.Stream, _ body: String, reply: String = "in") {
        let (body, reply) = (Array(body.utf8), Array(reply.utf8))
        stream.directGet(
            subjectPart: RawSpan(),
            body: body.span.bytes,
            reply: reply.span.bytes,
            headers: RawSpan()
        )
    }

    /// One turn: the sequences that were sent, −1 for the end of a read, and whether there is more to do at once.
    private func turn(
        _ stream: StreamEngine.Stream,
        interest: (String) -> Int = { _ in .max }
    ) -> (sent: [String], hasMore: Bool) {
        let hasMore = stream.deliver(now: Self.start) { interest($0.text) }
        let outgoing = stream.outgoing
        let bytes = outgoing.arena.readableBytesSpan
        let sent = outgoing.effects.map { effect in
            let header = bytes.extracting(effect.headers)
            let sequence = HeaderBlock.value(of: "Nats-Sequence", in: header)
            let number =
                sequence.map { header.extracting($0).text } ?? String(header.text.dropFirst(9).prefix(3))
            return "\(bytes.extracting(effect.route).text) \(number)"
        }
        #expect(stream.outgoing.arena.readableBytes < 1500)
        stream.outgoing.removeAll()
        return (sent, hasMore)
    }

    @Test(
        "Many messages come in parts, in order, each once, and then the end",
        arguments: [
            #"{"seq":1,"batch":50}"#, #"{"multi_last":["s.*"]}"#, #"{"next_by_subj":"s.>","batch":50}"#,
        ]
    )
    func parts(body: String) {
        let stream = self.stream(50)
        self.ask(stream, body)
        var (sent, turns): ([String], Int) = ([], 0)
        while true {
            let (part, hasMore) = self.turn(stream)
            sent += part
            turns += 1
            if !hasMore { break }
        }
        #expect(sent == (1...50).map { "in \($0)" } + ["in 204"])
        #expect(turns > 5)
        #expect(stream.reads.isEmpty)
    }

    @Test("A read waits while its client is behind, goes on then, and ends when nobody listens any more")
    func pace() {
        let stream = self.stream(50)
        self.ask(stream, #"{"seq":1,"batch":50}"#)
        let first = self.turn(stream).sent
        #expect(first.first == "in 1" && first.count < 10)
        for _ in 0..<3 {
            let (sent, hasMore) = self.turn(stream) { _ in -1 }
            #expect(sent.isEmpty && !hasMore)
            #expect(stream.isHeldUp)
        }
        #expect(self.turn(stream).sent.first == "in \(first.count + 1)")
        #expect(!stream.isHeldUp)
        let (sent, hasMore) = self.turn(stream) { _ in 0 }
        #expect(sent.isEmpty && !hasMore)
        #expect(stream.reads.isEmpty)
    }

    @Test("Several have their turns one after another, and one that is behind keeps no other waiting")
    func turns() {
        let stream = self.stream(20)
        for name in ["a", "b", "c"] { self.ask(stream, #"{"seq":1,"batch":20}"#, reply: name) }
        var sent: [String] = []
        for _ in 0..<40 { sent += self.turn(stream) { $0 == "b" ? -1 : .max }.sent }
        #expect(Set(sent.prefix(12).map { $0.prefix(1) }) == ["a", "c"], "not one after the other's end")
        for name in ["a", "c"] {
            #expect(sent.filter { $0.hasPrefix(name) } == (1...20).map { "\(name) \($0)" } + ["\(name) 204"])
        }
        #expect(!sent.contains { $0.hasPrefix("b") })
    }

    @Test("Limits of messages and bytes end it, and what is not there is told")
    func limits() {
        let stream = self.stream(5)
        self.ask(stream, #"{"seq":4,"batch":9}"#)
        #expect(self.turn(stream).sent == ["in 4", "in 5", "in 204"])
        self.ask(stream, #"{"seq":1,"batch":2}"#)
        #expect(self.turn(stream).sent == ["in 1", "in 2", "in 204"])
        self.ask(stream, #"{"seq":2,"batch":9,"max_bytes":1}"#)
        #expect(self.turn(stream).sent == ["in 2", "in 204"])
        self.ask(stream, #"{"seq":6,"batch":9}"#)
        #expect(self.turn(stream).sent == ["in 404"])
        self.ask(stream, #"{"multi_last":["x.>"]}"#)
        #expect(self.turn(stream).sent == ["in 404"])
    }

    @Test("So many may wait, and no more")
    func bound() {
        let stream = self.stream(1)
        for _ in 0..<DirectReadQueue.readsMax { self.ask(stream, #"{"seq":1,"batch":1}"#) }
        #expect(self.turn(stream) { _ in -1 }.sent.isEmpty)
        self.ask(stream, #"{"seq":1,"batch":1}"#, reply: "late")
        #expect(self.turn(stream) { _ in -1 }.sent == ["late 429"])
        #expect(self.turn(stream) { _ in 0 }.sent.isEmpty)
        self.ask(stream, #"{"seq":1,"batch":1}"#, reply: "again")
        #expect(self.turn(stream).sent == ["again 1", "again 204"])
    }

    @Test("Many consumers together send no more in a turn than one may, and each has its turn")
    func consumers() throws {
        let stream = self.stream(40)
        for number in 0..<4 {
            var configuration = ConsumerConfiguration()
            configuration.name = "c\(number)"
            configuration.ackPolicy = .explicit
            let slot = try #require(
                stream.addConsumer(
                    name: "c\(number)",
                    configuration: configuration,
                    id: ConsumerID(rawValue: UInt64(number + 1)),
                    now: Self.start
                )
            )
            let (body, reply) = (Array("40".utf8), Array("i\(number)".utf8))
            stream.pull(
                slot,
                body: body.span.bytes,
                reply: reply.span.bytes,
                headers: RawSpan(),
                now: Self.start,
                interest: { _ in .max }
            )
        }
        var early: Set<String> = []
        var count = 0
        for round in 0..<100 {
            _ = stream.deliver(now: Self.start) { _ in .max }
            let outgoing = stream.outgoing
            let bytes = outgoing.arena.readableBytesSpan
            for effect in outgoing.effects {
                if round < 4 { early.insert(bytes.extracting(effect.route).text) }
                count += 1
            }
            #expect(stream.outgoing.arena.readableBytes < 1500)
            stream.outgoing.removeAll()
        }
        #expect(early == ["i0", "i1", "i2", "i3"])
        #expect(count == 160)
    }
}
