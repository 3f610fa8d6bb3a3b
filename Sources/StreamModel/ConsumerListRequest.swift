/// The body of CONSUMER.NAMES and CONSUMER.LIST; consumers.md §1.5.
public struct ConsumerListRequest: Hashable, Sendable {
    /// The first entry of the page that is wanted.
    public var offset = 0

    /// Reads the body; one that is not JSON counts as empty.
    ///
    /// - Throws: ``APIError/invalidJSON(_:)``.
    public init(_ body: RawSpan, strict: Bool = true) throws(APIError) {
        guard RequestBody.isJSON(body) else { return }
        for field in try RequestField.fields(of: body, type: "consumer list request", strict: strict) {
            switch field.name {
            case "offset": self.offset = try field.int() ?? self.offset
            default: try field.refuse()
            }
        }
    }
}
