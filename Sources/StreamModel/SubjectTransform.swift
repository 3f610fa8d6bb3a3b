/// A rule that renames subjects: those that match `source` become `destination`; streams.md §3.8.
public struct SubjectTransform: Hashable, Sendable {
    /// Which subjects; empty for all.
    public var source: String
    /// What they become: tokens, `$n`, `{{function(…)}}`; empty for no change.
    public var destination: String

    /// Makes the value.
    public init(source: String = "", destination: String = "") {
        self.source = source
        self.destination = destination
    }

    init(_ members: [RequestField]) throws(APIError) {
        self.init()
        for field in members {
            switch field.name {
            case "src": self.source = try field.string() ?? self.source
            case "dest": self.destination = try field.string() ?? self.destination
            default: try field.refuse()
            }
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("src", self.source)
        writer.field("dest", self.destination)
        writer.endObject()
    }
}
