import StreamEngine
import StreamModel

/// What an account may create (streams.md §8.2).
extension JetStreamAccount {
    /// Refuses a stream that is one too many, has too many consumers, or reserves more than there is.
    func checkLimits(_ configuration: StreamConfiguration) throws(APIError) {
        let limits = self.limits
        if limits.maxStreams >= 0, self.entries[configuration.name] == nil,
            self.entries.count >= limits.maxStreams
        {
            throw .maximumStreamsLimit
        }
        try configuration.checkAccount(limits)
        try self.checkReservation(configuration)
    }

    /// Bytes that streams of that kind have reserved by their `max_bytes`, without the one of that name.
    private func reserved(_ type: StorageType, without name: String?) -> Int {
        var sum = 0
        for entry in self.entries.values where entry.configuration.storage == type {
            if entry.configuration.name == name { continue }
            sum = Self.sum(sum, Int(clamping: max(0, entry.configuration.maxBytes)))
        }
        return sum
    }

    private func checkReservation(_ configuration: StreamConfiguration) throws(APIError) {
        guard configuration.maxBytes > 0 else { return }
        let type = configuration.storage
        let error: APIError = type == .file ? .storageResourcesExceeded : .memoryResourcesExceeded
        let wanted = Int(clamping: configuration.maxBytes)
        let most = self.usage.limit(type)
        if most != .max, Self.sum(self.reserved(type, without: configuration.name), wanted) > most {
            throw error
        }
        let mostOfServer = self.server.usage.limit(type)
        guard mostOfServer != .max else { return }
        var all = 0
        // All accounts decide on the same loop.
        for account in self.server.accounts {
            all = Self.sum(all, account.reserved(type, without: account === self ? configuration.name : nil))
        }
        if Self.sum(all, wanted) > mostOfServer { throw error }
    }

    /// The sum, which does not go beyond what a number can be: configurations come from clients.
    private static func sum(_ one: Int, _ other: Int) -> Int {
        let (sum, overflow) = one.addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
