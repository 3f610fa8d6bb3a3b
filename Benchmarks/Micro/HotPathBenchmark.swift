import NIOCore
import StreamEngine
import StreamModel
import StreamStore
import Subjects
import WireProtocol

/// Single steps of the hot path between sockets and store, in nanoseconds.
enum HotPathBenchmark {
    /// Runs `body` for `count` operations in each of several rounds and prints the median and the best.
    private static func measure(_ name: String, count: Int, rounds: Int = 7, _ body: (Int) -> Void) {
        var results: [Double] = []
        for _ in 0..<rounds { results.append(Stopwatch.nanoseconds { body(count) } / Double(count)) }
        results.sort()
        Figure.row(name, results[rounds / 2], "ns", note: "best \(Figure.text(results[0]))")
    }

    /// Prints a row for each step.
    static func run() {
        Figure.heading("hot path")
        for size in [16, 128] {
            let line =
                Array("PUB orders.eu.1234 \(size)\r\n".utf8) + [UInt8](repeating: 120, count: size) + [
                    13, 10,
                ]
            let block = Array((0..<64).map { _ in line }.joined())
            measure("parse PUB, \(size) B", count: 1_000_000) { count in
                var parser = ClientOperationParser()
                let bytes = block.span.bytes
                var done = 0
                while done < count {
                    var offset = 0
                    while offset < bytes.byteCount,
                        case .operation(_, let consumed) = parser.next(in: bytes, from: offset)
                    {
                        offset += consumed
                        done += 1
                    }
                }
                sink += done
            }
        }

        let subject = Array("orders.eu.1234".utf8)
        let sid = Array("1".utf8)
        let payload = [UInt8](repeating: 120, count: 128)
        measure("frame MSG, 128 B", count: 1_000_000) { count in
            var buffer = ByteBuffer()
            buffer.reserveCapacity(1 << 20)
            for index in 0..<count {
                if index % 4096 == 0 { buffer.clear() }
                FrameEncoder.writeMessage(
                    subject: subject.span.bytes,
                    sid: sid.span.bytes,
                    reply: RawSpan(),
                    payload: payload.span.bytes,
                    into: &buffer
                )
            }
            sink += buffer.readableBytes
        }

        var trie = SubjectTrie(seed: 42)
        for index in 0..<100_000 {
            let pattern = Array("service.\(index % 100).*.item\(index)".utf8)
            _ = trie.insert(pattern.span.bytes, value: UInt32(index))
        }
        let wanted = Array("service.17.anything.item4217".utf8)
        measure("match a subject among 100 000 patterns", count: 200_000) { count in
            var matches: [UInt32] = []
            for _ in 0..<count {
                matches.removeAll(keepingCapacity: true)
                trie.match(wanted.span.bytes, into: &matches)
                sink += matches.count
            }
        }

        let headers = Array("NATS/1.0\r\nNats-Msg-Id: abc-123\r\nX-User: someone\r\n\r\n".utf8)
        measure("find the control headers of a publish", count: 1_000_000) { count in
            for _ in 0..<count where PublishHeaders(headers.span.bytes).messageID.isPresent { sink += 1 }
        }

        measure("publish into a memory stream, with its PubAck", count: 300_000) { Self.engineRound($0) }
    }

    /// A stream in memory with a consumer that needs no acknowledgements: the engine without disk and sockets.
    private static func engineRound(_ count: Int) {
        let now = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
        var configuration = StreamConfiguration(name: "B", subjects: ["orders.>"])
        configuration.storage = .memory
        configuration = (try? configuration.normalised()) ?? configuration
        let stream = Stream(
            name: "B",
            configuration: configuration,
            created: now,
            store: MemoryStreamStore(),
            now: now
        )
        let subject = Array("orders.eu.1234".utf8)
        let payload = [UInt8](repeating: 120, count: 128)
        let reply = Array("_INBOX.abcdefgh.1".utf8)
        for _ in 0..<count {
            stream.publish(
                subject: subject.span.bytes,
                reply: reply.span.bytes,
                headers: RawSpan(),
                payload: payload.span.bytes,
                now: now
            )
            if stream.outgoing.effects.count > 1000 { stream.outgoing.removeAll() }
        }
        sink += Int(stream.store.state.lastSequence.rawValue)
    }
}
