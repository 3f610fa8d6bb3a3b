/// Why a client's connection ended, in the words of monitoring (core.md §1.7).
public enum CloseReason: String, Sendable, Hashable {
    case clientClosed = "Client Closed"
    case authenticationTimeout = "Authentication Timeout"
    case authenticationFailure = "Authentication Failure"
    case authenticationExpired = "Authentication Expired"
    case credentialsRevoked = "Credentials Revoked"
    case slowConsumerPendingBytes = "Slow Consumer (Pending Bytes)"
    case slowConsumerWriteDeadline = "Slow Consumer (Write Deadline)"
    case writeError = "Write Error"
    case readError = "Read Error"
    case parseError = "Parse Error"
    case staleConnection = "Stale Connection"
    case protocolViolation = "Protocol Violation"
    case badProtocolVersion = "Bad Client Protocol Version"
    case maxConnections = "Maximum Connections Exceeded"
    case maxAccountConnections = "Maximum Account Connections Exceeded"
    case maxPayload = "Maximum Message Payload Exceeded"
    case maxControlLine = "Maximum Control Line Exceeded"
    case maxSubscriptions = "Maximum Subscriptions Exceeded"
    case missingAccount = "Missing Account"
    case noRespondersRequiresHeaders = "No Responders Requires Headers"
    case serverShutdown = "Server Shutdown"
    case kicked = "Kicked"

    /// The reason that goes with the text of the error a client is told.
    init(errorText: String) {
        switch errorText.lowercased() {
        case "authorization violation": self = .authenticationFailure
        case "authentication timeout": self = .authenticationTimeout
        case "user authentication expired", "account authentication expired": self = .authenticationExpired
        case "user authentication revoked": self = .credentialsRevoked
        case "stale connection": self = .staleConnection
        case "maximum control line exceeded": self = .maxControlLine
        case "maximum payload violation": self = .maxPayload
        case "invalid client protocol": self = .badProtocolVersion
        case "no responders requires headers support": self = .noRespondersRequiresHeaders
        case "maximum connections exceeded": self = .maxConnections
        case "maximum account active connections exceeded": self = .maxAccountConnections
        case "maximum subscriptions exceeded": self = .maxSubscriptions
        case "failed account registration": self = .missingAccount
        default: self = .protocolViolation
        }
    }
}
