import Logging
import NIOCore
import WireProtocol

/// Clients that come through a proxy, which says where from (core.md §2.1).
extension ClientSession {
    /// How long the proxy may take for that.
    private static let proxyTimeout = TimeAmount.seconds(5)

    /// Waits for what the proxy says.
    func awaitProxy() {
        self.awaitsProxy = true
        let shard = self.shard
        let id = self.connection.id
        shard.loop.scheduleTask(in: Self.proxyTimeout) {
            guard let session = shard.clients[id], session.awaitsProxy, !session.isClosing else { return }
            session.refuseProxy("it does not come")
            shard.settle()
        }
    }

    /// Takes what the proxy says from the beginning of the connection; returns what is behind it, nil if there is
    /// nothing yet.
    func takeProxyHeader(_ bytes: ByteBuffer) -> ByteBuffer? {
        var joined = self.leftover
        joined.writeImmutableBuffer(bytes)
        self.leftover = ByteBuffer()
        switch ProxyHeader.find(in: joined.readableBytesSpan) {
        case .needsMore:
            self.leftover = joined
            return nil
        case .malformed(let reason):
            self.refuseProxy(reason)
            return nil
        case .absent:
            self.awaitsProxy = false
        case .found(let source, let length):
            self.awaitsProxy = false
            joined.moveReaderIndex(forwardBy: length)
            if let source {
                self.activity.value.address = source
                self.host = source.ipAddress ?? ""
            }
        }
        return self.mayCome() ? joined : nil
    }

    /// Whether a client may come from where it does; if not, it is told.
    private func mayCome() -> Bool {
        if let text = self.broker.refusesRate(of: self.host, at: self.shard.now) {
            self.fail(text)
            return false
        }
        if self.login.user?.isImplicit == true, self.broker.current.protectedMode, self.isStranger {
            self.fail(Broker.protectedMode)
            return false
        }
        return true
    }

    /// Whether it comes from another host, through a proxy or not.
    var isStranger: Bool {
        !LocalAddresses.contains(self.connection.channel.remoteAddress)
            || !LocalAddresses.contains(self.activity.value.address)
    }

    private func refuseProxy(_ reason: String) {
        self.broker.logger.warning("\(self.logName) - Error reading PROXY protocol header: \(reason)")
        self.close(.protocolViolation)
    }
}
