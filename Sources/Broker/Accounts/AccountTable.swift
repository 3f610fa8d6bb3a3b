import Synchronization

/// The accounts of a server by name.
///
/// Asked when a client connects and when the configuration changes, never for a message.
final class AccountTable: Sendable {
    private struct State {
        var names: [String: Account] = [:]
        var all: [Account] = []
    }

    private let state = Mutex(State())
    /// Seed of the hashes of this process.
    let seed: UInt64
    private let systemName: String?

    /// A table with the default account, and the system account if it has a name.
    init(seed: UInt64, systemName: String?) {
        self.seed = seed
        self.systemName = systemName
        _ = self.make(named: Account.defaultName)
        if let systemName { _ = self.make(named: systemName) }
    }

    /// All accounts, by the order in which they were made.
    var all: [Account] { self.state.withLock { $0.all } }

    /// The account of that name.
    func account(named name: String) -> Account? { self.state.withLock { $0.names[name] } }

    /// The account of that name, and whether it is new.
    func make(named name: String) -> (account: Account, isNew: Bool) {
        self.state.withLock { state in
            if let known = state.names[name] { return (known, false) }
            let isSystem = name == self.systemName
            let account = Account(name: name, index: state.all.count, seed: self.seed, isSystem: isSystem)
            state.names[name] = account
            state.all.append(account)
            return (account, true)
        }
    }
}
