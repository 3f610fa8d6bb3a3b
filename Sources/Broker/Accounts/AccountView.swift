import Subjects
import Synchronization

/// One event loop's view of an account.
final class AccountView {
    /// The account.
    let account: Account
    private let seed: UInt64
    /// The routes this loop has looked up.
    let routes: LoopCell<RouteCache>
    /// The account's subject mappings; nil where there are none.
    private(set) var mapper: SubjectMapper?
    /// What of the account's messages is traced; nil: nothing.
    private(set) var tracing: MessageTraceOptions?

    init(account: Account, shard: Int, seed: UInt64) {
        self.account = account
        self.seed = seed
        self.routes = LoopCell(RouteCache(interest: account.interest, shard: shard, seed: seed))
        self.readMappings()
    }

    /// Takes over the account's mappings, and what it traces, as they are now.
    func readMappings() {
        self.tracing = self.account.tracing.withLock { $0 }
        let mappings = self.account.mappings.withLock { $0 }
        if mappings.isEmpty, self.mapper == nil { return }
        self.mapper = mappings.isEmpty ? nil : SubjectMapper(mappings, seed: self.seed)
        // Routes that sessions remember were found without these mappings.
        self.account.interest.invalidate()
    }
}
