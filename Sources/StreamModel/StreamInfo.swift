/// A stream's configuration and state, as the API reports them; streams.md §5.1.
public struct StreamInfo: Hashable, Sendable {
    /// The stored configuration.
    public var configuration: StreamConfiguration
    /// When the stream was created.
    public var created: Timestamp
    /// What it holds.
    public var state: StreamState
    /// The server's domain; empty for none.
    public var domain: String
    /// The name of the server, reported as the leader by INFO; empty to leave it out.
    public var leader: String
    /// How the copying of a mirror goes on.
    public var mirror: StreamSourceInfo?
    /// How the copying of sources goes on.
    public var sources: [StreamSourceInfo]
    /// The server's time.
    public var time: Timestamp

    /// Makes the value.
    public init(
        configuration: StreamConfiguration,
        created: Timestamp,
        state: StreamState,
        domain: String = "",
        leader: String = "",
        mirror: StreamSourceInfo? = nil,
        sources: [StreamSourceInfo] = [],
        time: Timestamp
    ) {
        self.configuration = configuration
        self.created = created
        self.state = state
        self.domain = domain
        self.leader = leader
        self.mirror = mirror
        self.sources = sources
        self.time = time
    }

    /// Writes the members into an object that is open.
    func writeMembers(to writer: inout JSONWriter, metadata: MetadataForm) {
        writer.key("config")
        self.configuration.write(to: &writer, metadata: metadata)
        writer.field("created", self.created)
        writer.key("state")
        self.state.write(to: &writer)
        writer.fieldIfSet("domain", self.domain)
        if !self.leader.isEmpty {
            writer.key("cluster")
            writer.beginObject()
            writer.field("leader", self.leader)
            writer.endObject()
        }
        if let mirror = self.mirror {
            writer.key("mirror")
            mirror.write(to: &writer)
        }
        if !self.sources.isEmpty {
            writer.key("sources")
            writer.beginArray()
            for source in self.sources { source.write(to: &writer) }
            writer.endArray()
        }
        writer.field("ts", self.time)
    }
}
