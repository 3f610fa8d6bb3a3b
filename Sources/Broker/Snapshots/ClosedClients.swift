import NIOCore
import StreamModel
import Synchronization

/// The clients that are gone: the last of them one by one, and what all of them together sent and received.
///
/// What a client was sent is counted by each loop for itself, so a client that went is kept until every loop has said
/// its part. One round over the loops serves all clients that went meanwhile.
final class ClosedClients: Sendable {
    /// What the clients of one account that are gone did.
    struct Traffic: Sendable {
        /// What they published.
        var received = ClientSnapshot.Traffic()
        /// What they were sent.
        var sent = ClientSnapshot.Traffic()
        /// Those cut off because they did not read.
        var slowConsumers = 0
    }

    private struct Leaving: @unchecked Sendable {
        // Unchecked: the connection is safe to share, and the snapshot a value.
        var client: ClientSnapshot
        let connection: Connection
        let wasBound: Bool
    }

    private struct State {
        var leaving: [Leaving] = []
        var isGathering = false
        var ring: [ClientSnapshot] = []
        /// Where the next one goes once the ring is full: where the oldest is.
        var next = 0
        var traffic: [String: Traffic] = [:]
    }

    private let state = Mutex(State())
    private let limit: Int

    /// Remembers `limit` clients at the most.
    init(limit: Int) { self.limit = max(0, limit) }

    /// The clients that are gone, in no order.
    var all: [ClientSnapshot] { self.state.withLock { $0.ring } }

    /// What the clients of each account that are gone did, by the account's name.
    var traffic: [String: Traffic] { self.state.withLock { $0.traffic } }

    /// Takes in a client that goes, on its loop.
    func note(_ session: ClientSession) {
        var client = session.snapshot()
        client.pendingBytes = 0
        client.end = (session.shard.now, session.activity.value.closeReason ?? .clientClosed)
        let leaving = Leaving(
            client: client,
            connection: session.connection,
            wasBound: session.login.user != nil
        )
        let begins = self.state.withLock { state in
            state.leaving.append(leaving)
            defer { state.isGathering = true }
            return !state.isGathering
        }
        if begins { self.gather(session.shard.broker) }
    }

    /// Takes in a client that was sent away before it said anything.
    func noteRefused(_ id: UInt64, _ address: SocketAddress?, _ errorText: String, at now: Timestamp) {
        var client = ClientSnapshot(
            id: id,
            account: Account.defaultName,
            host: address?.ipAddress ?? "",
            port: address?.port ?? 0,
            start: now
        )
        client.end = (now, CloseReason(errorText: errorText))
        self.state.withLock { self.append(client, to: &$0) }
    }

    /// Asks one loop after the other what it sent to those who are leaving.
    private func gather(_ broker: Broker) {
        let leaving = self.state.withLock { state in
            let leaving = state.leaving
            state.leaving = []
            if leaving.isEmpty { state.isGathering = false }
            return leaving
        }
        if !leaving.isEmpty { self.visit(0, of: broker, leaving) }
    }

    private func visit(_ index: Int, of broker: Broker, _ leaving: [Leaving]) {
        guard index < broker.shards.count else {
            self.state.withLock { state in
                for one in leaving { self.append(one.client, to: &state) }
            }
            for one in leaving { broker.didLeave(one.client, wasBound: one.wasBound) }
            return self.gather(broker)
        }
        broker.shards[index]
            .post(
                .call { shard in
                    var leaving = leaving
                    for place in leaving.indices {
                        leaving[place].client.sent += leaving[place].connection.sent(by: shard.index)
                    }
                    self.visit(index + 1, of: shard.broker, leaving)
                }
            )
    }

    private func append(_ client: ClientSnapshot, to state: inout State) {
        var traffic = state.traffic[client.account] ?? Traffic()
        traffic.received += client.received
        traffic.sent += client.sent
        switch client.end?.reason {
        case .slowConsumerPendingBytes, .slowConsumerWriteDeadline: traffic.slowConsumers += 1
        default: break
        }
        state.traffic[client.account] = traffic
        if state.ring.count < self.limit {
            state.ring.append(client)
        } else if self.limit > 0 {
            state.ring[state.next] = client
            state.next = state.next + 1 == self.limit ? 0 : state.next + 1
        }
    }
}

extension Connection {
    /// What the loop of the shard with that index sent to the client; asked on that loop.
    func sent(by shard: Int) -> ClientSnapshot.Traffic {
        var traffic = ClientSnapshot.Traffic()
        // The counters are this loop's own.
        traffic.messages = unsafe self.stages[shard].messagesOut
        traffic.bytes = unsafe self.stages[shard].bytesOut
        return traffic
    }
}
