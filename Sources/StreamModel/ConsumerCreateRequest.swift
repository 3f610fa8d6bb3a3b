/// What a create request wants to happen to a consumer that exists, or does not; consumers.md §1.2.
public enum ConsumerAction: String, CaseIterable, Sendable {
    /// Make it, or change it.
    case createOrUpdate = ""
    /// Make it; it may only exist if it is the same.
    case create
    /// Change it; it must exist.
    case update
}

/// The body of CONSUMER.CREATE and CONSUMER.DURABLE.CREATE; consumers.md §1.2.
public struct ConsumerCreateRequest: Hashable, Sendable {
    /// The stream's name, again.
    public var streamName = ""
    /// The configuration; ``checked(for:)`` fills in the name of the subject.
    public var configuration = ConsumerConfiguration()
    /// What shall happen.
    public var action = ConsumerAction.createOrUpdate
    /// Whether what would be corrected is refused instead.
    public var pedantic = false

    /// Reads the body; an empty one is an empty request.
    ///
    /// - Throws: ``APIError/invalidJSON(_:)``.
    public init(_ body: RawSpan, strict: Bool = true) throws(APIError) {
        for field in try RequestField.fields(of: body, type: "consumer create request", strict: strict) {
            switch field.name {
            case "stream_name": self.streamName = try field.string() ?? self.streamName
            case "config":
                if let members = try field.members("consumer configuration") {
                    self.configuration = try ConsumerConfiguration(members)
                }
            case "action": self.action = try Self.action(field)
            case "pedantic": self.pedantic = try field.bool() ?? self.pedantic
            default: try field.refuse()
            }
        }
    }

    private static func action(_ field: RequestField) throws(APIError) -> ConsumerAction {
        if case .string(let text) = field.value, let action = ConsumerAction(rawValue: text) { return action }
        throw .invalidJSON("unknown consumer action: \(field.value.spelled)")
    }
}
