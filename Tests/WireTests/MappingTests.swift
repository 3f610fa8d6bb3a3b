import Broker
import Testing

@Suite("Subject mappings of an account", .serialized)
struct MappingTests {
    private static func run(
        _ mappings: [MappingOptions],
        _ body: (TestClient) throws -> Void
    ) async throws {
        try await RunningServer.with {
            $0.mappings = mappings
        } _: { port in
            let client = try TestClient(port: port)
            try client.subscribe(">")
            try body(client)
            try client.flush()
            #expect(client.takeMessages().isEmpty, "and nothing else came")
        }
    }

    // core.md §1.13; the functions have their tests beside them.
    @Test(
        "A message is delivered under the subject it was mapped to; checklist item 65",
        arguments: [
            ("o.*.*", "n.{{wildcard(2)}}.{{wildcard(1)}}", "o.a.b", "n.b.a"),
            ("p.*", "pp.{{partition(10,1)}}.{{wildcard(1)}}", "p.foo", "pp.3.foo"),
            ("sp.*", "sp2.{{split(1,-)}}", "sp.-a-b--c-", "sp2.a.b.c"), ("f.>", "g.>", "f.q.r", "g.q.r"),
            ("r", "r.{{random(1)}}", "r", "r.0"),
        ]
    )
    func functions(source: String, destination: String, subject: String, mapped: String) async throws {
        try await Self.run([MappingOptions(source: source, destinations: [.init(subject: destination)])]) {
            try $0.publish(subject, reply: "back", "x")
            let message = try $0.nextMessage()
            #expect(message.subject == mapped)
            #expect(message.reply == "back")
            #expect(message.text == "x")
            try $0.publish("other", "y")
            #expect(try $0.nextMessage().subject == "other")
        }
    }

    @Test("Headers stay, and the same subject again is mapped again")
    func headers() async throws {
        try await Self.run([MappingOptions(source: "a", destinations: [.init(subject: "b")])]) { client in
            for _ in 0..<5 {
                try client.send("HPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n")
                let message = try client.nextMessage()
                #expect(message.subject == "b")
                #expect(message.headers == Array("NATS/1.0\r\n\r\n".utf8))
                #expect(message.text == "hi")
            }
            for _ in 0..<5 {
                try client.publish("a", "hi")
                #expect(try client.nextMessage().subject == "b")
            }
        }
    }

    @Test("What was mapped is not mapped again")
    func once() async throws {
        let mappings = [
            MappingOptions(source: "a", destinations: [.init(subject: "b")]),
            MappingOptions(source: "b", destinations: [.init(subject: "c")]),
        ]
        try await Self.run(mappings) {
            try $0.publish("a")
            #expect(try $0.nextMessage().subject == "b")
            try $0.publish("b")
            #expect(try $0.nextMessage().subject == "c")
        }
    }

    @Test("Each destination gets its share, and what is missing of a listed source is dropped")
    func weights() async throws {
        let mappings = [
            MappingOptions(
                source: "w",
                destinations: [.init(subject: "w1", weight: 20), .init(subject: "w2", weight: 50)]
            ),
            MappingOptions(
                source: "los",
                destinations: [.init(subject: "los2", weight: 0), .init(subject: "los", weight: 50)]
            ),
        ]
        try await Self.run(mappings) { client in
            for _ in 0..<2000 { try client.publish("w") }
            try client.flush()
            let counts = Dictionary(client.takeMessages().map { ($0.subject, 1) }, uniquingKeysWith: +)
            #expect(Set(counts.keys) == ["w", "w1", "w2"])
            // Six standard deviations on either side.
            #expect((290...510).contains(counts["w1", default: 0]), "\(counts)")
            #expect((860...1140).contains(counts["w2", default: 0]), "\(counts)")
            #expect((470...730).contains(counts["w", default: 0]), "\(counts)")
            for _ in 0..<1000 { try client.publish("los") }
            try client.flush()
            let left = client.takeMessages()
            #expect(left.allSatisfy { $0.subject == "los" })
            #expect((400...600).contains(left.count))
        }
    }

    @Test("Permissions, 503 and replies are about the mapped subject; what is dropped has no responders")
    func checks() async throws {
        let mappings = [
            MappingOptions(source: "g", destinations: [.init(subject: "_GR_.x")]),
            MappingOptions(source: "a", destinations: [.init(subject: "b")]),
            MappingOptions(source: "drop", destinations: [.init(subject: "drop", weight: 0)]),
        ]
        try await RunningServer.with {
            $0.mappings = mappings
        } _: { port in
            let client = try TestClient(port: port)
            try client.subscribe("in")
            try client.publish("g")
            #expect(try client.next() == .error("Permissions Violation for Publish to \"_GR_.x\""))
            try client.publish("a", reply: "in")
            #expect(try client.nextMessage().headers == Array("NATS/1.0 503\r\nNats-Subject: b\r\n\r\n".utf8))
            try client.publish("drop", reply: "in")
            #expect(try client.nextMessage().headers == Array("NATS/1.0 503\r\nNats-Subject: \r\n\r\n".utf8))
        }
    }

    @Test("A stream stores messages under the subject they were mapped to")
    func streams() async throws {
        try await RunningServer.with {
            $0.mappings = [MappingOptions(source: "in.*", destinations: [.init(subject: "stored.$1")])]
        } _: { port in
            let client = try TestClient(port: port)
            let config = #"{"name":"M","subjects":["stored.>"],"storage":"memory"}"#
            _ = try client.request("$JS.API.STREAM.CREATE.M", config)
            #expect(try client.request("in.7", "x").text == #"{"stream":"M","seq":1}"#)
            let stored = try client.request("$JS.API.STREAM.MSG.GET.M", #"{"seq":1}"#).text
            #expect(stored.contains(#""subject":"stored.7""#))
        }
    }

    @Test("A mapping that is wrong is left out, and the others hold")
    func wrong() async throws {
        let mappings = [
            MappingOptions(source: "a", destinations: [.init(subject: "{{bogus(1)}}")]),
            MappingOptions(source: "b", destinations: [.init(subject: "c")]),
        ]
        #expect(throws: (any Error).self) { try mappings[0].makeMapping() }
        try await Self.run(mappings) {
            try $0.publish("a")
            #expect(try $0.nextMessage().subject == "a")
            try $0.publish("b")
            #expect(try $0.nextMessage().subject == "c")
        }
    }
}
