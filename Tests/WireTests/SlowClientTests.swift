import Broker
import Glibc
import NIOCore
import Testing

@Suite("Clients that do not keep up", .serialized)
struct SlowClientTests {
    /// A client that subscribes to `subject` and then reads nothing; its window is small, so that bytes stay behind.
    private static func makeSlow(port: Int, subject: String) throws -> ClientSocket {
        let slow = try ClientSocket(port: port, receiveBuffer: 4096)
        try slow.send("CONNECT {\"verbose\":false}\r\nSUB \(subject) 1\r\nPING\r\n")
        _ = try slow.readLine()
        #expect(try slow.readLine() == Array("PONG".utf8))
        return slow
    }

    @Test(
        "A client over the limit of waiting bytes is cut off without a word, and the log says so; checklist item 64"
    )
    func maxPending() async throws {
        let lines = LogLines()
        try await RunningServer.with(lines: lines) {
            $0.maxPending = 1_100_000
        } _: { port in
            let slow = try Self.makeSlow(port: port, subject: "big")
            let publisher = try TestClient(port: port)
            let payload = String(repeating: "x", count: 16_384)
            var isCut = false
            for _ in 0..<200 where !isCut {
                for _ in 0..<20 { try publisher.publish("big", payload) }
                try publisher.flush()
                isCut = lines.all.contains { $0.contains("Slow Consumer Detected") }
            }
            #expect(lines.wait(for: "Slow Consumer Detected: MaxPending of 1100000 Exceeded"))
            #expect(!(try slow.readToEnd()).contains(UInt8(ascii: "-")))
            try publisher.flush()
        }
    }

    @Test("A client that takes nothing for longer than the write deadline is cut off, however little waits")
    func writeDeadline() async throws {
        let lines = LogLines()
        try await RunningServer.with(lines: lines) {
            $0.writeDeadline = .milliseconds(200)
        } _: { port in
            let slow = try Self.makeSlow(port: port, subject: "big")
            // What it subscribes to never waits at its socket: it cannot be slow.
            let other = try TestClient(port: port)
            try other.subscribe("small")
            try other.flush()
            let publisher = try TestClient(port: port)
            // More than the kernel takes for a socket that is not read, far less than the limit of 64 MiB.
            let payload = String(repeating: "x", count: 1 << 20)
            for _ in 0..<10 { try publisher.publish("big", payload) }
            try publisher.flush()
            // The server closes it: until then there is nothing but to wait.
            #expect(lines.wait(for: "WriteDeadline of 0.2s exceeded"))
            #expect(try slow.readToEnd().count < 10 << 20)
            try publisher.publish("small", "still there")
            #expect(try other.nextMessage().text == "still there")
        }
    }

    @Test(
        "With write_timeout retry, a client that takes a little in that time stays, and one that takes nothing goes"
    )
    func retriedWrites() async throws {
        let lines = LogLines()
        try await RunningServer.with(lines: lines) {
            $0.writeDeadline = .seconds(2)
            $0.keepsSlowClients = true
        } _: { port in
            let slow = try Self.makeSlow(port: port, subject: "big")
            let stuck = try Self.makeSlow(port: port, subject: "big")
            let publisher = try TestClient(port: port)
            let payload = String(repeating: "x", count: 1 << 20)
            for _ in 0..<20 { try publisher.publish("big", payload) }
            try publisher.flush()
            // One takes a little at a time, until the other has been cut off and it itself was told of twice.
            let told = { @Sendable in lines.all.count { $0.contains("WriteDeadline of 2.0s exceeded") } }
            let reading = Sending((client: slow, taken: Box(0)))
            // On a thread of its own: one that comes late would have taken nothing for too long.
            try await concurrently(1) { _ in
                while told() < 3, reading.value.taken.value < 15 << 20 {
                    reading.value.taken.value += try reading.value.client.read(16_384).count
                    usleep(20_000)
                }
            }
            let taken = reading.value.taken.value
            #expect(told() >= 3, "\(lines.all)")
            #expect(try stuck.readToEnd().count < 20 << 20)
            // It gets all of it in the end.
            #expect(try slow.read((20 << 20) - taken).count + taken == 20 << 20)
        }
    }

    @Test("A slow client gets every message of a fast publisher, who is slowed down")
    func stall() async throws {
        let lines = LogLines()
        try await RunningServer.with(lines: lines) {
            $0.maxPending = 8 << 20
        } _: { port in
            let slow = try ClientSocket(port: port, receiveBuffer: 65_536)
            try slow.send("CONNECT {\"verbose\":false}\r\nSUB big 1\r\nPING\r\n")
            _ = try slow.readLine()
            _ = try slow.readLine()
            let (messages, size) = (3000, 16_384)
            let reading = Sending(slow)
            try await concurrently(2) { index in
                if index == 0 {
                    let publisher = try TestClient(port: port)
                    let payload = String(repeating: "x", count: size)
                    for _ in 0..<messages { try publisher.publish("big", payload) }
                    try publisher.flush()
                } else {
                    for _ in 0..<messages {
                        _ = try reading.value.read(size + "MSG big 1 16384\r\n\r\n".utf8.count)
                    }
                }
            }
            #expect(!lines.all.contains { $0.contains("Slow Consumer") })
        }
    }

