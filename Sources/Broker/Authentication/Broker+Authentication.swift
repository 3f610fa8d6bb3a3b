import Synchronization

extension Broker {
    /// Decides who clients are.
    var authenticator: Authenticator { self.authentication.withLock { $0 } }

    /// Clients that may be there without having said who they are: others find room beside them.
    var unknownClientsMax: Int {
        let most = self.current.maxConnections
        return min(most, max(64, most / 2))
    }

    /// What clients from other hosts are told.
    static let protectedMode = "protected mode: connections from other hosts are refused"
}
