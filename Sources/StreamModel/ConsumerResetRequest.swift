/// The body of CONSUMER.RESET; consumers.md §1.9.
public struct ConsumerResetRequest: Hashable, Sendable {
    /// Which sequence shall come next; zero for the one after the ack floor.
    public var sequence = StreamSequence.zero

    /// Reads the body; unknown members are ignored.
    ///
    /// - Throws: ``APIError/invalidJSON(_:)``.
    public init(_ body: RawSpan) throws(APIError) {
        for field in try RequestField.fields(of: body, type: "consumer reset request", strict: false)
        where field.name == "seq" {
            self.sequence = StreamSequence(try field.uint64() ?? 0)
        }
    }
}
