/// The body of CONSUMER.PAUSE; consumers.md §1.8.
public struct ConsumerPauseRequest: Hashable, Sendable {
    /// Until when to pause; nil to resume.
    public var pauseUntil: Timestamp?

    /// Reads the body; one that is not JSON counts as empty.
    ///
    /// - Throws: ``APIError/invalidJSON(_:)``.
    public init(_ body: RawSpan, strict: Bool = true) throws(APIError) {
        guard RequestBody.isJSON(body) else { return }
        for field in try RequestField.fields(of: body, type: "consumer pause request", strict: strict) {
            switch field.name {
            case "pause_until": self.pauseUntil = try field.time() ?? self.pauseUntil
            default: try field.refuse()
            }
        }
    }
}
