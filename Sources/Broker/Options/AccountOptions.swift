/// A named account: a world of subjects and streams of its own (core.md §3.6).
public struct AccountOptions: Sendable, Equatable {
    /// What an account may use of JetStream; nil stands for no limit.
    public struct JetStreamLimits: Sendable, Equatable {
        /// Bytes of streams in memory.
        public var maxMemory: Int?
        /// Bytes of streams in files.
        public var maxStorage: Int?
        /// Streams.
        public var maxStreams: Int?
        /// Consumers of one stream.
        public var maxConsumers: Int?
        /// Unacknowledged deliveries of one consumer.
        public var maxAckPending: Int?
        /// Bytes of one stream in memory.
        public var memoryMaxStreamBytes: Int?
        /// Bytes of one stream in files.
        public var storageMaxStreamBytes: Int?
        /// Whether every stream must name its most bytes.
        public var maxBytesRequired = false

        /// No limits.
        public init() {}
    }

    /// The name.
    public var name: String
    /// The account's public key, where it has one.
    public var nkey: String?
    /// The most clients; nil: no limit.
    public var maxConnections: Int?
    /// The most subscriptions of one of its clients; nil: no limit.
    public var maxSubscriptions: Int?
    /// The largest payload with its headers; nil: the server's.
    public var maxPayload: Int?
    /// The most leaf node connections; nil: no limit.
    public var maxLeafNodes: Int?
    /// What it may use of JetStream; nil: JetStream is off for it.
    public var jetStream: JetStreamLimits?
    /// Subject mappings, in the order of the configuration.
    public var mappings: [MappingOptions] = []
    /// What of its messages is traced for a W3C trace; nil: nothing.
    public var tracing: MessageTraceOptions?

    /// An account without JetStream, limits and mappings.
    public init(name: String) {
        self.name = name
    }
}
