/// The body of STREAM.CREATE and STREAM.UPDATE: a whole configuration and how to take it.
public struct StreamConfigurationRequest: Hashable, Sendable {
    /// The configuration, as it was sent.
    public var configuration = StreamConfiguration()
    /// Whether what would be corrected is refused instead.
    public var pedantic = false

    /// Reads the body; an empty one is an empty configuration.
    ///
    /// - Throws: ``APIError/invalidJSON(_:)``.
    public init(_ body: RawSpan, strict: Bool = true) throws(APIError) {
        for field in try RequestField.fields(of: body, type: "stream configuration", strict: strict) {
            if field.name == "pedantic" {
                self.pedantic = try field.bool() ?? self.pedantic
            } else if try !self.configuration.take(field) {
                try field.refuse()
            }
        }
    }
}
