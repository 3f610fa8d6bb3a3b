import Synchronization

/// A world of its own: subjects, streams, consumers and limits of one account never meet those of another.
final class Account: Sendable {
    /// The name of the account of everybody who named none.
    static let defaultName = "$G"

    /// The name, as clients see it.
    let name: String
    /// Place among the server's accounts.
    let index: Int
    /// What stands for it in the longer form of acknowledgement subjects: a hash of its name (consumers.md §3.2).
    let acknowledgementHash: String
    /// Who wants which subjects.
    let interest: Interest

    init(name: String, index: Int, seed: UInt64) {
        self.name = name
        self.index = index
        // The default account is the only one yet; the value is given in consumers.md §3.2.
        self.acknowledgementHash = "szMpdrwD"
        self.interest = Interest(seed: seed)
    }
}
