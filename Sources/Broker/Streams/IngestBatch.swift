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
        /// Store it and report on it, or report alone.
        case publishTraced
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

    /// The items and their bytes: one value, so that adding a message is one access of a class's property.
    struct Contents {
        fileprivate(set) var items: [Item] = []
        fileprivate(set) var bytes = ByteBuffer()
        /// The reports that messages of the kind `publishTraced` wait for, by the index of their consumer's slot.
        fileprivate(set) var traces: [MessageTrace] = []

        /// Copies a message in.
        fileprivate mutating func append(
            _ kind: Kind,
            stream: Slot,
            consumer: ConsumerSlot,
            subject: RawSpan,
            reply: RawSpan,
            headers: RawSpan,
            payload: RawSpan
        ) {
            let start = self.bytes.writerIndex
            let length = subject.byteCount + reply.byteCount + headers.byteCount + payload.byteCount
            // The memory is the buffer's, at least `length` bytes; each part is copied behind the one before.
            unsafe self.bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { memory in
                var offset = 0
                unsafe Self.copy(subject, to: memory, at: &offset)
                unsafe Self.copy(reply, to: memory, at: &offset)
                unsafe Self.copy(headers, to: memory, at: &offset)
                unsafe Self.copy(payload, to: memory, at: &offset)
                return offset
            }
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

        @inline(__always)
        private static func copy(
            _ part: RawSpan,
            to memory: UnsafeMutableRawBufferPointer,
            at offset: inout Int
        ) {
            let count = part.byteCount
            if count == 0 { return }
            precondition(count <= memory.count - offset)
            unsafe part.withUnsafeBytes { source in
                if let from = source.baseAddress, let to = memory.baseAddress {
                    unsafe (to + offset).copyMemory(from: from, byteCount: count)
                }
            }
            offset += count
        }
    }

    private let cell = LoopCell(Contents())
    /// The shard whose loop fills it.
    var origin: Int

    init(origin: Int) { self.origin = origin }

    /// What it holds.
    var contents: Contents { self.cell.value }

    var isEmpty: Bool { self.cell.value.items.isEmpty }
    /// Bytes held.
    var byteCount: Int { self.cell.value.bytes.writerIndex }

    /// Copies a message in, and says how many bytes are held now.
    @discardableResult
    func append(
        _ kind: Kind,
        stream: Slot,
        consumer: ConsumerSlot = ConsumerSlot(index: 0, generation: 0),
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan
    ) -> Int {
        self.cell.value.append(
            kind,
            stream: stream,
            consumer: consumer,
            subject: subject,
            reply: reply,
            headers: headers,
            payload: payload
        )
        return self.cell.value.bytes.writerIndex
    }

    /// Adds a report for the message that is added next, and says which one it is.
    func append(_ trace: MessageTrace) -> ConsumerSlot {
        self.cell.value.traces.append(trace)
        return ConsumerSlot(index: UInt32(self.cell.value.traces.count - 1), generation: 0)
    }

    func removeAll() {
        if !self.cell.value.traces.isEmpty { self.cell.value.traces.removeAll() }
        self.cell.value.items.removeAll(keepingCapacity: true)
        self.cell.value.bytes.clear()
    }
}
