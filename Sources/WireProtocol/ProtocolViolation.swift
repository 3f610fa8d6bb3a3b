/// Why a client's connection is closed for what it sent; core.md §1.7.
///
/// Every case closes the connection.
public enum ProtocolViolation: Hashable, Sendable {
    /// A verb that is unknown or not for clients, a missing blank behind one, or a payload not ended by CR LF.
    case unknownOperation
    /// The arguments are longer than `max_control_line`, or their line does not end.
    case controlLineTooLong
    /// The message is larger than `max_payload`.
    case payloadTooLarge
    /// The connection must authenticate first, and did not begin with `CONNECT`.
    case connectExpected
    /// The number of arguments, a size or the JSON is wrong, or headers were not negotiated.
    case malformedArguments
    /// The client sent `-ERR`.
    case clientError

    /// The text for `-ERR` before closing; nil to close without a word.
    public var errorText: StaticString? {
        switch self {
        case .unknownOperation: "Unknown Protocol Operation"
        case .controlLineTooLong: "maximum control line exceeded"
        case .payloadTooLarge: "Maximum Payload Violation"
        case .connectExpected: "Authorization Violation"
        case .malformedArguments, .clientError: nil
        }
    }

    /// The reason that monitoring shows for the closed connection.
    public var closeReason: StaticString {
        switch self {
        case .unknownOperation, .malformedArguments: "Protocol Violation"
        case .controlLineTooLong: "Maximum Control Line Exceeded"
        case .payloadTooLarge: "Maximum Message Payload Exceeded"
        case .connectExpected: "Authentication Failure"
        case .clientError: "Parse Error"
        }
    }
}
