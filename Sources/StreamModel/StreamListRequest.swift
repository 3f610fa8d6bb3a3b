/// The body of STREAM.NAMES and STREAM.LIST; streams.md §2.4.
public struct StreamListRequest: Hashable, Sendable {
    /// Only streams with a subject that overlaps with this; empty for all.
    public var subject = ""
    /// The first entry of the page that is wanted.
    public var offset = 0

    /// Reads the body; one that is not JSON counts as empty.
    ///
    /// - Throws: ``APIError/invalidJSON(_:)``.
    public init(_ body: RawSpan, strict: Bool = true) throws(APIError) {
        guard RequestBody.isJSON(body) else { return }
        for field in try RequestField.fields(of: body, type: "stream list request", strict: strict) {
            switch field.name {
            case "subject": self.subject = try field.string() ?? self.subject
            case "offset": self.offset = try field.int() ?? self.offset
            default: try field.refuse()
            }
        }
    }

    /// Whether a stream with that configuration is asked for.
    public func matches(_ configuration: StreamConfiguration) -> Bool {
        self.subject.isEmpty || configuration.overlaps(subjects: [self.subject])
    }
}
