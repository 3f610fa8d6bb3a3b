/// What ``ClientOperationParser/next(in:from:)`` found.
public enum ParseStep: Hashable, Sendable {
    /// A whole operation, which took `consumed` bytes.
    case operation(ClientOperation, consumed: Int)
    /// The operation is not complete: offer the same bytes again with more behind them.
    case needsMore
    /// The connection must be closed; the parser must not be used again.
    case violation(ProtocolViolation)
}
