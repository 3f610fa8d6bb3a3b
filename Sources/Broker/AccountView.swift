/// One event loop's view of an account.
final class AccountView {
    /// The account.
    let account: Account
    /// The routes this loop has looked up.
    let routes: LoopCell<RouteCache>

    init(account: Account, shard: Int, seed: UInt64) {
        self.account = account
        self.routes = LoopCell(RouteCache(interest: account.interest, shard: shard, seed: seed))
    }
}
