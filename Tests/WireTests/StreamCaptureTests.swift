import Foundation
import Synchronization
import Testing

@Suite("Streams and two event loops", .serialized, .server)
struct StreamCaptureTests {
    private struct PublishAcknowledgement: Decodable {
        var stream: String
        var seq: UInt64
    }

    // The third stream lies on the shard of the first: both shards have their turn.
    @Test("Every publish is acknowledged once, and the sequences have no gap", arguments: ["C1", "C2", "C3"])
    func acknowledgements(stream: String) async throws {
        let port = RunningServer.port
        let (publishers, messages) = (4, 400)
        let manager = try TestClient(port: port)
        let created = try manager.request(
            "$JS.API.STREAM.CREATE.\(stream)",
            #"{"name":"\#(stream)","subjects":["\#(stream).>"],"storage":"memory"}"#
        )
        try #require(created.text.contains("\"did_create\":true"), "\(created.text)")
        let sequences = Sending(Box([[UInt64]](repeating: [], count: publishers)))
        let lock = NSLock()
        try await concurrently(publishers) { index in
            let client = try TestClient(port: port)
            try client.subscribe("acks.\(stream).\(index).*", sid: "a")
            for number in 0..<messages {
                let reply = "acks.\(stream).\(index).\(number)"
                try client.publish("\(stream).\(index)", reply: reply, "\(number)")
            }
            var mine: [UInt64] = []
            for number in 0..<messages {
                let answer = try client.nextMessage()
                try #require(answer.subject == "acks.\(stream).\(index).\(number)")
                let ack = try JSONDecoder().decode(PublishAcknowledgement.self, from: Data(answer.payload))
                #expect(ack.stream == stream)
                mine.append(ack.seq)
            }
            try TestClient.settle([client])
            #expect(client.takeMessages().isEmpty, "no acknowledgement comes twice")
            lock.withLock { sequences.value.value[index] = mine }
            try client.finish()
        }
        for mine in sequences.value.value { #expect(mine == mine.sorted(), "in the order of the publisher") }
        let all = sequences.value.value.flatMap { $0 }.sorted()
        #expect(all == (1...UInt64(publishers * messages)).map { $0 })
        let info = try manager.request("$JS.API.STREAM.INFO.\(stream)")
        #expect(info.text.contains("\"state\":{\"messages\":\(publishers * messages),"))
        _ = try manager.request("$JS.API.STREAM.DELETE.\(stream)")
        try manager.finish()
    }

    // A lone acknowledgement is written by the disk's thread: what the client asks next must not find a stream that does
    // not know of it yet.
    @Test("Who has the acknowledgement of a message can pull it at once", arguments: ["F1", "F2", "F3"])
    func pullingAtOnce(stream: String) async throws {
        let isDone = Atomic<Bool>(false)
        let port = RunningServer.port
        try await concurrently(3) { index in
            if index == 0 {
                defer { isDone.store(true, ordering: .relaxed) }
                return try self.pullAtOnce(stream: stream, port: port)
            }
            // Keeps the loops busy, so that letters wait.
            let client = try TestClient(port: port)
            while !isDone.load(ordering: .relaxed) {
                for number in 0..<200 { try client.publish("noise.\(stream)", "\(number)") }
                try client.flush()
            }
            try client.finish()
        }
    }

    private func pullAtOnce(stream: String, port: Int) throws {
        let client = try TestClient(port: port)
        _ = try client.request(
            "$JS.API.STREAM.CREATE.\(stream)",
            #"{"name":"\#(stream)","subjects":["\#(stream)"]}"#
        )
        let consumer = try client.request(
            "$JS.API.CONSUMER.CREATE.\(stream).c",
            #"{"stream_name":"\#(stream)","config":{"name":"c","durable_name":"c","ack_policy":"none"}}"#
        )
        try #require(consumer.text.contains("\"name\":\"c\""), "\(consumer.text)")
        for number in 1...100 {
            let acknowledgement = try client.request(stream, "\(number)")
            try #require(acknowledgement.text.contains("\"seq\":\(number)"), "\(acknowledgement.text)")
            let pulled = try client.request(
                "$JS.API.CONSUMER.MSG.NEXT.\(stream).c",
                #"{"batch":1,"no_wait":true}"#
            )
            try #require(pulled.text == "\(number)", "message \(number): \(pulled)")
        }
        _ = try client.request("$JS.API.STREAM.DELETE.\(stream)")
        try client.finish()
    }

    @Test("Messages are pulled once each by two clients of one consumer, and all acknowledgements count")
    func pulling() async throws {
        let port = RunningServer.port
        let messages = 300
        let manager = try TestClient(port: port)
        _ = try manager.request(
            "$JS.API.STREAM.CREATE.P",
            #"{"name":"P","subjects":["p"],"storage":"memory"}"#
        )
        let consumer = try manager.request(
            "$JS.API.CONSUMER.CREATE.P.c",
            #"{"stream_name":"P","config":{"name":"c","durable_name":"c","ack_policy":"explicit"}}"#
        )
        try #require(consumer.text.contains("\"name\":\"c\""), "\(consumer.text)")
        for number in 0..<messages { try manager.publish("p", "\(number)") }
        try manager.flush()
        let taken = Sending(Box<[String]>([]))
        let lock = NSLock()
        try await concurrently(2) { index in
            let client = try TestClient(port: port)
            try client.subscribe("pulled.\(index)", sid: "p")
            try client.publish(
                "$JS.API.CONSUMER.MSG.NEXT.P.c",
                reply: "pulled.\(index)",
                #"{"batch":\#(messages / 2)}"#
            )
            var mine: [String] = []
            for _ in 0..<messages / 2 {
                let message = try client.nextMessage()
                mine.append(message.text)
                try client.publish(try #require(message.reply), "+ACK")
            }
            try TestClient.settle([client])
            lock.withLock { taken.value.value += mine }
        }
        #expect(taken.value.value.sorted() == (0..<messages).map { "\($0)" }.sorted())
        try TestClient.settle([manager])
        let info = try manager.request("$JS.API.CONSUMER.INFO.P.c").text
        #expect(
            info.contains("\"num_ack_pending\":0,\"num_redelivered\":0,\"num_waiting\":0,\"num_pending\":0"),
            "\(info)"
        )
        _ = try manager.request("$JS.API.STREAM.DELETE.P")
    }

    @Test("Acknowledgements arrive although a client has published to a subject like theirs")
    func misleadingSubject() throws {
        let client = try TestClient(port: RunningServer.port)
        _ = try client.request(
            "$JS.API.STREAM.CREATE.LONGNAME",
            #"{"name":"LONGNAME","subjects":["m"],"storage":"memory"}"#
        )
        _ = try client.request(
            "$JS.API.CONSUMER.CREATE.LONGNAME.consumer",
            #"{"stream_name":"LONGNAME","config":{"name":"consumer","durable_name":"consumer","ack_policy":"explicit"}}"#
        )
        try client.publish("m", "x")
        try client.subscribe("in", sid: "i")
        // Twice, so that their routes are remembered.
        for subject in ["$JS.ACK.LONGNAME.consumer.", "$JS.ACK.LONGNAME.consumer....."] {
            for _ in 0..<3 { try client.publish(subject) }
        }
        try client.publish("$JS.API.CONSUMER.MSG.NEXT.LONGNAME.consumer", reply: "in", "1")
        let message = try client.nextMessage()
        for _ in 0..<2 { try client.publish(try #require(message.reply), "+ACK") }
        try TestClient.settle([client])
        let info = try client.request("$JS.API.CONSUMER.INFO.LONGNAME.consumer").text
        #expect(info.contains("\"num_ack_pending\":0,"), "\(info)")
        _ = try client.request("$JS.API.STREAM.DELETE.LONGNAME")
    }
}

/// A value that several threads write in turns, behind a lock.
final class Box<Value> {
    var value: Value

    init(_ value: Value) { self.value = value }
}
