import NIOCore
import StreamModel
import Synchronization

/// What happened to a client, for whoever tells of it.
public enum ClientEvent: Sendable {
    /// It has said who it is, and is in its account now.
    case connected(ClientSnapshot)
    /// It is gone; it had been in its account.
    case disconnected(ClientSnapshot)
    /// It was sent away, or went, before it had said who it is.
    case refused(ClientSnapshot)
}

/// Who is told of clients.
///
/// A type of its own: a closure that a generic container holds is wrapped once more each time it is read through it.
struct ClientObserver: Sendable {
    let tell: @Sendable (ClientEvent) -> Void
}

extension Broker {
    /// Calls `observer` whenever something happens to a client: on an event loop, so it must not block.
    ///
    /// To be called before the server listens; a second observer takes the place of the first.
    public func observeClients(_ observer: @escaping @Sendable (ClientEvent) -> Void) {
        self.clientObserver.withLock { $0 = ClientObserver(tell: observer) }
    }

    /// Tells of a client that is in its account now; called on its loop.
    func didBind(_ session: ClientSession) {
        guard let observer = self.clientObserver.withLock({ $0 }) else { return }
        observer.tell(.connected(session.snapshot()))
    }

    /// Tells of a client that is gone, once all that it was sent is counted.
    func didLeave(_ client: ClientSnapshot, wasBound: Bool) {
        guard let observer = self.clientObserver.withLock({ $0 }) else { return }
        observer.tell(wasBound ? .disconnected(client) : .refused(client))
    }

    /// Ends the connection of a client without a word; false if there is no such client.
    public func kick(_ id: UInt64) async -> Bool {
        await self.withClient(id) { session in
            session.activity.value.didClose(.kicked)
            session.connection.channel.close(promise: nil)
        }
    }

    /// Tells one client to go elsewhere; false if there is no such client.
    public func tellToLeave(_ id: UInt64) async -> Bool {
        let info = self.makeLameDuckInfo()
        return await self.withClient(id) { session in
            session.announceLameDuck(info)
            session.shard.settle()
        }
    }

    /// What the client may do; nil: everything, or there is no such client.
    public func permissions(of id: UInt64) async -> PermissionOptions? {
        for shard in self.shards {
            let found = try? await shard.loop.submit { shard.clients[id]?.login.user?.options.permissions }
                .get()
            if let permissions = found.flatMap({ $0 }) { return permissions }
        }
        return nil
    }

    private func withClient(_ id: UInt64, _ body: @escaping @Sendable (ClientSession) -> Void) async -> Bool {
        for shard in self.shards {
            let found = try? await shard.loop
                .submit {
                    guard let session = shard.clients[id] else { return false }
                    body(session)
                    return true
                }
                .get()
            if found == true { return true }
        }
        return false
    }
}
