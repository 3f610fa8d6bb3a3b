import NIOCore
import Subjects
import Testing

@testable import StreamEngine

@Suite("Ack subject")
struct AckSubjectTests {
    private func parse(_ text: String) -> AckSubject? {
        let bytes = Array(text.utf8)
        return AckSubject(bytes.span.bytes)
    }

    @Test(
        "Numbers are written as they are read",
        arguments: [
            (1, 1, 1, 0, 0), (12, 345_678, 99, 1_795_403_634_452_943_608, 2), (7, .max, .max, -1, .max),
            (4_294_967_296, 10_000_000_000, 1_000_000_000_000_000_000, .max, 100_000_000),
        ] as [(UInt64, UInt64, UInt64, Int64, UInt64)]
    )
    func roundTrip(deliveries: UInt64, sequence: UInt64, consumer: UInt64, time: Int64, pending: UInt64) {
        var buffer = ByteBuffer()
        AckSubject.write(
            prefix: AckSubject.prefix(stream: Array("P".utf8), consumer: Array("d".utf8)),
            deliveries: deliveries,
            streamSequence: sequence,
            consumerSequence: consumer,
            timestamp: time,
            pending: pending,
            to: &buffer
        )
        let text = String(buffer: buffer)
        #expect(text == "$JS.ACK.P.d.\(deliveries).\(sequence).\(consumer).\(time).\(pending)")
        let ack = self.parse(text)
        #expect(ack?.deliveries == deliveries)
        #expect(ack?.streamSequence == sequence)
        #expect(ack?.consumerSequence == consumer)
    }

    @Test("The long form is read with and without more tokens")
    func long() throws {
        for text in ["$JS.ACK.hub.szMpdrwD.V.c.1.2.3.4.0", "$JS.ACK._.szMpdrwD.V.c.1.2.3.4.0.x.y"] {
            let ack = try #require(self.parse(text))
            #expect(ack.streamSequence == 2)
            #expect(ack.consumerSequence == 3)
            let bytes = Array(text.utf8)
            #expect(bytes[ack.stream].elementsEqual("V".utf8))
            #expect(bytes[ack.consumer].elementsEqual("c".utf8))
            #expect(bytes[ack.accountHash].elementsEqual("szMpdrwD".utf8))
        }
    }

    @Test(
        "Other subjects are none",
        arguments: [
            "", "$JS.ACK", "$JS.ACK.", "$JS.ACK.S.c.1.2.3.4", "$JS.ACK.a.b.S.c.1.2.3.4",
            "$JS.ACK.S..1.2.3.4.0",
            "$JS.API.S.c.1.2.3.4.0", "$JS.ACK.S.c.1.2.3.4.", "$JS.ACK.........",
        ]
    )
    func invalid(text: String) { #expect(self.parse(text) == nil) }

    @Test(
        "What is not a number is noticed",
        arguments: ["x", "-1", "18446744073709551616", "99999999999999999999", "1x", "+1"]
    )
    func notNumeric(token: String) throws {
        let ack = try #require(self.parse("$JS.ACK.S.c.1.\(token).3.4.0"))
        #expect(!ack.isNumeric)
    }
}

@Suite("Ack verb")
struct AckVerbTests {
    @Test(
        "Payloads mean what consumers.md §4.1 says",
        arguments: [
            ("", .acknowledge), ("+ACK", .acknowledge), ("+OK", .acknowledge), ("+ack", .unknown),
            ("+ACK ", .unknown), ("+OKAY", .unknown), ("foo", .unknown), ("+", .unknown), ("-", .unknown),
            ("-NAK", .again(delay: 0)), ("-NAK {\"delay\":700000000}", .again(delay: 700_000_000)),
            ("-NAK{\"delay\": 5, \"x\":[1,{}]}", .again(delay: 5)),
            ("-NAK 500ms", .again(delay: 500_000_000)),
            ("-NAK 1m1.5s", .again(delay: 61_500_000_000)), ("-NAK abc", .again(delay: 0)),
            ("-NAK {\"delay\":\"x\"}", .again(delay: 0)), ("-NAK {", .again(delay: 0)),
            ("-NAK {\"delay\":-3}", .again(delay: -3)), ("+WPI", .progress), ("+WPI ", .unknown),
            ("+NXT", .next(body: 4..<4)), ("+NXT 2", .next(body: 5..<6)),
            ("+TERM", .terminate(reason: 5..<5)),
            ("+TERM  why not ", .terminate(reason: 7..<14)), ("+TERMS", .terminate(reason: 5..<6)),
        ] as [(String, AckVerb)]
    )
    func verbs(payload: String, verb: AckVerb) {
        let bytes = Array(payload.utf8)
        #expect(AckVerb(bytes.span.bytes) == verb)
    }
}
