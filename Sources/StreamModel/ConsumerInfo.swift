/// A position of a consumer: in its own deliveries and in the stream.
public struct ConsumerPosition: Hashable, Sendable {
    /// The number of the delivery.
    public var consumer: UInt64
    /// The sequence in the stream.
    public var stream: StreamSequence
    /// When the position was last touched, since the server started.
    public var lastActive: Timestamp?

    /// Makes the value.
    public init(consumer: UInt64 = 0, stream: StreamSequence = .zero, lastActive: Timestamp? = nil) {
        self.consumer = consumer
        self.stream = stream
        self.lastActive = lastActive
    }

    /// Writes the object.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("consumer_seq", self.consumer)
        writer.field("stream_seq", self.stream.rawValue)
        writer.fieldIfSet("last_active", self.lastActive)
        writer.endObject()
    }
}

/// Which client a priority group is pinned to.
public struct PriorityGroupState: Hashable, Sendable {
    /// The group's name.
    public var group: String
    /// The pin's id; empty for no pin.
    public var pinnedClient: String
    /// When it was pinned.
    public var pinnedTime: Timestamp?

    /// Makes the value.
    public init(group: String, pinnedClient: String = "", pinnedTime: Timestamp? = nil) {
        self.group = group
        self.pinnedClient = pinnedClient
        self.pinnedTime = pinnedTime
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("group", self.group)
        writer.fieldIfSet("pinned_client_id", self.pinnedClient)
        writer.field("pinned_ts", self.pinnedTime)
        writer.endObject()
    }
}

/// A consumer's configuration and state, as the API reports them; consumers.md §5.
public struct ConsumerInfo: Hashable, Sendable {
    /// The stream's name.
    public var streamName: String
    /// The consumer's name.
    public var name: String
    /// When the consumer was created.
    public var created: Timestamp
    /// The stored configuration.
    public var configuration: ConsumerConfiguration
    /// The last delivery.
    public var delivered = ConsumerPosition()
    /// Up to where everything is settled.
    public var ackFloor = ConsumerPosition()
    /// How many messages were delivered and not acknowledged.
    public var ackPendingCount: UInt64 = 0
    /// How many of them were delivered more than once.
    public var redeliveredCount: UInt64 = 0
    /// How many pull requests wait.
    public var waitingCount = 0
    /// How many stored messages are still to be delivered.
    public var pendingCount: UInt64 = 0
    /// Whether a client listens at the deliver subject.
    public var isPushBound = false
    /// How long the consumer is still paused; zero if it is not.
    public var pauseRemaining = Nanoseconds.zero
    /// The server's time.
    public var time: Timestamp
    /// The priority group, if one is configured.
    public var priorityGroups: [PriorityGroupState] = []

    /// Makes the info of a consumer that did nothing yet.
    public init(
        streamName: String,
        name: String,
        created: Timestamp,
        configuration: ConsumerConfiguration,
        time: Timestamp
    ) {
        self.streamName = streamName
        self.name = name
        self.created = created
        self.configuration = configuration
        self.time = time
    }

    /// Writes the members into an object that is open.
    func writeMembers(to writer: inout JSONWriter, metadata: MetadataForm) {
        writer.field("stream_name", self.streamName)
        writer.field("name", self.name)
        writer.field("created", self.created)
        writer.key("config")
        self.configuration.write(to: &writer, metadata: metadata)
        writer.key("delivered")
        self.delivered.write(to: &writer)
        writer.key("ack_floor")
        self.ackFloor.write(to: &writer)
        writer.field("num_ack_pending", self.ackPendingCount)
        writer.field("num_redelivered", self.redeliveredCount)
        writer.field("num_waiting", self.waitingCount)
        writer.field("num_pending", self.pendingCount)
        writer.fieldIfSet("push_bound", self.isPushBound)
        if self.pauseRemaining > .zero {
            writer.field("paused", true)
            writer.field("pause_remaining", self.pauseRemaining)
        }
        writer.field("ts", self.time)
        if !self.priorityGroups.isEmpty {
            writer.key("priority_groups")
            writer.beginArray()
            for group in self.priorityGroups { group.write(to: &writer) }
            writer.endArray()
        }
    }
}
