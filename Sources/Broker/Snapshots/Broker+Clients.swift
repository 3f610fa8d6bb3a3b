import NIOCore
import StreamModel
import Subjects

/// The clients, page by page.
///
/// A loop is asked for the place of each of its clients in the order, a slice at a time, and then for everything about
/// the few of the page: with 100 000 clients no loop is kept for longer than a slice takes.
extension Broker {
    /// Clients a loop looks at in one go.
    private static let sliceMax = 512
    /// Clients a loop describes in one go.
    private static let descriptionsMax = 256

    /// Finds clients.
    ///
    /// To be called between the start and the end of the server.
    public func clients(_ query: ClientQuery) async -> ClientPage {
        var page = ClientPage()
        if let account = query.account, !self.accountNames.contains(account) {
            page.isAccountKnown = false
            return page
        }
        let now = self.clock()
        var found: [Candidate] = []
        if query.state != .closed {
            for shard in self.shards {
                for client in await self.candidates(query, on: shard, now: now) {
                    page.total += 1
                    if client.isWanted { found.append(client) }
                }
            }
            if query.order == .messagesTo || query.order == .bytesTo {
                await self.addSent(to: &found, order: query.order)
            }
        }
        if query.state != .open {
            await self.gatherClosed()
            for client in self.closedClients.all where query.account == nil || query.account == client.account
            {
                page.total += 1
                if query.matches(client) {
                    found.append(Candidate(client, key: query.order.key(of: client, now: now)))
                }
            }
        }
        found.sort { query.order.precedes($0, $1) }
        let first = min(max(0, query.offset), found.count)
        let count = min(max(0, query.limit), found.count - first)
        page.clients = await self.describe(found[first..<first + count], query)
        return page
    }

    /// The clients of one loop with their places in the order.
    private func candidates(_ query: ClientQuery, on shard: Shard, now: Timestamp) async -> [Candidate] {
        guard let ids = try? await shard.loop.submit({ Array(shard.clients.keys) }).get() else { return [] }
        let filter = query.filterSubject.flatMap { SubjectPattern($0) }
        var result: [Candidate] = []
        result.reserveCapacity(ids.count)
        var left = ids[...]
        while !left.isEmpty {
            let slice = left.prefix(Self.sliceMax)
            left = left.dropFirst(Self.sliceMax)
            let part = try? await shard.loop
                .submit {
                    slice.compactMap { id -> Candidate? in
                        guard let session = shard.clients[id] else { return nil }
                        if let account = query.account, session.view.account.name != account { return nil }
                        let isWanted = query.matches(session, filter)
                        // Most are asked for in the order of their ids, and then nothing else is looked at.
                        let key =
                            isWanted && query.order != .id
                            ? query.order.key(of: session.snapshot(), now: now) : .init()
                        return Candidate(session, key: key, isWanted: isWanted)
                    }
                }
                .get()
            result += part ?? []
        }
        return result
    }

    /// Asks each loop what it sent to each of the clients.
    private func addSent(to found: inout [Candidate], order: ClientQuery.Order) async {
        for shard in self.shards {
            var start = 0
            while start < found.count {
                let end = min(start + Self.sliceMax * 4, found.count)
                let slice = found[start..<end]
                let index = shard.index
                let sent = try? await shard.loop
                    .submit { slice.map { $0.connection?.sent(by: index) ?? ClientSnapshot.Traffic() } }.get()
                for (place, traffic) in (sent ?? []).enumerated() {
                    found[start + place].key.number += Int64(
                        order == .messagesTo ? traffic.messages : traffic.bytes
                    )
                }
                start = end
            }
        }
    }

    /// Everything about the clients of a page, in its order.
    private func describe(_ page: ArraySlice<Candidate>, _ query: ClientQuery) async -> [ClientSnapshot] {
        var known: [UInt64: ClientSnapshot] = [:]
        var sent: [UInt64: ClientSnapshot.Traffic] = [:]
        let open = page.filter { $0.connection != nil }
        for shard in self.shards {
            var left = open[...]
            while !left.isEmpty {
                let slice = left.prefix(Self.descriptionsMax)
                left = left.dropFirst(Self.descriptionsMax)
                let part = try? await shard.loop
                    .submit { slice.map { Description(of: $0, by: shard, query) } }.get()
                for description in part ?? [] {
                    sent[description.id, default: ClientSnapshot.Traffic()] += description.sent
                    if let client = description.clientWithSubscriptions { known[client.id] = client }
                }
            }
        }
        return page.compactMap { candidate in
            if let closed = candidate.closed { return closed }
            guard var client = known[candidate.id] else { return nil }
            client.sent = sent[candidate.id] ?? ClientSnapshot.Traffic()
            return client
        }
    }

    /// Waits until every loop has said what it sent to clients that were gone before this call.
    func gatherClosed() async {
        // The round that serves those clients visits one loop after the other, and so does this one behind it. Twice,
        // because a round may be under way without them, and the next one begins at its end.
        for _ in 0..<2 {
            for shard in self.shards { try? await shard.loop.submit {}.get() }
        }
    }
}

/// A client that may be on the page.
struct Candidate: Sendable {
    let id: UInt64
    var key: ClientQuery.Key
    /// Whether it passes the filters.
    var isWanted = true
    /// The connection, of one that is there.
    var connection: Connection?
    /// The client, of one that is gone.
    var closed: ClientSnapshot?

    init(_ session: ClientSession, key: ClientQuery.Key, isWanted: Bool) {
        self.id = session.connection.id
        self.key = key
        self.isWanted = isWanted
        self.connection = session.connection
    }

    init(_ client: ClientSnapshot, key: ClientQuery.Key) {
        self.id = client.id
        self.key = key
        self.closed = client
    }
}

/// What one loop says of a client: its own loop everything, another what it sent.
private struct Description: Sendable {
    let id: UInt64
    var sent = ClientSnapshot.Traffic()
    private var client: ClientSnapshot?
    private var subscriptions: [Subscription] = []

    init(of candidate: Candidate, by shard: Shard, _ query: ClientQuery) {
        self.id = candidate.id
        guard let connection = candidate.connection else { return }
        self.sent = connection.sent(by: shard.index)
        guard connection.shard == shard.index, let session = shard.clients[candidate.id] else { return }
        self.client = session.snapshot()
        // Taken along as they are: their texts are made off the loop.
        if query.wantsSubscriptions { self.subscriptions = Array(session.subscriptions.values) }
    }

    /// The client with the texts of its subscriptions, in the order of their ids.
    var clientWithSubscriptions: ClientSnapshot? {
        guard var client = self.client else { return nil }
        let account = client.account
        client.subscriptions = self.subscriptions.map { SubscriptionSnapshot($0, account: account) }
            .sorted {
                $0.id.utf8.count != $1.id.utf8.count ? $0.id.utf8.count < $1.id.utf8.count : $0.id < $1.id
            }
        return client
    }
}
