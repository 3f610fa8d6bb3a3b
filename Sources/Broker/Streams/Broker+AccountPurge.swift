import Logging
import StreamModel

extension Broker {
    /// Begins to remove all streams of the account of that name, with their consumers (streams.md §2, ACCOUNT.PURGE).
    ///
    /// - Returns: The answer, which does not wait for the end and is the same where there is nothing to remove; nil if
    ///   the server has no streams at all.
    public func removeStreams(of name: String) -> [UInt8]? {
        guard self.jetStream != nil else { return nil }
        if let account = self.account(named: name), let streams = account.jetStream {
            self.logger.warning(
                "All streams of account \(account.name) are removed: the system account asked for it"
            )
            streams.home.post(.call { _ in streams.removeStreams() })
        }
        return APIResponse.accountPurge.encoded()
    }
}
