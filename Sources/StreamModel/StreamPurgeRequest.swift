/// The body of STREAM.PURGE; streams.md §2.7.
public struct StreamPurgeRequest: Hashable, Sendable {
    /// Which subjects; empty for all.
    public var filter = ""
    /// Only messages below this sequence; zero for all.
    public var sequence = StreamSequence.zero
    /// How many of the newest are kept.
    public var keep: UInt64 = 0

    /// Reads the body; one that is not JSON counts as empty.
    ///
    /// - Throws: ``APIError/invalidJSON(_:)``, or ``APIError/badRequest`` for `seq` and `keep` together.
    public init(_ body: RawSpan, strict: Bool = true) throws(APIError) {
        guard RequestBody.isJSON(body) else { return }
        for field in try RequestField.fields(of: body, type: "stream purge request", strict: strict) {
            switch field.name {
            case "filter": self.filter = try field.string() ?? self.filter
            case "seq": self.sequence = StreamSequence(try field.uint64() ?? 0)
            case "keep": self.keep = try field.uint64() ?? self.keep
            default: try field.refuse()
            }
        }
        if self.sequence != .zero, self.keep != 0 { throw .badRequest }
    }
}
