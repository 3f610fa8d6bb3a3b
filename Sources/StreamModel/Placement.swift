/// On which servers of a cluster a stream wants to live; without effect on a single server.
public struct Placement: Hashable, Sendable {
    /// The name of a cluster; empty for any.
    public var cluster: String
    /// Tags that a server must have.
    public var tags: [String]
    /// The name of a server to lead; refused in configurations.
    public var preferred: String

    /// Makes the value.
    public init(cluster: String = "", tags: [String] = [], preferred: String = "") {
        self.cluster = cluster
        self.tags = tags
        self.preferred = preferred
    }

    /// Whether nothing is asked for.
    public var isEmpty: Bool { self.cluster.isEmpty && self.tags.isEmpty && self.preferred.isEmpty }

    init(_ members: [RequestField]) throws(APIError) {
        self.init()
        for field in members {
            switch field.name {
            case "cluster": self.cluster = try field.string() ?? self.cluster
            case "tags": self.tags = try field.strings() ?? self.tags
            case "preferred": self.preferred = try field.string() ?? self.preferred
            default: try field.refuse()
            }
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.fieldIfSet("cluster", self.cluster)
        writer.fieldIfSet("tags", self.tags)
        writer.fieldIfSet("preferred", self.preferred)
        writer.endObject()
    }
}
