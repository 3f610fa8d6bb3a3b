import Broker
import StreamModel
import Synchronization

/// What every message of the system account says of the server that sends it (core.md §3.8).
struct SystemEnvelope {
    /// The server.
    let broker: Broker
    /// The number of the message.
    let number: UInt64

    /// Streams are served; backups of them are not.
    private static let jetStreamFlag = 1

    /// Writes the member `server`.
    func write(to writer: inout JSONWriter) {
        writer.key("server")
        self.writeObject(to: &writer)
    }

    /// Writes the object alone.
    func writeObject(to writer: inout JSONWriter) {
        let hasJetStream = !self.broker.jetStreamAccountNames.isEmpty
        let options = self.broker.settings
        writer.beginObject()
        writer.field("name", self.broker.serverName)
        writer.field("host", options.host)
        writer.field("id", self.broker.serverID)
        writer.fieldIfSet("domain", options.domain ?? "")
        writer.field("ver", ServerIdentity.natsVersion)
        writer.fieldIfSet("tags", options.serverTags)
        writer.fieldIfSet("metadata", options.serverMetadata)
        writer.field("jetstream", hasJetStream)
        writer.field("flags", hasJetStream ? Self.jetStreamFlag : 0)
        writer.field("seq", self.number)
        writer.field("time", self.broker.now)
        writer.endObject()
    }
}

/// The servers a request is meant for; those it is not meant for stay silent (core.md §3.9).
struct ServerFilter {
    var name: String
    var cluster: String
    var host: String
    var domain: String
    var tags: [String]
    var isExact: Bool

    init(_ parameters: ReportParameters) throws(ReportError) {
        self.name = try parameters.text("server_name")
        self.cluster = try parameters.text("cluster")
        self.host = try parameters.text("host")
        self.domain = try parameters.text("domain")
        self.tags = try parameters.texts("tags", json: "tags")
        self.isExact = try parameters.flag("exact_match")
    }

    /// Whether the request is meant for that server, which is in no cluster.
    func matches(name: String, _ options: ServerOptions) -> Bool {
        self.matches(self.name, name) && self.cluster.isEmpty && self.matches(self.host, options.host)
            && (self.domain.isEmpty || self.domain == options.domain)
            && self.tags.allSatisfy { options.serverTags.contains($0.lowercased()) }
    }

    private func matches(_ wanted: String, _ text: String) -> Bool {
        wanted.isEmpty || (self.isExact ? wanted == text : Self.contains(text, wanted))
    }

    private static func contains(_ text: String, _ part: String) -> Bool {
        let (text, part) = (Array(text.utf8), Array(part.utf8))
        guard part.count <= text.count else { return false }
        return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
    }
}
