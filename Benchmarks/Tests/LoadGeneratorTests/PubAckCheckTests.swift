import Testing

@testable import LoadGenerator

@Suite("Check of a PubAck")
struct PubAckCheckTests {
    private func sequence(_ text: String) throws(LoadError) -> UInt64 {
        let bytes = Array(text.utf8)
        return try PubAckCheck(stream: "S").sequence(bytes.span.bytes, 0, bytes.count)
    }

    @Test(
        "An acknowledgement gives its sequence, in any form",
        arguments: [
            #"{"stream":"S","seq":42}"#, #"{"stream":"S", "seq":42}"#, #"{"seq":42,"stream":"S"}"#,
            #"{"stream":"S","seq":42,"domain":"d"}"#,
        ]
    )
    func acknowledged(text: String) throws {
        #expect(try self.sequence(text) == 42)
    }

    @Test(
        "Any other answer ends the run",
        arguments: [
            #"{"error":{"code":400,"err_code":10077,"description":"full"},"stream":"S","seq":0}"#,
            #"{"stream":"S","seq":42,"duplicate":true}"#, #"{"stream":"T","seq":42}"#,
            #"{"stream":"S","seq":0}"#,
            #"{"stream":"S"}"#, "+OK", "",
        ]
    )
    func refused(text: String) {
        #expect(throws: LoadError.self) { try self.sequence(text) }
    }
}
