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
    /// Deliveries that are left; at most 0 when it has ended.
    ///
    /// Every delivery takes one off, on whichever loop. All that is decided about the end is decided by changes of
    /// this one number, so that exactly as many messages go out as there may, and one of them is the last.
    private let left = Atomic<Int64>(unlimited)
    /// What `left` began with, counted from the subscription's first message: `quota - left` were delivered.
    ///
    /// Changed by the loop of its client alone.
    private let quota = Atomic<Int64>(unlimited)

    /// So many that they never end.
    private static let unlimited = Int64.max / 2
    /// What is looked at before each delivery; nil: nothing.
    let delivery: DeliveryGuard?

    init(
        key: UInt32,
        pattern: [UInt8],
        queue: [UInt8],
        target: Target,
        delivery: DeliveryGuard? = nil
    ) {
        self.key = key
        self.pattern = pattern
        self.queue = queue
        self.target = target
        self.delivery = delivery
    }

    /// Takes one of the deliveries that are left.
    func takeDelivery() -> Delivery {
        let left = self.left.wrappingSubtract(1, ordering: .relaxed).newValue
        return left > 0 ? .goesOn : left == 0 ? .last : .exhausted
    }

    /// Lets it end after `limit` messages, counted from the first one (`UNSUB sid max`, core.md §1.9).
    ///
    /// For the loop of its client.
    ///
    /// - Returns: False if that many are out already, or it had ended before: it is to be removed now.
    func setLimit(_ limit: UInt64) -> Bool {
        let limit = Int64(clamping: min(limit, UInt64(Self.unlimited)))
        let quota = self.quota.load(ordering: .relaxed)
        var left = self.left.load(ordering: .relaxed)
        while left > 0, limit > quota - left {
            let (exchanged, found) = self.left.compareExchange(
                expected: left,
                desired: limit - (quota - left),
                ordering: .relaxed
            )
            if exchanged {
                self.quota.store(limit, ordering: .relaxed)
                return true
            }
            left = found
        }
        return false
    }

    /// Ends it: nothing more goes out, also from a loop that has looked it up before.
    ///
    /// For the loop of its client. A second call has no effect.
    func end() {
        guard self.quota.load(ordering: .relaxed) > 0 else { return }
        let left = self.left.exchange(-Self.unlimited, ordering: .relaxed)
        // What was delivered stays known.
        let delivered = self.quota.load(ordering: .relaxed) - max(0, left)
        self.quota.store(delivered - Self.unlimited, ordering: .relaxed)
    }

    /// Ends it, so that `successor` goes on from where it was.
    ///
    /// For the loop of its client, which alone knows the successor yet.
    func handOver(to successor: Subscription) {
        let quota = self.quota.load(ordering: .relaxed)
        let left = self.left.exchange(-Self.unlimited, ordering: .relaxed)
        self.quota.store(quota - max(0, left) - Self.unlimited, ordering: .relaxed)
        successor.quota.store(quota, ordering: .relaxed)
        successor.left.store(left, ordering: .relaxed)
    }

    /// Messages that were handed to the target since it was made.
    var delivered: UInt64 {
        let quota = self.quota.load(ordering: .relaxed)
        let left = self.left.load(ordering: .relaxed)
        // Racers that came too late have taken some below 0.
        return UInt64(clamping: quota - (quota > 0 ? max(0, left) : -Self.unlimited))
    }

    /// Messages after which it ends; nil for never.
    var limit: UInt64? {
        let quota = self.quota.load(ordering: .relaxed)
        return quota > 0 && quota < Self.unlimited ? UInt64(quota) : nil
    }

    /// How many more messages it takes; `.max` where there is no limit.
    var remaining: Int {
        let left = self.left.load(ordering: .relaxed)
        return left > Self.unlimited / 2 ? .max : Int(max(0, left))
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
