/// Where a copy of each stored message is published; streams.md §3.8.
public struct Republish: Hashable, Sendable {
    /// Which (transformed) subjects; empty is read as all.
    public var source: String
    /// Under which subject, in the language of subject transforms.
    public var destination: String
    /// Whether the copy has no payload.
    public var headersOnly: Bool

    /// Makes the value.
    public init(source: String = "", destination: String = "", headersOnly: Bool = false) {
        self.source = source
        self.destination = destination
        self.headersOnly = headersOnly
    }

    init(_ members: [RequestField]) throws(APIError) {
        self.init()
        for field in members {
            switch field.name {
            case "src": self.source = try field.string() ?? self.source
            case "dest": self.destination = try field.string() ?? self.destination
            case "headers_only": self.headersOnly = try field.bool() ?? self.headersOnly
            default: try field.refuse()
            }
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("src", self.source)
        writer.field("dest", self.destination)
        writer.fieldIfSet("headers_only", self.headersOnly)
        writer.endObject()
    }
}
