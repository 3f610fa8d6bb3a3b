public import StreamModel

/// Something that happened in a consumer and that the broker may announce (consumers.md §8).
public enum ConsumerEvent: Sendable, Hashable {
    /// Why a message was settled without an acknowledgement.
    public enum Reason: Sendable, Hashable {
        /// A client said so, in these words.
        case client([UInt8])
        /// It is no longer in the stream.
        case deleted
        /// Its record does not verify.
        case damaged
    }

    /// The message was delivered as often as allowed and is given up.
    case maxDeliveries(StreamSequence, deliveries: UInt64)
    /// A client wants it again.
    case negativelyAcknowledged(StreamSequence, consumerSequence: UInt64, deliveries: UInt64)
    /// It is settled without an acknowledgement.
    case terminated(StreamSequence, consumerSequence: UInt64, deliveries: UInt64, reason: Reason)
    /// It was acknowledged, `nanoseconds` after its last delivery; only a sample is reported.
    case acknowledged(StreamSequence, consumerSequence: UInt64, deliveries: UInt64, nanoseconds: Int64)
    /// The pause is over.
    case resumed
}

/// What a consumer's INFO says of its progress (consumers.md §5).
public struct ConsumerProgress: Sendable, Hashable {
    /// The last delivery.
    public var delivered = SequencePair()
    /// When that was; nil before the first in this run of the server.
    public var lastDelivered: Timestamp?
    /// Everything at or below is settled.
    public var ackFloor = SequencePair()
    /// When something was last acknowledged; nil before the first in this run of the server.
    public var lastAcknowledged: Timestamp?
    /// Messages that await their acknowledgement.
    public var ackPending = 0
    /// Messages delivered more than once and not acknowledged.
    public var redelivered = 0
    /// Waiting pull requests.
    public var waiting = 0
    /// Matching messages not delivered yet.
    public var pending: UInt64 = 0

    /// Makes the progress of a consumer that did nothing.
    public init() {}
}

/// How much a consumer may deliver before others on its loop get their turn.
public struct DeliveryBudget: Sendable, Hashable {
    /// Messages left.
    public var messages: Int
    /// Bytes left; the message that exceeds them is still delivered.
    public var bytes: Int
    /// Whether messages were kept back because no client that asked takes more for now: try again in a while.
    public var isHeldUp = false

    /// Makes a budget.
    public init(messages: Int, bytes: Int) {
        self.messages = messages
        self.bytes = bytes
    }

    /// Whether nothing is left.
    @inlinable
    public var isSpent: Bool { self.messages <= 0 || self.bytes <= 0 }
}
