import StreamEngine
import StreamModel

/// What a consumer announces to whoever listens (consumers.md §8.1 and §8.2): a subject, and a JSON text.
struct Advisory {
    /// Where it is published.
    let subject: [UInt8]
    /// What it says.
    let payload: [UInt8]

    /// The advisory for an event; nil for those that nobody announces.
    init?(_ event: ConsumerEvent, stream: String, consumer: String, at now: Timestamp) {
        let kind: String
        let type: String
        var writer = JSONWriter()
        switch event {
        case .maxDeliveries(let sequence, let deliveries):
            (kind, type) = ("MAX_DELIVERIES", "max_deliver")
            Self.begin(&writer, type, stream, consumer, now)
            writer.field("stream_seq", sequence.rawValue)
            writer.field("deliveries", deliveries)
        case .negativelyAcknowledged(let sequence, let consumerSequence, let deliveries):
            (kind, type) = ("MSG_NAKED", "nak")
            Self.begin(&writer, type, stream, consumer, now)
            writer.field("consumer_seq", consumerSequence)
            writer.field("stream_seq", sequence.rawValue)
            writer.field("deliveries", deliveries)
        case .terminated(let sequence, let consumerSequence, let deliveries, let reason):
            (kind, type) = ("MSG_TERMINATED", "terminated")
            Self.begin(&writer, type, stream, consumer, now)
            writer.field("consumer_seq", consumerSequence)
            writer.field("stream_seq", sequence.rawValue)
            writer.field("deliveries", deliveries)
            writer.fieldIfSet("reason", Self.text(of: reason))
        case .acknowledged(let sequence, let consumerSequence, let deliveries, let nanoseconds):
            (kind, type) = ("ACK", "consumer_ack")
            Self.begin(&writer, type, stream, consumer, now, family: "metric")
            writer.field("consumer_seq", consumerSequence)
            writer.field("stream_seq", sequence.rawValue)
            writer.field("ack_time", nanoseconds)
            writer.field("deliveries", deliveries)
        case .resumed:
            return nil
        }
        writer.endObject()
        let family = type == "consumer_ack" ? "METRIC" : "ADVISORY"
        self.subject = Array("$JS.EVENT.\(family).CONSUMER.\(kind).\(stream).\(consumer)".utf8)
        self.payload = writer.bytes
    }

    /// The advisory that records of a stream do not verify; Weir's own.
    init(damaged count: UInt64, stream: String, at now: Timestamp) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("type", "io.weir.jetstream.advisory.v1.stream_damaged")
        writer.field("id", UniqueID.make(length: 22))
        writer.field("timestamp", now)
        writer.field("stream", stream)
        writer.field("damaged_records", count)
        writer.endObject()
        self.subject = Array("$JS.EVENT.ADVISORY.STREAM.DAMAGED.\(stream)".utf8)
        self.payload = writer.bytes
    }

    private static func begin(
        _ writer: inout JSONWriter,
        _ type: String,
        _ stream: String,
        _ consumer: String,
        _ now: Timestamp,
        family: String = "advisory"
    ) {
        writer.beginObject()
        writer.field("type", "io.nats.jetstream.\(family).v1.\(type)")
        writer.field("id", UniqueID.make(length: 22))
        writer.field("timestamp", now)
        writer.field("stream", stream)
        writer.field("consumer", consumer)
    }

    private static func text(of reason: ConsumerEvent.Reason) -> String {
        switch reason {
        case .client(let words): String(decoding: words, as: UTF8.self)
        case .deleted: "Unacknowledged message was deleted"
        case .damaged: "Unacknowledged message is damaged"
        }
    }
}
