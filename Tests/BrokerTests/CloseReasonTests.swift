import Testing

@testable import Broker

@Suite("Close reason")
struct CloseReasonTests {
    @Test(
        "It goes with the text the client was told",
        arguments: [
            ("Authorization Violation", CloseReason.authenticationFailure),
            ("Stale Connection", .staleConnection),
            ("maximum control line exceeded", .maxControlLine), ("Maximum Payload Violation", .maxPayload),
            ("Unknown Protocol Operation", .protocolViolation),
        ]
    )
    func reasons(text: String, reason: CloseReason) { #expect(CloseReason(errorText: text) == reason) }
}
