/// The body of STREAM.INFO; streams.md §2.3.
public struct StreamInfoRequest: Hashable, Sendable {
    /// Whether the sequences of deleted and lost messages are wanted.
    public var deletedDetails = false
    /// Whose counts are wanted; empty for none.
    public var subjectsFilter = ""
    /// The first subject of the page that is wanted.
    public var offset = 0

    /// Reads the body; one that is not JSON counts as empty.
    ///
    /// - Throws: ``APIError/invalidJSON(_:)``.
    public init(_ body: RawSpan, strict: Bool = true) throws(APIError) {
        guard RequestBody.isJSON(body) else { return }
        for field in try RequestField.fields(of: body, type: "stream info request", strict: strict) {
            switch field.name {
            case "deleted_details": self.deletedDetails = try field.bool() ?? self.deletedDetails
            case "subjects_filter": self.subjectsFilter = try field.string() ?? self.subjectsFilter
            case "offset": self.offset = try field.int() ?? self.offset
            default: try field.refuse()
            }
        }
    }
}
