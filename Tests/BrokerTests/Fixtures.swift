import NIOEmbedded
import StreamEngine

@testable import Broker

/// A connection that goes nowhere.
func makeConnection(id: UInt64 = 1, shard: Int = 0, shards: Int = 2) -> Connection {
    Connection(id: id, shard: shard, shards: shards, channel: EmbeddedChannel())
}

/// A stream that exists in name only.
func makeHandle(_ name: String = "S", shard: Int = 0) -> StreamHandle {
    StreamHandle(
        name: name,
        address: StreamAddress(shard: shard, slot: Slot(index: 0, generation: 0))
    )
}

extension Interest {
    /// Adds a subscription by its texts.
    func add(_ pattern: String, queue: String = "", _ target: Target) -> Subscription {
        self.add(pattern: Array(pattern.utf8), queue: Array(queue.utf8), target: target)
    }

    /// Whether the route of an acknowledgement depends on its consumer alone.
    var sharesAcknowledgements: Bool {
        var matches: [Subscription] = []
        let subject = Array("$JS.ACK.S.c.1.1.1.1.0".utf8)
        return self.match(subject.span.bytes, into: &matches).sharesAcknowledgements
    }

    /// The subscriptions that match a subject, as patterns in alphabetical order.
    func patterns(matching subject: String) -> [String] {
        var matches: [Subscription] = []
        let bytes = Array(subject.utf8)
        _ = self.match(bytes.span.bytes, into: &matches)
        return matches.map { String(decoding: $0.pattern, as: UTF8.self) }.sorted()
    }
}

/// A route cache that is asked by text.
final class RouteLookup {
    private var cache: RouteCache

    init(_ cache: RouteCache) { self.cache = cache }

    /// The route of a subject.
    func route(_ subject: String) -> Route {
        let bytes = Array(subject.utf8)
        return self.cache.route(bytes.span.bytes)
    }

    /// How many routes are remembered and hold.
    var remembered: Int { self.cache.remembered.count }
}

extension Slot {
    /// The first place of a table.
    static let first = Slot(index: 0, generation: 0)
}
