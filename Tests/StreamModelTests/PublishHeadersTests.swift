import StreamModel
import Testing

@Suite("Publish headers")
struct PublishHeadersTests {
    static var names: [(String, KeyPath<PublishHeaders, HeaderValue>)] {
        [
            ("Nats-Msg-Id", \.messageID), ("Nats-Expected-Stream", \.expectedStream),
            ("Nats-Expected-Last-Sequence", \.expectedLastSequence),
            ("Nats-Expected-Last-Subject-Sequence", \.expectedLastSubjectSequence),
            ("Nats-Expected-Last-Subject-Sequence-Subject", \.expectedLastSubjectSequenceSubject),
            ("Nats-Expected-Last-Msg-Id", \.expectedLastMessageID), ("Nats-Rollup", \.rollup),
            ("Nats-TTL", \.timeToLive), ("Nats-Incr", \.increment), ("Nats-Batch-Id", \.batchID),
            ("Nats-Batch-Sequence", \.batchSequence), ("Nats-Batch-Commit", \.batchCommit),
            ("Nats-Schedule", \.schedule), ("Nats-Schedule-Time-Zone", \.scheduleTimeZone),
            ("Nats-Schedule-Target", \.scheduleTarget), ("Nats-Schedule-Source", \.scheduleSource),
            ("Nats-Schedule-TTL", \.scheduleTimeToLive), ("Nats-Schedule-Rollup", \.scheduleRollup),
            ("Nats-Schedule-Next", \.scheduleNext), ("Nats-Scheduler", \.scheduler),
            ("Nats-Marker-Reason", \.markerReason), ("Nats-Stream-Source", \.streamSource),
            ("Nats-Counter-Sources", \.counterSources), ("Nats-Required-Api-Level", \.requiredAPILevel),
            ("KV-Operation", \.keyValueOperation),
        ]
    }

    private static func text(_ header: HeaderValue, in block: [UInt8]) -> String? {
        header.range.map { String(decoding: block[$0], as: UTF8.self) }
    }

    @Test("Each control header is found alone, and nothing else with it")
    func each() {
        for (name, path) in Self.names {
            let block = bytes("NATS/1.0\r\nFoo: bar\r\n\(name):  v \r\n\r\n")
            let headers = PublishHeaders(block.span.bytes)
            #expect(Self.text(headers[keyPath: path], in: block) == "v", "\(name)")
            #expect(!headers.isEmpty)
            for (other, otherPath) in Self.names where other != name {
                #expect(!headers[keyPath: otherPath].isPresent, "\(name) as \(other)")
            }
        }
    }

    @Test("All of them are found in one block, the first of each")
    func all() {
        var text = "NATS/1.0\r\n"
        for round in 1...2 {
            for (index, name) in Self.names.enumerated() { text += "\(name.0): \(round)-\(index)\r\n" }
        }
        let block = bytes(text + "\r\n")
        let headers = PublishHeaders(block.span.bytes)
        for (index, name) in Self.names.enumerated() {
            #expect(Self.text(headers[keyPath: name.1], in: block) == "1-\(index)")
        }
    }

    @Test(
        "Headers of the user are passed over",
        arguments: [
            "", "NATS/1.0\r\n\r\n", "NATS/1.0\r\nFoo: Nats-Msg-Id: 1\r\n\r\n",
            "NATS/1.0\r\nnats-msg-id: 1\r\n\r\n",
            "NATS/1.0\r\nN: 1\r\nNa\r\nKV: 2\r\nK\r\n\r\n", "Nats-Msg-Id: 1\r\n\r\n",
            "NATS/1.0\r\nX-Nats-Msg-Id: 1\r\n\r\n",
        ]
    )
    func others(block: String) {
        let headers = PublishHeaders(bytes(block).span.bytes)
        #expect(headers == .none)
        #expect(headers.isEmpty)
    }

    @Test(
        "Unknown names of the server's own are no control headers, and empty ids and expectations are absent"
    )
    func absent() {
        for name in ["Nats-Msg-Ix", "Nats-", "Nats-Msg-Id-", "Nats-Foo"] {
            let headers = PublishHeaders(bytes("NATS/1.0\r\n\(name): 1\r\nNats-Nocolon\r\n\r\n").span.bytes)
            for (_, path) in Self.names { #expect(!headers[keyPath: path].isPresent) }
        }
        let empty = PublishHeaders(
            bytes("NATS/1.0\r\nNats-Expected-Last-Sequence: \r\nNats-Msg-Id:\r\nNats-Rollup:\r\n\r\n").span
                .bytes
        )
        #expect(!empty.expectedLastSequence.isPresent)
        #expect(!empty.messageID.isPresent)
        #expect(empty.rollup.range?.isEmpty == true)
    }
}
