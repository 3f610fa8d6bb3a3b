/// Somebody who may connect, as the configuration knows him.
///
/// Shared by all his connections, and replaced as a whole when the configuration changes.
final class User: Sendable {
    /// The name, or the public key text; empty for clients that need not say who they are.
    let name: String
    /// The account he belongs to.
    let account: Account
    /// What the configuration says of him.
    let options: UserOptions
    /// What proves that a client is he; nil when a signature or nothing does.
    let secret: Secret?
    /// The public key with which signatures are checked.
    let key: NKey?
    /// What he may do; nil: everything.
    let permissions: Permissions?
    /// Whether nobody configured him: clients come in as him because the rules say so (core.md §3.1).
    let isImplicit: Bool

    init(_ options: UserOptions, account: Account, isImplicit: Bool = false, seed: UInt64 = 0) {
        self.permissions = options.permissions.map { Permissions($0, seed: seed) }
        self.name = options.name
        self.account = account
        self.options = options
        self.isImplicit = isImplicit
        switch options.credential {
        case .password(let text): (self.secret, self.key) = (Secret(text), nil)
        case .nkey: (self.secret, self.key) = (nil, NKey(options.name))
        case .none: (self.secret, self.key) = (nil, nil)
        }
    }

    /// Whether he may connect in that way.
    func allows(_ type: UserOptions.ConnectionType) -> Bool {
        self.options.connectionTypes?.contains(type) ?? true
    }
}
