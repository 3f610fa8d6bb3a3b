public import NIOCore

/// What a server tells its clients in `INFO`, as far as all connections see the same; core.md §1.3.
///
/// Encoded once by ``encoded()``; what differs by connection is added when it is sent.
public struct ServerInfo: Hashable, Sendable {
    /// The server's public key, 56 characters that begin with N.
    public var serverID: String
    /// The server's name; its id if it has none.
    public var serverName: String
    /// The version of the protocol's reference that the server stands for.
    public var version: String
    /// The commit it was built from; empty: not sent.
    public var gitCommit = ""
    /// The version of the tool chain.
    ///
    /// Clients expect the key, whatever it says.
    public var toolchain: String
    /// The host it listens on, as configured.
    public var host: String
    /// The port it listens on.
    public var port: Int
    /// Whether messages may have headers.
    public var headers = true
    /// Whether a client must authenticate.
    public var authRequired = false
    /// Whether a client must start TLS.
    public var tlsRequired = false
    /// Whether a client must show a certificate.
    public var tlsVerify = false
    /// Whether a client may start TLS.
    public var tlsAvailable = false
    /// The most bytes of a message.
    public var maxPayload: Int
    /// Whether there are streams.
    public var jetStream = false
    /// The name of the cluster; empty: not sent.
    public var cluster = ""
    /// The domain of the streams; empty: not sent.
    public var domain = ""
    /// Where else clients may connect, as `host:port`; empty: not sent.
    public var connectURLs: [String] = []
    /// Whether the server is about to stop.
    public var lameDuckMode = false
    /// The level of the stream API.
    public var apiLevel = 0
    /// The server's public key for encryption, which begins with X; empty: not sent.
    public var xkey = ""

    /// What every server has to say.
    public init(
        serverID: String,
        serverName: String,
        version: String,
        toolchain: String,
        host: String,
        port: Int,
        maxPayload: Int
    ) {
        self.serverID = serverID
        self.serverName = serverName
        self.version = version
        self.toolchain = toolchain
        self.host = host
        self.port = port
        self.maxPayload = maxPayload
    }

    /// What only one connection is told.
    public struct Connection: Hashable, Sendable {
        /// The number of the connection.
        public var clientID: UInt64
        /// The address it comes from, without port; empty: not sent.
        public var clientIP = ""
        /// What a client with a key has to sign; empty: not sent.
        public var nonce = ""
        /// Whether this connection must authenticate; nil: as the server says.
        public var authRequired: Bool?
        /// The most bytes of a message of this connection; nil: as the server says.
        public var maxPayload: Int?
        /// The account the connection belongs to.
        ///
        /// Not nil in the answer to the first `PING`, which says so by `connect_info`.
        public var remoteAccount: String?
        /// Whether that account is the system's.
        public var isSystemAccount = false

        /// A connection with that number.
        public init(clientID: UInt64, clientIP: String = "", nonce: String = "") {
            self.clientID = clientID
            self.clientIP = clientIP
            self.nonce = nonce
        }
    }

    /// The text that is the same for every connection.
    public func encoded() -> EncodedServerInfo {
        var json = JSONWriter()
        json.add("server_id", self.serverID)
        json.add("server_name", self.serverName)
        json.add("version", self.version)
        json.add("proto", 1)
        json.addIfSet("git_commit", self.gitCommit)
        json.add("go", self.toolchain)
        json.add("host", self.host)
        json.add("port", self.port)
        json.add("headers", self.headers)
        json.addIfTrue("tls_required", self.tlsRequired)
        json.addIfTrue("tls_verify", self.tlsVerify)
        json.addIfTrue("tls_available", self.tlsAvailable)
        json.addIfTrue("jetstream", self.jetStream)
        json.addIfSet("cluster", self.cluster)
        json.addIfSet("domain", self.domain)
        if !self.connectURLs.isEmpty { json.add("connect_urls", self.connectURLs) }
        json.addIfTrue("ldm", self.lameDuckMode)
        json.add("api_lvl", self.apiLevel)
        json.addIfSet("xkey", self.xkey)
        return EncodedServerInfo(
            fields: json.bytes,
            authRequired: self.authRequired,
            maxPayload: self.maxPayload
        )
    }
}

/// The part of an `INFO` that is the same for every connection, as text.
public struct EncodedServerInfo: Hashable, Sendable {
    /// The object's members from the opening brace on, without the closing one.
    let fields: [UInt8]
    /// What is told where a connection has no values of its own.
    let authRequired: Bool
    let maxPayload: Int

    /// Writes `INFO {…} ` and CR LF for one connection.
    ///
    /// The blank before the line end belongs to the protocol (core.md §1.1).
    public func write(_ connection: ServerInfo.Connection, into buffer: inout ByteBuffer) {
        var own = JSONWriter(after: self.fields.count)
        own.addIfTrue("auth_required", connection.authRequired ?? self.authRequired)
        own.add("max_payload", connection.maxPayload ?? self.maxPayload)
        own.add("client_id", connection.clientID)
        own.addIfSet("client_ip", connection.clientIP)
        own.addIfSet("nonce", connection.nonce)
        if let account = connection.remoteAccount {
            own.add("connect_info", true)
            own.add("remote_account", account)
            own.addIfTrue("acc_is_sys", connection.isSystemAccount)
        }
        buffer.writeStaticString("INFO ")
        buffer.writeBytes(self.fields)
        buffer.writeBytes(own.bytes)
        buffer.writeStaticString("} \r\n")
    }
}
