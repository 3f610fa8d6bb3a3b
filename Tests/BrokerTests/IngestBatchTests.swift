import NIOCore
import StreamEngine
import Testing

@testable import Broker

@Suite("Ingest batch")
struct IngestBatchTests {
    private func append(_ batch: IngestBatch, _ kind: IngestBatch.Kind, _ parts: [String]) {
        let (subject, reply) = (Array(parts[0].utf8), Array(parts[1].utf8))
        let (headers, payload) = (Array(parts[2].utf8), Array(parts[3].utf8))
        batch.append(
            kind,
            stream: Slot(index: 3, generation: 4),
            consumer: Slot(index: 5, generation: 6),
            subject: subject.span.bytes,
            reply: reply.span.bytes,
            headers: headers.span.bytes,
            payload: payload.span.bytes
        )
    }

    private func text(_ batch: IngestBatch, _ range: Range<Int>) -> String {
        String(decoding: batch.contents.bytes.readableBytesView[range], as: UTF8.self)
    }

    @Test("Every message keeps its parts, its kind and where it goes")
    func parts() {
        let batch = IngestBatch(origin: 0)
        #expect(batch.isEmpty)
        let messages = [
            ["a.b", "r", "NATS/1.0\r\n\r\n", "payload"], ["s", "", "", ""], ["", "", "", ""],
            ["s", "", "h", ""],
            ["$JS.ACK", "reply", "", "+ACK"],
        ]
        let kinds: [IngestBatch.Kind] = [.publish, .pull, .directGet, .publish, .acknowledge]
        for (kind, message) in zip(kinds, messages) { self.append(batch, kind, message) }
        #expect(batch.contents.items.count == messages.count)
        #expect(batch.byteCount == messages.joined().reduce(0) { $0 + $1.utf8.count })
        for (index, item) in batch.contents.items.enumerated() {
            let parts = [item.subject, item.reply, item.headers, item.payload].map { self.text(batch, $0) }
            #expect(parts == messages[index])
            #expect(item.kind == kinds[index])
            #expect(item.stream == Slot(index: 3, generation: 4))
            #expect(item.consumer == Slot(index: 5, generation: 6))
        }
    }

    @Test("An emptied batch starts over")
    func removeAll() {
        let batch = IngestBatch(origin: 0)
        self.append(batch, .publish, ["old", "", "", "old"])
        batch.removeAll()
        #expect(batch.isEmpty)
        #expect(batch.byteCount == 0)
        self.append(batch, .publish, ["new", "", "", "p"])
        #expect(batch.contents.items.count == 1)
        #expect(batch.contents.items.first.map { self.text(batch, $0.subject) } == "new")
    }
}
