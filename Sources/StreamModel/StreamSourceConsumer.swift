/// A durable push consumer of an origin that is used for copying instead of a new one.
public struct StreamSourceConsumer: Hashable, Sendable {
    /// The consumer's name.
    public var name: String
    /// Where the consumer delivers to.
    public var deliverSubject: String

    /// Makes the value.
    public init(name: String = "", deliverSubject: String = "") {
        self.name = name
        self.deliverSubject = deliverSubject
    }

    init(_ members: [RequestField]) throws(APIError) {
        self.init()
        for field in members {
            switch field.name {
            case "name": self.name = try field.string() ?? self.name
            case "deliver_subject": self.deliverSubject = try field.string() ?? self.deliverSubject
            default: try field.refuse()
            }
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("name", self.name)
        writer.field("deliver_subject", self.deliverSubject)
        writer.endObject()
    }
}
