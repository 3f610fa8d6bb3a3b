/// The body of STREAM.MSG.DELETE; streams.md §2.9.
public struct MessageDeleteRequest: Hashable, Sendable {
    /// Which message.
    public var sequence = StreamSequence.zero
    /// Whether its bytes are only forgotten instead of overwritten.
    public var noErase = false

    /// Reads the body.
    ///
    /// - Throws: ``APIError/invalidJSON(_:)``, or ``APIError/badRequest`` for an empty body.
    public init(_ body: RawSpan, strict: Bool = true) throws(APIError) {
        if RequestBody.isEmptyRequest(body) { throw .badRequest }
        for field in try RequestField.fields(of: body, type: "message delete request", strict: strict) {
            switch field.name {
            case "seq": self.sequence = StreamSequence(try field.uint64() ?? 0)
            case "no_erase": self.noErase = try field.bool() ?? self.noErase
            default: try field.refuse()
            }
        }
    }
}
