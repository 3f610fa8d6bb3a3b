import StreamEngine
import StreamModel
import Testing

@testable import Broker

// The texts are those of consumers.md §8.1 with their identifiers, which are random, left out.
@Suite("Advisories")
struct AdvisoryTests {
    private let now = Timestamp(nanoseconds: 1_795_403_744_248_129_735)
    private let head = #""timestamp":"2026-11-23T03:15:44.248129735Z","stream":"A","consumer":"k","#

    private func sequence(_ number: UInt64) -> StreamSequence { StreamSequence(rawValue: number) }

    private func text(_ event: ConsumerEvent) throws -> (subject: String, payload: String, id: String) {
        let advisory = try #require(Advisory(event, stream: "A", consumer: "k", at: self.now))
        let payload = String(decoding: advisory.payload, as: UTF8.self)
        let mark = try #require(payload.firstRange(of: #""id":""#))
        let id = payload[mark.upperBound...].prefix { $0 != "\"" }
        let rest = payload[mark.upperBound...].dropFirst(id.count + 2)
        let subject = String(decoding: advisory.subject, as: UTF8.self)
        return (subject, String(payload[..<mark.lowerBound] + rest), String(id))
    }

    @Test("A negative acknowledgement")
    func negativelyAcknowledged() throws {
        let event = ConsumerEvent.negativelyAcknowledged(self.sequence(3), consumerSequence: 3, deliveries: 1)
        let advisory = try self.text(event)
        #expect(advisory.subject == "$JS.EVENT.ADVISORY.CONSUMER.MSG_NAKED.A.k")
        #expect(
            advisory.payload == #"{"type":"io.nats.jetstream.advisory.v1.nak","# + self.head
                + #""consumer_seq":3,"stream_seq":3,"deliveries":1}"#
        )
        #expect(advisory.id.count == 22)
    }

    @Test(
        "A termination, with its reason if there is one",
        arguments: [
            (.client(Array("because I say so".utf8)), #","reason":"because I say so""#),
            (.client([]), ""),
            (.client(Array("say \"no\"\n".utf8)), #","reason":"say \"no\"\n""#),
            (.deleted, #","reason":"Unacknowledged message was deleted""#),
        ] as [(ConsumerEvent.Reason, String)]
    )
    func terminated(reason: ConsumerEvent.Reason, text: String) throws {
        let event = ConsumerEvent.terminated(
            self.sequence(3),
            consumerSequence: 7,
            deliveries: 3,
            reason: reason
        )
        let advisory = try self.text(event)
        #expect(advisory.subject == "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.A.k")
        #expect(
            advisory.payload == #"{"type":"io.nats.jetstream.advisory.v1.terminated","# + self.head
                + #""consumer_seq":7,"stream_seq":3,"deliveries":3"# + text + "}"
        )
    }

    @Test("Too many deliveries")
    func maxDeliveries() throws {
        let advisory = try self.text(.maxDeliveries(self.sequence(1), deliveries: 4))
        #expect(advisory.subject == "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.A.k")
        #expect(
            advisory.payload == #"{"type":"io.nats.jetstream.advisory.v1.max_deliver","# + self.head
                + #""stream_seq":1,"deliveries":4}"#
        )
    }

    @Test("What a client wrote as its reason traps nothing")
    func anyBytes() throws {
        let reason = ConsumerEvent.Reason.client([0, 0xff, 0x22, 0x5c, 0x0a, 0xc3])
        let event = ConsumerEvent.terminated(
            self.sequence(1),
            consumerSequence: 1,
            deliveries: 1,
            reason: reason
        )
        let advisory = try #require(Advisory(event, stream: "A", consumer: "k", at: self.now))
        #expect(advisory.payload.last == UInt8(ascii: "}"))
        #expect(!advisory.payload.contains(10))
    }

    @Test("A sampled acknowledgement is a metric")
    func metric() throws {
        let acknowledged = ConsumerEvent.acknowledged(
            self.sequence(1),
            consumerSequence: 2,
            deliveries: 3,
            nanoseconds: 5
        )
        let metric = try #require(Advisory(acknowledged, stream: "A", consumer: "k", at: self.now))
        #expect(String(decoding: metric.subject, as: UTF8.self) == "$JS.EVENT.METRIC.CONSUMER.ACK.A.k")
        let text = String(decoding: metric.payload, as: UTF8.self)
        #expect(text.hasPrefix(#"{"type":"io.nats.jetstream.metric.v1.consumer_ack","id":""#))
        #expect(
            text.hasSuffix(
                #""stream":"A","consumer":"k","consumer_seq":2,"stream_seq":1,"ack_time":5,"deliveries":3}"#
            )
        )
    }

    @Test("The end of a pause has no advisory")
    func silent() {
        #expect(Advisory(.resumed, stream: "A", consumer: "k", at: self.now) == nil)
    }
}
