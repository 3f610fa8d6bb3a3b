import NIOCore
import Subjects

/// The reply subject of a delivered message: who delivered what, and how often (consumers.md §3.2).
///
///     $JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>
///     $JS.ACK.<domain|_>.<account hash>.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>[.…]
///
/// The first form has exactly 9 tokens, the second at least 11. We send the first and read both.
public struct AckSubject: Sendable, Hashable {
    /// Where the domain token is; empty in the short form.
    public private(set) var domain: Range<Int> = 0..<0
    /// Where the account hash is; empty in the short form.
    public private(set) var accountHash: Range<Int> = 0..<0
    /// Where the stream's name is.
    public private(set) var stream: Range<Int> = 0..<0
    /// Where the consumer's name is.
    public private(set) var consumer: Range<Int> = 0..<0
    /// How often the message had been delivered, the delivery that is acknowledged included.
    public private(set) var deliveries: UInt64 = 0
    /// The message's stream sequence.
    public private(set) var streamSequence: UInt64 = 0
    /// The consumer sequence of the delivery.
    public private(set) var consumerSequence: UInt64 = 0
    /// Whether the three numbers are numbers; if not they are 0 and the acknowledgement has no effect.
    public private(set) var isNumeric = false

    /// Makes the numbers of an acknowledgement; names are empty.
    public init(deliveries: UInt64, streamSequence: UInt64, consumerSequence: UInt64) {
        self.deliveries = deliveries
        self.streamSequence = streamSequence
        self.consumerSequence = consumerSequence
        self.isNumeric = true
    }

    /// Reads `subject`; nil if it does not have the form of an acknowledgement.
    public init?(_ subject: RawSpan) {
        let end = subject.byteCount
        guard end > 8, Self.startsAsAck(subject) else { return nil }
        // The tokens after `$JS.ACK.`; those beyond the ninth only count.
        var tokens = InlineArray<9, Range<Int>>(repeating: 0..<0)
        var count = 0
        var start = 8
        while start <= end {
            var offset = start
            while offset < end, subject.byte(offset) != UInt8(ascii: ".") { offset += 1 }
            if offset == start { return nil }
            if count < 9 { tokens[count] = start..<offset }
            count += 1
            start = offset + 1
        }
        var base = 0
        switch count {
        case 7: break
        case 9...:
            self.domain = tokens[0]
            self.accountHash = tokens[1]
            base = 2
        default: return nil
        }
        self.stream = tokens[base]
        self.consumer = tokens[base + 1]
        if let deliveries = Decimal.parse(subject, tokens[base + 2]),
            let sequence = Decimal.parse(subject, tokens[base + 3]),
            let consumerSequence = Decimal.parse(subject, tokens[base + 4])
        {
            self.deliveries = deliveries
            self.streamSequence = sequence
            self.consumerSequence = consumerSequence
            self.isNumeric = true
        }
    }

    /// The part of a consumer's acknowledgement subjects that never changes, with the final dot.
    public static func prefix(stream: [UInt8], consumer: [UInt8]) -> [UInt8] {
        Array("$JS.ACK.".utf8) + stream + [UInt8(ascii: ".")] + consumer + [UInt8(ascii: ".")]
    }

    /// Appends `prefix` and the five numbers to `buffer`.
    static func write(
        prefix: [UInt8],
        deliveries: UInt64,
        streamSequence: UInt64,
        consumerSequence: UInt64,
        timestamp: Int64,
        pending: UInt64,
        to buffer: inout ByteBuffer
    ) {
        let most = prefix.count + 5 * Decimal.digitsMax + 4
        // The closure writes below `most` bytes and does not let the pointer out.
        unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: most) { out in
            unsafe prefix.withUnsafeBytes { unsafe out.copyMemory(from: $0) }
            var end = prefix.count
            end = unsafe Decimal.write(deliveries, to: out, at: end)
            unsafe out[end] = UInt8(ascii: ".")
            end = unsafe Decimal.write(streamSequence, to: out, at: end + 1)
            unsafe out[end] = UInt8(ascii: ".")
            end = unsafe Decimal.write(consumerSequence, to: out, at: end + 1)
            unsafe out[end] = UInt8(ascii: ".")
            if timestamp < 0 {
                unsafe out[end + 1] = UInt8(ascii: "-")
                end += 1
            }
            end = unsafe Decimal.write(timestamp.magnitude, to: out, at: end + 1)
            unsafe out[end] = UInt8(ascii: ".")
            return unsafe Decimal.write(pending, to: out, at: end + 1)
        }
    }

    private static func startsAsAck(_ subject: RawSpan) -> Bool {
        subject.byte(0) == UInt8(ascii: "$") && subject.byte(1) == UInt8(ascii: "J")
            && subject.byte(2) == UInt8(ascii: "S") && subject.byte(3) == UInt8(ascii: ".")
            && subject.byte(4) == UInt8(ascii: "A") && subject.byte(5) == UInt8(ascii: "C")
            && subject.byte(6) == UInt8(ascii: "K") && subject.byte(7) == UInt8(ascii: ".")
    }
}
