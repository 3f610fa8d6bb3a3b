import TestSupport
import Testing

@Suite("Random bytes")
struct RandomBytesTests {
    private static let pieces = [
        "CONNECT {\"verbose\":false}\r\n", "CONNECT {\"headers\":true}\r\n", "PING\r\n", "PONG\r\n",
        "+OK\r\n",
        "SUB ", "PUB ", "HPUB ", "UNSUB ", "CONNECT {", "\"verbose\":", "foo.bar ", "> ", "* ", "_INBOX.x ",
        "1 ", "12 ", "999999999 ", "-1 ", "NATS/1.0\r\n", "Nats-Msg-Id: x\r\n", "\r\n", "\r\n\r\n", "\n", " ",
        "\t", "$JS.API.STREAM.CREATE.R ", "$JS.API.STREAM.INFO.R ", "$JS.API.CONSUMER.MSG.NEXT.R.c ",
        "$JS.API.DIRECT.GET.R ", "$JS.ACK.R.c.1.1.1.1.0 ", "$JS.ACK.R.c.1.99999999999999999999.1.1.0 ",
    ]

    private static let endpoints = [
        "INFO", "STREAM.CREATE.R", "STREAM.UPDATE.R", "STREAM.INFO.R", "STREAM.NAMES", "STREAM.LIST",
        "STREAM.PURGE.R",
        "STREAM.MSG.GET.R", "STREAM.MSG.DELETE.R", "CONSUMER.CREATE.R", "CONSUMER.CREATE.R.c",
        "CONSUMER.INFO.R.c",
        "CONSUMER.CREATE.R.c.r.x", "CONSUMER.DURABLE.CREATE.R.c", "CONSUMER.MSG.NEXT.R.c", "DIRECT.GET.R",
        "DIRECT.GET.R.r.x", "CONSUMER.PAUSE.R.c", "CONSUMER.DELETE.R.c", "STREAM.DELETE.R", "..",
        "STREAM.CREATE.",
    ]

    private static let bodies = [
        "", "{}", "[", "{\"seq\":", "{\"config\":{}}", "\"", String(repeating: "{", count: 200),
        String(repeating: "[", count: 3000), String(repeating: "{\"a\":", count: 500), "1e999", "-1", "0",
        "{\"name\":\"R\",\"subjects\":[\"r.>\"],\"storage\":\"memory\"}",
        "{\"name\":\"R\",\"max_msgs\":-9223372036854775808}",
        "{\"name\":\"R\",\"max_age\":9223372036854775807,\"duplicate_window\":-1}",
        "{\"seq\":18446744073709551615}",
        "{\"seq\":18446744073709551616}", "{\"batch\":9223372036854775807,\"expires\":9223372036854775807}",
        "{\"batch\":-1}", "{\"last_by_subj\":\"\"}",
        "{\"next_by_subj\":\"r.>\",\"seq\":18446744073709551615}",
        "{\"stream_name\":\"R\",\"config\":{\"durable_name\":\"c\",\"ack_policy\":\"explicit\",\"ack_wait\":-1}}",
        "{\"stream_name\":\"R\",\"config\":{\"durable_name\":\"c\",\"opt_start_seq\":18446744073709551615}}",
        "{\"filter\":\"r.>\",\"keep\":18446744073709551615}", "\u{0}",
        "{\"name\":\"R\",\"subjects\":[\"\",\"..\",\" \"]}",
    ]

    private func bytes(_ choices: inout some RandomNumberGenerator) -> [UInt8] {
        if Int.random(in: 0..<5, using: &choices) == 0 {
            return (0..<Int.random(in: 1..<2000, using: &choices))
                .map { _ in UInt8.random(in: 0...255, using: &choices) }
        }
        var bytes: [UInt8] = []
        if Bool.random(using: &choices) {
            bytes += Array(Self.pieces[Int.random(in: 0..<2, using: &choices)].utf8)
        }
        for _ in 0..<Int.random(in: 1..<50, using: &choices) {
            bytes += Array(Self.pieces[Int.random(in: Self.pieces.indices, using: &choices)].utf8)
        }
        for _ in 0..<Int.random(in: 0..<4, using: &choices) {
            bytes[Int.random(in: bytes.indices, using: &choices)] = UInt8.random(in: 0...255, using: &choices)
        }
        return bytes
    }

    @Test(
        "Nothing that one client sends keeps another from being served",
        arguments: [1, 20_260_101] as [UInt64]
    )
    func randomBytes(seed: UInt64) async throws {
        try await RunningServer.with { port in
            var choices = SeededGenerator(seed: seed)
            let served = try TestClient(port: port)
            try served.subscribe("served", sid: "s")
            for round in 0..<80 {
                let socket = try ClientSocket(port: port)
                try socket.send(self.bytes(&choices))
                try served.publish("served", "\(round)")
                // Patterns of the others catch it as well; this client has one subscription.
                #expect(try served.nextMessage().text == "\(round)")
                try socket.finish()
            }
        }
    }

    @Test(
        "Nothing that is published to the API or a stream stops the server",
        arguments: [2, 20_260_102] as [UInt64]
    )
    func randomRequests(seed: UInt64) async throws {
        try await RunningServer.with { port in
            var choices = SeededGenerator(seed: seed)
            let served = try TestClient(port: port)
            try served.subscribe("served", sid: "s")
            let client = try TestClient(port: port)
            for round in 0..<400 {
                let endpoint = Self.endpoints[Int.random(in: Self.endpoints.indices, using: &choices)]
                let body = Self.bodies[Int.random(in: Self.bodies.indices, using: &choices)]
                let reply = Bool.random(using: &choices) ? "answers" : ""
                try client.publish("$JS.API.\(endpoint)", reply: reply, body)
                try client.publish("r.x", reply: reply, body)
                if round % 20 == 0 {
                    try client.flush()
                    try served.publish("served", "\(round)")
                    #expect(try served.nextMessage().text == "\(round)")
                }
            }
            try TestClient.settle([client, served])
            let info = try client.request("$JS.API.INFO").text
            #expect(info.hasPrefix("{\"type\":\"io.nats.jetstream.api.v1.account_info_response\""))
        }
    }
}
