import Crypto
import Subjects
import Synchronization

/// A world of its own: subjects, streams, consumers and limits of one account never meet those of another.
///
/// An account lasts as long as the server: a reload may take it out of the configuration, and its clients with it, but
/// not its streams.
public final class Account: Sendable {
    /// The name of the account of everybody who named none.
    public static let defaultName = "$G"

    /// The name, as clients see it.
    public let name: String
    /// Whether it is the one in which the server tells of itself.
    public let isSystem: Bool
    /// Place among the server's accounts.
    let index: Int
    /// What stands for it in the longer form of acknowledgement subjects: a hash of its name (consumers.md §3.2).
    let acknowledgementHash: String
    /// Who wants which subjects.
    let interest: Interest
    /// What its clients may use together.
    let limits: AccountQuota
    /// What becomes of the subjects of its clients' messages; a copy of each loop's own is in ``AccountView``.
    let mappings = Mutex(SubjectMappings([]))
    /// What of its clients' messages is traced; a copy of each loop's own is in ``AccountView``.
    let tracing = Mutex<MessageTraceOptions?>(nil)

    private let jetStreamCell = Mutex<JetStreamAccount?>(nil)

    init(name: String, index: Int, seed: UInt64, isSystem: Bool = false) {
        self.name = name
        self.index = index
        self.isSystem = isSystem
        self.acknowledgementHash = Self.hash(of: name)
        self.interest = Interest(seed: seed)
        self.limits = AccountQuota()
    }

    /// Its streams and consumers; nil when JetStream is off on the server.
    ///
    /// Set once, before a client comes.
    var jetStream: JetStreamAccount? {
        get { self.jetStreamCell.withLock { $0 } }
        set { self.jetStreamCell.withLock { $0 = newValue } }
    }

    /// Clients connected to it now.
    public var connections: Int { self.limits.connections.load(ordering: .relaxed) }

    /// Subscriptions of its clients now.
    public var clientSubscriptions: Int { self.limits.subscriptions.load(ordering: .relaxed) }

    /// Subscriptions in it now, the server's own included.
    public var subscriptions: Int { self.interest.count }

    /// Whether somebody would get a message published to the literal `subject`.
    public func hasInterest(in subject: String) -> Bool {
        let bytes = Array(subject.utf8)
        return unsafe self.interest.hasMatch(bytes.span.bytes)
    }

    /// The first 8 bytes of the name's SHA-256, each as one of 62 characters.
    static func hash(of name: String) -> String {
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        let characters = SHA256.hash(data: Array(name.utf8)).prefix(8).map { alphabet[Int($0) % 62] }
        return String(decoding: characters, as: UTF8.self)
    }
}
