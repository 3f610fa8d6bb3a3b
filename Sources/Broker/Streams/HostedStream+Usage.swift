import StreamEngine
import StreamModel
import StreamStore

/// What a stream takes of what its account and the server may store (streams.md §8.2).
extension HostedStream {
    /// Tells the account and the server how many bytes the stream has now.
    func reportUsage() { self.report(Int(clamping: self.stream.store.bytes)) }

    /// Tells them that it is gone.
    func withdrawUsage() { self.report(0) }

    private func report(_ bytes: Int) {
        guard bytes != self.reportedBytes, let usage = self.usage else { return }
        let type = self.stream.configuration.storage
        usage.account.add(bytes - self.reportedBytes, of: type)
        usage.server.add(bytes - self.reportedBytes, of: type)
        self.reportedBytes = bytes
    }

    /// Asks how much more may be stored, before a message is.
    func readQuota() {
        guard let usage = self.usage else { return }
        let type = self.stream.configuration.storage
        let most = usage.account.limit(type)
        let mostOfServer = usage.server.limit(type)
        if most == .max, mostOfServer == .max {
            if self.stream.quota != .unlimited { self.stream.quota = .unlimited }
            return
        }
        // What came since the last report is known here alone.
        let unreported = Int(clamping: self.stream.store.bytes) - self.reportedBytes
        let left = most == .max ? Int.max : max(0, most - usage.account.bytes(type) - unreported)
        let isFull = mostOfServer != .max && usage.server.bytes(type) + unreported > mostOfServer
        self.stream.quota = StorageQuota(accountBytes: left, isServerFull: isFull)
    }
}
