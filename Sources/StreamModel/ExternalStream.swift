/// How to reach a stream of another account or domain.
public struct ExternalStream: Hashable, Sendable {
    /// What replaces `$JS.API` in requests.
    public var apiPrefix: String
    /// What deliveries are addressed to, as a prefix.
    public var deliverPrefix: String

    /// Makes the value.
    public init(apiPrefix: String = "", deliverPrefix: String = "") {
        self.apiPrefix = apiPrefix
        self.deliverPrefix = deliverPrefix
    }

    init(_ members: [RequestField]) throws(APIError) {
        self.init()
        for field in members {
            switch field.name {
            case "api": self.apiPrefix = try field.string() ?? self.apiPrefix
            case "deliver": self.deliverPrefix = try field.string() ?? self.deliverPrefix
            default: try field.refuse()
            }
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("api", self.apiPrefix)
        writer.field("deliver", self.deliverPrefix)
        writer.endObject()
    }
}
