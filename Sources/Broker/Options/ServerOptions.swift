public import NIOCore
public import StreamModel

/// What a server is told at its start.
public struct ServerOptions: Sendable {
    /// The address to listen on.
    public var host = "0.0.0.0"
    /// The port to listen on; 0 lets the system choose one.
    public var port = 4222
    /// The name that INFO shows; the server's id when nil.
    public var serverName: String?
    /// Where streams are stored; nil turns JetStream off.
    public var storeDirectory: String?
    /// How long after a message was acknowledged it is on the disk at the latest, in nanoseconds; nil: before.
    public var syncInterval: Int64?
    /// The same for streams with `persist_mode: async`, where ``syncInterval`` is nil.
    public var asyncSyncInterval: Int64 = 100_000_000
    /// Whether connections from other hosts are refused while nothing authenticates them.
    public var protectedMode = true
    /// Event loops; nil for one per core.
    public var eventLoops: Int?
    /// The most streams in files whose files stay open while nobody uses them.
    public var awakeStreamsMax = 512
    /// Threads that open streams when the server starts.
    public var openingThreads = 8
    /// Threads that write and sync.
    public var diskThreads = 2

    /// The longest control line, in bytes after the verb (core.md §1.2).
    public var maxControlLine = 4096
    /// The largest payload with its headers, in bytes.
    public var maxPayload = 1 << 20
    /// The most clients at a time.
    public var maxConnections = 65_536
    /// Connections that one host may open in a second, on the average of ten seconds; 0 for no limit.
    public var connectionRateLimit = 1000
    /// Whether proxies may say before the first byte of a client where it comes from.
    public var proxyProtocol = false
    /// The most subscriptions of one client; 0 for no limit.
    public var maxSubscriptions = 0
    /// Bytes that may wait for one client before it is cut off as a slow consumer.
    public var maxPending = 64 << 20
    /// Time between PINGs to a client.
    public var pingInterval = TimeAmount.minutes(2)
    /// The longest time until the first PING, which finds out the round trip time.
    public var firstPing = TimeAmount.seconds(2)
    /// Unanswered PINGs after which a client is cut off.
    public var pingsOutstandingMax = 2
    /// The most tokens of a subscription's subject; 0 for no limit.
    public var maxSubscriptionTokens = 0
    /// How long a write to a client may be blocked before it is cut off as a slow consumer.
    public var writeDeadline = TimeAmount.seconds(10)
    /// Whether a client that takes some of what is sent, however slowly, is not cut off for that.
    public var keepsSlowClients = false
    /// The most closed connections that monitoring remembers.
    public var maxClosedClients = 10_000
    /// Whether messages for a client that is behind are dropped instead of slowing their publishers down.
    public var noFastProducerStall = false
    /// Whether headers are turned off.
    public var noHeaders = false
    /// How long clients are closed in lame duck mode, from its start, in nanoseconds.
    public var lameDuckDuration: Int64 = 120_000_000_000
    /// How long clients may go on by themselves before that, in nanoseconds.
    public var lameDuckGracePeriod: Int64 = 10_000_000_000
    /// The `host:port` that clients are told instead of the address listened on.
    public var clientAdvertise: String?
    /// Names for what the server is or does, lower-cased.
    public var serverTags: [String] = []
    /// More about the server, shown by monitoring.
    public var serverMetadata: [String: String] = [:]

    /// Who may connect.
    public var authentication = AuthenticationOptions()
    /// The accounts beside `$G`.
    public var accounts: [AccountOptions] = []
    /// Subject mappings of `$G`.
    public var mappings: [MappingOptions] = []
    /// The account of the system's events and requests; nil: there is none.
    public var systemAccount: String? = "$SYS"
    /// Most bytes of streams in memory; nil: no limit.
    public var maxMemoryStore: Int?
    /// Most bytes of streams in files; nil: no limit.
    public var maxFileStore: Int?
    /// What streams and consumers of all accounts may ask for.
    public var streamLimits = ServerLimits()
    /// Whether requests to the API of streams with fields that nobody knows are refused, not obeyed without them.
    public var strictRequests = true
    /// Requests of an account that wait while another one changes its streams.
    public var requestQueueLimit = 10_000
    /// Encryption of what is stored; nil: none.
    public var encryption: EncryptionOptions?
    /// The JetStream domain, shown in INFO; nil: none.
    public var domain: String?
    /// Where the monitoring endpoints are served; nil: nowhere.
    public var monitoring: MonitoringOptions?
    /// What a trace of operations shows, if the logger takes one.
    public var tracing = TraceOptions()
    /// SHA-256 of the configuration, as monitoring shows it; empty without a file.
    public var configurationDigest = ""

    /// Bytes that may wait for one client before those who publish to it are slowed down.
    var pauseBytes: Int { self.maxPending / 4 * 3 }
    /// Bytes that may wait for one client before what streams deliver to it waits instead.
    var deliveryBytesMax: Int { self.maxPending / 4 }
    /// Bytes that may wait for one stream's disk before those who publish to it are slowed down.
    var ingestBytesMax = 64 << 20

    /// The defaults.
    public init() {}
}
