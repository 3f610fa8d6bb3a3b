import Broker
import NIOCore
import Testing

@Suite("Limits of connections", .serialized)
struct LimitTests {
    @Test("A client that does not read is cut off; others are served; checklist item 64")
    func slowReader() async throws {
        try await RunningServer.with {
            $0.maxPending = 1_100_000
        } _: { port in
            let (messages, size) = (1000, 16_384)
            // A small window keeps the bytes at the server, where they count.
            let slow = try ClientSocket(port: port, receiveBuffer: 4096)
            try slow.send("CONNECT {\"verbose\":false}\r\nSUB big 1\r\nPING\r\n")
            _ = try slow.readLine()
            #expect(try slow.readLine() == Array("PONG".utf8))
            let reader = try TestClient(port: port)
            try reader.subscribe("big")
            try reader.flush()
            let publisher = try TestClient(port: port)
            let payload = String(repeating: "x", count: size)
            for _ in 0..<messages / 20 {
                for _ in 0..<20 { try publisher.publish("big", payload) }
                for _ in 0..<20 { try #require(try reader.nextMessage().payload.count == size) }
            }
            try publisher.flush()
            let rest = try slow.readToEnd()
            let whole = messages * (size + "MSG big 1 16384\r\n\r\n".utf8.count)
            #expect(rest.count < whole, "it was cut off")
            #expect(!rest.contains(UInt8(ascii: "-")), "without a word")
            #expect(begins(rest[...], with: Array("MSG big 1 16384\r\nxxx".utf8)[...]))
            try reader.flush()
        }
    }

    @Test("The client over the limit of connections is told so and closed; checklist item 58")
    func connections() async throws {
        try await RunningServer.with {
            $0.maxConnections = 2
        } _: { port in
            let first = try TestClient(port: port)
            let second = try TestClient(port: port)
            try first.flush()
            try second.flush()
            let third = try ClientSocket(port: port)
            #expect(try third.readLine().starts(with: Array("INFO {".utf8)))
            #expect(try third.readToEnd() == Array("-ERR 'maximum connections exceeded'\r\n".utf8))
            try first.flush()
            try second.finish()
            // The place is free once the server has seen the end, which is not before we have.
            let isAdmitted = try soon {
                let next = try TestClient(port: port)
                try next.send("PING\r\n")
                return try next.next() == .pong
            }
            #expect(isAdmitted)
        }
    }

    @Test("The limit of subscriptions refuses one and keeps the connection; checklist item 59")
    func subscriptions() async throws {
        try await RunningServer.with {
            $0.maxSubscriptions = 1
        } _: { port in
            let client = try TestClient(port: port)
            try client.subscribe("a", sid: "1")
            try client.subscribe("b", sid: "2")
            #expect(try client.next() == .error("maximum subscriptions exceeded"))
            try client.publish("b", "no")
            try client.publish("a", "yes")
            #expect(try client.nextMessage().text == "yes")
            try client.send("UNSUB 1\r\n")
            try client.subscribe("b", sid: "2")
            try client.publish("b", "now")
            #expect(try client.nextMessage().text == "now")
        }
    }

    // Who answers and stays is the matter of LivenessTests in BrokerTests: it takes a clock that is not real.
    @Test("A silent client is asked, then cut off; checklist item 63")
    func liveness() async throws {
        try await RunningServer.with {
            $0.pingInterval = .milliseconds(60)
            $0.pingsOutstandingMax = 1
        } _: { port in
            let silent = try ClientSocket(port: port)
            _ = try silent.readLine()
            #expect(try silent.readToEnd() == Array("PING\r\n-ERR 'Stale Connection'\r\n".utf8))
        }
    }

    @Test("A smaller limit of payloads is told in INFO and kept")
    func payloads() async throws {
        try await RunningServer.with {
            $0.maxPayload = 100
        } _: { port in
            let client = try ClientSocket(port: port)
            let info = String(decoding: try client.readLine(), as: UTF8.self)
            #expect(info.contains("\"max_payload\":100,"))
            try client.send("CONNECT {\"verbose\":false}\r\nPUB a 101\r\n")
            #expect(try client.readToEnd() == Array("-ERR 'Maximum Payload Violation'\r\n".utf8))
        }
    }

    @Test("A subscription's subject may have only so many tokens; checklist item 60")
    func subscriptionTokens() async throws {
        try await RunningServer.with {
            $0.maxSubscriptionTokens = 3
        } _: { port in
            let client = try TestClient(port: port)
            func refusal(_ subject: String) -> TestClient.Event {
                .error("Permissions Violation for Subscription to \"\(subject)\", too many tokens")
            }
            try client.subscribe("a.b.c", sid: "1")
            try client.subscribe("a.b.c.d", sid: "2")
            #expect(try client.next() == refusal("a.b.c.d"))
            try client.subscribe("a..c.>", sid: "2")
            #expect(try client.next() == refusal("a..c.>"))
            try client.publish("a.b.c", "x")
            #expect(try client.nextMessage().text == "x")
        }
    }

    @Test("A server without headers says so, and no connection has them; checklist item 17")
    func noHeaders() async throws {
        try await RunningServer.with {
            $0.noHeaders = true
        } _: { port in
            let client = try ClientSocket(port: port)
            #expect(String(decoding: try client.readLine(), as: UTF8.self).contains("\"headers\":false"))
            try client.send("CONNECT {\"verbose\":false,\"headers\":true}\r\nHPUB a 0 1\r\nx\r\n")
            #expect(try client.readToEnd() == [])
            let other = try ClientSocket(port: port)
            _ = try other.readLine()
            try other.send("CONNECT {\"headers\":true,\"no_responders\":true}\r\n")
            let answer = "-ERR 'no responders requires headers support'\r\n"
            #expect(try other.readToEnd() == Array(answer.utf8))
        }
    }

    @Test("INFO names the address that clients are to use, and the domain")
    func advertisement() async throws {
        try await RunningServer.with {
            $0.clientAdvertise = "nats.example.com:7777"
            $0.domain = "hub"
        } _: { port in
            let client = try ClientSocket(port: port)
            let info = String(decoding: try client.readLine(), as: UTF8.self)
            #expect(info.contains("\"host\":\"nats.example.com\",\"port\":7777"))
            #expect(info.contains("\"domain\":\"hub\""))
        }
    }

    @Test("With a maximum of no connections nobody is let in", arguments: [0, -1])
    func noConnections(most: Int) async throws {
        try await RunningServer.with {
            $0.maxConnections = most
        } _: { port in
            let client = try ClientSocket(port: port)
            _ = try client.readLine()
            #expect(try client.readToEnd() == Array("-ERR 'maximum connections exceeded'\r\n".utf8))
        }
    }
}
