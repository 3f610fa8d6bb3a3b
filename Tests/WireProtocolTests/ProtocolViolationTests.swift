import Testing
import WireProtocol

@Suite("Protocol violation")
struct ProtocolViolationTests {
    @Test(
        "Each violation has the text and the close reason of the protocol",
        arguments: [
            (.unknownOperation, "Unknown Protocol Operation", "Protocol Violation"),
            (.controlLineTooLong, "maximum control line exceeded", "Maximum Control Line Exceeded"),
            (.payloadTooLarge, "Maximum Payload Violation", "Maximum Message Payload Exceeded"),
            (.connectExpected, "Authorization Violation", "Authentication Failure"),
            (.malformedArguments, nil, "Protocol Violation"),
            (.clientError, nil, "Parse Error"),
        ] as [(ProtocolViolation, String?, String)]
    )
    func texts(violation: ProtocolViolation, text: String?, reason: String) {
        #expect(violation.errorText?.description == text)
        #expect(violation.closeReason.description == reason)
    }
}
