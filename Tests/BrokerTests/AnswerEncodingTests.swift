import Testing

@testable import Broker

@Suite("Encodings of answers")
struct AnswerEncodingTests {
    @Test(
        "A request says which encoding it wants",
        arguments: [
            ("", nil), ("NATS/1.0\r\nA: gzip\r\n\r\n", nil),
            ("NATS/1.0\r\nAccept-Encoding: gzip\r\n\r\n", .gzip),
            ("NATS/1.0\r\nAccept-Encoding:GZIP\r\n\r\n", .gzip),
            ("NATS/1.0\r\nAccept-Encoding: snappy\r\n\r\n", .snappy),
            ("NATS/1.0\r\nAccept-Encoding: s2\r\n\r\n", .snappy),
            ("NATS/1.0\r\nAccept-Encoding: gzip, snappy\r\n\r\n", .snappy),
            ("NATS/1.0\r\nAccept-Encoding: deflate\r\n\r\n", .identity),
            ("NATS/1.0\r\nAccept-Encoding:\r\n\r\n", .identity),
        ] as [(String, AnswerEncoding?)]
    )
    func wanted(headers: String, encoding: AnswerEncoding?) {
        #expect(AnswerEncoding(headers: Array(headers.utf8)) == encoding)
    }

    @Test("An answer says how it is written")
    func told() {
        #expect(
            AnswerEncoding.snappy.headers == Array("NATS/1.0\r\nContent-Encoding: snappy\r\n\r\n".utf8)
        )
    }
}
