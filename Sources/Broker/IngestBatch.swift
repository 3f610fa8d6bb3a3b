import NIOCore
import StreamEngine
import Subjects

/// Messages, pull requests and acknowledgements of one read cycle for the streams of one shard: the bytes copied
/// once, and a list of what is where.
final class IngestBatch: @unchecked Sendable {
    // Unchecked: filled by one loop, then handed over to another, never shared.

    /// What to do with an item.
    enum Kind: UInt8 {
        /// Store it.
        case publish
        /// Serve it as a `MSG.NEXT` request.
        case pull
        /// Apply it as an acknowledgement.
        case acknowledge
        /// Answer it as a direct get.
        case directGet
    }

    /// One message: its parts lie one after another from `start`.
    struct Item {
        var kind: Kind
        var stream: Slot
        var consumer: ConsumerSlot
        var start: Int
        var subjectLength: Int
        var replyLength: Int
        var headerLength: Int
        var payloadLength: Int

        var subject: Range<Int> { self.start..<self.start + self.subjectLength }
        var reply: Range<Int> {
            let lower = self.subject.upperBound
            return lower..<lower + self.replyLength
        }
        var headers: Range<Int> {
            let lower = self.reply.upperBound
            return lower..<lower + self.headerLength
        }
        var payload: Range<Int> {
            let lower = self.headers.upperBound
            return lower..<lower + self.payloadLength
        }
    }

    private(set) var items: [Item] = []
    private(set) var bytes = ByteBuffer()

    var isEmpty: Bool { self.items.isEmpty }
    /// Bytes held.
    var byteCount: Int { self.bytes.writerIndex }

    /// Copies a message in.
    func append(
        _ kind: Kind,
        stream: Slot,
        consumer: ConsumerSlot = ConsumerSlot(index: 0, generation: 0),
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan
    ) {
        let start = self.bytes.writerIndex
        self.bytes.write(subject)
        self.bytes.write(reply)
        self.bytes.write(headers)
        self.bytes.write(payload)
        self.items.append(
            Item(
                kind: kind,
                stream: stream,
                consumer: consumer,
                start: start,
                subjectLength: subject.byteCount,
                replyLength: reply.byteCount,
                headerLength: headers.byteCount,
                payloadLength: payload.byteCount
            )
        )
    }

    func removeAll() {
        self.items.removeAll(keepingCapacity: true)
        self.bytes.clear()
    }
}
