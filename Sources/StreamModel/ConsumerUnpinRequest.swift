/// The body of CONSUMER.UNPIN; consumers.md §1.10.
public struct ConsumerUnpinRequest: Hashable, Sendable {
    /// The priority group whose pin is taken away.
    public var group = ""

    /// Reads the body; unknown members are ignored.
    ///
    /// - Throws: ``APIError/invalidJSON(_:)`` also if no group is named, or
    ///   ``APIError/consumerInvalidGroupName``.
    public init(_ body: RawSpan) throws(APIError) {
        if body.byteCount == 0 { throw .invalidJSON("unexpected end of JSON input") }
        for field in try RequestField.fields(of: body, type: "consumer unpin request", strict: false)
        where field.name == "group" {
            self.group = try field.string() ?? self.group
        }
        if self.group.isEmpty { throw .invalidJSON("consumer group not specified") }
        if !ConsumerConfiguration.isValidGroup(self.group) { throw .consumerInvalidGroupName }
    }
}
