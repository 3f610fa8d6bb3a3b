import StreamEngine
import Subjects
import Synchronization

/// One entry of an account's interest: a pattern, perhaps a queue group, and where matching messages go.
final class Subscription: Sendable {
    /// The value under which the trie knows it.
    let key: UInt32
    /// The pattern as subscribed.
    let pattern: [UInt8]
    /// The queue group; empty for a plain subscription.
    let queue: [UInt8]
    /// Where matching messages go.
    let target: Target
    /// Messages handed to the target since the subscription was made, more than `limit` at the most by racers
    /// that were turned away.
    let delivered = Atomic<UInt64>(0)
    /// Deliveries after which it ends (`UNSUB sid max`); `.max` for never.
    let limit = Atomic<UInt64>(.max)

    init(key: UInt32, pattern: [UInt8], queue: [UInt8], target: Target) {
        self.key = key
        self.pattern = pattern
        self.queue = queue
        self.target = target
    }

    /// Takes one of the deliveries that are left.
    func takeDelivery() -> Delivery {
        let count = self.delivered.wrappingAdd(1, ordering: .relaxed).newValue
        let limit = self.limit.load(ordering: .relaxed)
        return count < limit ? .goesOn : count == limit ? .last : .exhausted
    }

    /// How many more messages it takes.
    var remaining: Int {
        let limit = self.limit.load(ordering: .relaxed)
        if limit == .max { return .max }
        let delivered = self.delivered.load(ordering: .relaxed)
        return delivered >= limit ? 0 : Int(clamping: limit - delivered)
    }

    /// What one delivery does to an automatic unsubscribe.
    enum Delivery {
        /// The message goes out and more may follow.
        case goesOn
        /// The message goes out and is the last one.
        case last
        /// The message does not go out.
        case exhausted
    }
}

/// Where messages of a subscription go.
enum Target: Sendable {
    /// To a client, framed with its subscription id.
    case client(Connection, sid: [UInt8])
    /// Into a stream.
    case stream(StreamHandle)
    /// To a pull consumer, as a `MSG.NEXT` request.
    case pull(StreamHandle, ConsumerSlot)
    /// To a consumer, as an acknowledgement.
    case acknowledge(StreamHandle, ConsumerSlot)
    /// To a stream, as a direct get.
    case directGet(StreamHandle)
    /// To the account's JetStream API.
    case api(JetStreamAccount)
    /// To another part of the server.
    case service(Service)
}

/// Where a stream lives: a shard, and its place there.
struct StreamAddress: Hashable, Sendable {
    /// Index of the shard, and so of the event loop.
    var shard: Int
    /// The stream's place in that shard.
    ///
    /// Never valid for another stream.
    var slot: Slot
}
