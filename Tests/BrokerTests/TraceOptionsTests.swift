import Testing

@testable import Broker

@Suite("Traces of messages")
struct TraceOptionsTests {
    private static func text(_ options: TraceOptions, _ headers: String, _ payload: String) -> String? {
        let (headers, payload) = (Array(headers.utf8), Array(payload.utf8))
        return options.text(headers: headers.span.bytes, payload: payload.span.bytes)
    }

    private static let headers = "NATS/1.0\r\nA: b\r\n\r\n"

    @Test("Headers and payload are shown together, quoted")
    func whole() {
        let options = TraceOptions()
        #expect(Self.text(options, "", "a\"b\n") == #"MSG_PAYLOAD: ["a\"b\n"]"#)
        #expect(Self.text(options, Self.headers, "x") == #"MSG_PAYLOAD: ["NATS/1.0\r\nA: b\r\n\r\nx"]"#)
        #expect(Self.text(options, "", "") == nil)
    }

    @Test("Long messages are cut, wherever the headers end")
    func cut() {
        var options = TraceOptions()
        options.messageBytesMax = 4
        #expect(Self.text(options, "", "hello") == #"MSG_PAYLOAD: ["hell..."]"#)
        #expect(Self.text(options, "", "hell") == #"MSG_PAYLOAD: ["hell"]"#)
        #expect(Self.text(options, Self.headers, "hello") == #"MSG_PAYLOAD: ["NATS..."]"#)
        options.messageBytesMax = 20
        #expect(
            Self.text(options, Self.headers, "hello") == #"MSG_PAYLOAD: ["NATS/1.0\r\nA: b\r\n\r\nhe..."]"#
        )
    }

    @Test("With headers alone, messages without any are not shown")
    func headersOnly() {
        var options = TraceOptions()
        options.headersOnly = true
        #expect(Self.text(options, "", "hello") == nil)
        #expect(Self.text(options, Self.headers, "hello") == #"MSG_PAYLOAD: ["NATS/1.0\r\nA: b"]"#)
        options.messageBytesMax = 10
        #expect(Self.text(options, Self.headers, "hello") == #"MSG_PAYLOAD: ["NATS/1.0\r\n..."]"#)
    }
}
