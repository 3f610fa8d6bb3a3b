/// Who may connect, and what they may do then (core.md §3.1).
public struct UserOptions: Sendable, Equatable {
    /// What proves that a client is the user.
    public enum Credential: Sendable, Equatable {
        /// A password in plain text, or its bcrypt hash (`$2a$…`, `$2b$…`, `$2x$…`, `$2y$…`).
        case password(String)
        /// The signature of the nonce by the key of which ``UserOptions/name`` is the public part (`U…`).
        case nkey
        /// Nothing: such a user is there for `no_auth_user` and certificates alone.
        case none
    }

    /// A way in which clients come.
    public enum ConnectionType: String, Sendable, Equatable, CaseIterable {
        case standard = "STANDARD"
        case webSocket = "WEBSOCKET"
        case leafNode = "LEAFNODE"
        case leafNodeWebSocket = "LEAFNODE_WS"
        case mqtt = "MQTT"
        case mqttWebSocket = "MQTT_WS"
        case inProcess = "IN_PROCESS"
    }

    /// The name, or the public key text of an nkey user.
    public var name: String
    /// What proves that a client is the user.
    public var credential: Credential
    /// The account the user belongs to.
    public var account: String
    /// What the user may do; nil: everything.
    ///
    /// Default permissions are already filled in.
    public var permissions: PermissionOptions?
    /// The ways in which the user may connect; nil: all.
    public var connectionTypes: [ConnectionType]?

    /// A user of `account`.
    public init(name: String, credential: Credential, account: String = "$G") {
        self.name = name
        self.credential = credential
        self.account = account
    }
}
