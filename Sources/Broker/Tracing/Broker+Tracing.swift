import Synchronization

extension Broker {
    /// Lets `describe` say of the server what reports about messages have as their member `server`, as JSON.
    ///
    /// Called from any event loop, once for each report.
    public func describeServer(by describe: @escaping @Sendable () -> [UInt8]) {
        self.serverDescription.withLock { $0 = describe }
    }

    /// The member `server` of a report; empty if nobody describes the server.
    func makeServerDescription() -> [UInt8] {
        let describe = self.serverDescription.withLock { $0 }
        return describe?() ?? []
    }
}