    @Test("Instead of slowing publishers down, messages may be left out for whoever is behind")
    func noStall() async throws {
        let lines = LogLines()
        try await RunningServer.with(lines: lines) {
            $0.maxPending = 16 << 20
            $0.noFastProducerStall = true
        } _: { port in
            let slow = try TestClient(port: port, receiveBuffer: 4096)
            try slow.subscribe("big")
            try slow.flush()
            let publisher = try TestClient(port: port)
            let payload = String(repeating: "x", count: 65_536)
            // Four times the limit. Each part is on its way before the next: what waits is known.
            for _ in 0..<64 {
                for _ in 0..<16 { try publisher.publish("big", payload) }
                try publisher.flush()
            }
            #expect(!lines.all.contains { $0.contains("Slow Consumer") }, "it is not cut off")
            // It may go on, and gets what comes then.
            let got = try slow.flush()
            #expect(got > 100 && got < 1024, "\(got)")
        }
    }

    @Test("A pull of more than the limit of waiting bytes is delivered as fast as it is read")
    func largePull() async throws {
        let lines = LogLines()
        try await RunningServer.with(lines: lines) {
            $0.maxPending = 4 << 20
        } _: { port in
            let client = try TestClient(port: port)
            let config = #"{"name":"L","subjects":["l"],"storage":"memory"}"#
            _ = try client.request("$JS.API.STREAM.CREATE.L", config)
            let (messages, size) = (400, 60_000)
            let payload = String(repeating: "x", count: size)
            for _ in 0..<messages { try client.publish("l", payload) }
            let consumer =
                #"{"stream_name":"L","config":{"name":"c","durable_name":"c","ack_policy":"none"}}"#
            _ = try client.request("$JS.API.CONSUMER.CREATE.L.c", consumer)
            // Read nothing until all of it could have been sent: nine times the limit, were it not for the pauses.
            let reader = try TestClient(port: port, receiveBuffer: 65_536)
            try reader.subscribe("in")
            try reader.publish(
                "$JS.API.CONSUMER.MSG.NEXT.L.c",
                reply: "in",
                #"{"batch":\#(messages),"expires":30000000000}"#
            )
            for _ in 0..<50 { try TestClient.settle([client]) }
            for _ in 0..<messages { try #require(try reader.nextMessage().payload.count == size) }
            #expect(!lines.all.contains { $0.contains("Slow Consumer") })
            try reader.flush()
        }
    }

    /// A server with that limit of waiting bytes, and a stream of so many messages.
    private func serveStream(
        maxPending: Int,
        messages: Int,
        size: Int,
        _ body: (TestClient, Int, LogLines) async throws -> Void
    ) async throws {
        let lines = LogLines()
        try await RunningServer.with(lines: lines) {
            $0.maxPending = maxPending
        } _: { port in
            let client = try TestClient(port: port)
            let config = #"{"name":"L","subjects":["l"],"storage":"memory","allow_direct":true}"#
            _ = try client.request("$JS.API.STREAM.CREATE.L", config)
            let payload = String(repeating: "x", count: size)
            for _ in 0..<messages { try client.publish("l", payload) }
            try TestClient.settle([client])
            try await body(client, port, lines)
        }
    }

    @Test("Direct gets of more than the limit of waiting bytes are answered as fast as they are read")
    func largeDirectGets() async throws {
        let (messages, size) = (100, 60_000)
        try await self.serveStream(maxPending: 4 << 20, messages: messages, size: size) {
            client,
            port,
            lines in
            let reader = try TestClient(port: port, receiveBuffer: 65_536)
            let body = #"{"seq":1,"batch":1000}"#
            for number in 0..<4 {
                try reader.subscribe("in.\(number)", sid: "\(number)")
                try reader.publish("$JS.API.DIRECT.GET.L", reply: "in.\(number)", body)
            }
            // Read nothing until all of it could have been sent: six times the limit, were it not for the pauses.
            for _ in 0..<50 { try TestClient.settle([client]) }
            var (got, ends) = ([Int](repeating: 0, count: 4), 0)
            while ends < 4 {
                let message = try reader.nextMessage()
                let header = String(decoding: message.headers, as: UTF8.self)
                if header.hasPrefix("NATS/1.0 204 EOB") {
                    ends += 1
                    continue
                }
                let reader = try #require(Int(message.sid))
                got[reader] += 1
                try #require(header.contains("Nats-Sequence: \(got[reader])\r\n"))
                try #require(message.payload.count == size)
            }
            #expect(got == [Int](repeating: messages, count: 4))
            #expect(!lines.all.contains { $0.contains("Slow Consumer") })
        }
    }

    @Test("Many consumers together do not cut off the client that pulls from all of them")
    func manyPulls() async throws {
        let (messages, size, consumers) = (30, 60_000, 16)
        try await self.serveStream(maxPending: 4 << 20, messages: messages, size: size) {
            client,
            port,
            lines in
            let reader = try TestClient(port: port, receiveBuffer: 65_536)
            for number in 0..<consumers {
                let name = "c\(number)"
                let config =
                    #"{"stream_name":"L","config":{"name":"\#(name)","durable_name":"\#(name)","ack_policy":"none"}}"#
                _ = try client.request("$JS.API.CONSUMER.CREATE.L.\(name)", config)
                try reader.subscribe("in.\(number)", sid: name)
            }
            for number in 0..<consumers {
                try reader.publish(
                    "$JS.API.CONSUMER.MSG.NEXT.L.c\(number)",
                    reply: "in.\(number)",
                    #"{"batch":\#(messages),"expires":3600000000000}"#
                )
            }
            for _ in 0..<50 { try TestClient.settle([client]) }
            for _ in 0..<messages * consumers {
                try #require(try reader.nextMessage().payload.count == size)
            }
            #expect(!lines.all.contains { $0.contains("Slow Consumer") })
        }
    }
}
