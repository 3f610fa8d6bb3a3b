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
            var isAdmitted = false
            for _ in 0..<1000 where !isAdmitted {
                let next = try TestClient(port: port)
                try next.send("PING\r\n")
                isAdmitted = try next.next() == .pong
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

    @Test("A silent client is asked, then cut off; one that answers stays; checklist item 63")
    func liveness() async throws {
        try await RunningServer.with {
            $0.pingInterval = .milliseconds(60)
            $0.pingsOutstandingMax = 1
        } _: { port in
            let silent = try ClientSocket(port: port)
            let answering = try ClientSocket(port: port)
            _ = try silent.readLine()
            _ = try answering.readLine()
            for _ in 0..<4 {
                #expect(try answering.readLine() == Array("PING".utf8))
                try answering.send("PONG\r\n")
            }
            #expect(try silent.readToEnd() == Array("PING\r\n-ERR 'Stale Connection'\r\n".utf8))
            try answering.send("PING\r\n")
            var line = try answering.readLine()
            while line == Array("PING".utf8) { line = try answering.readLine() }
            #expect(line == Array("PONG".utf8))
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
}
