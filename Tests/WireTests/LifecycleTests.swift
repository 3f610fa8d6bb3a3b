import Broker
import Testing
import Weir

@Suite("Start and shutdown", .serialized)
struct LifecycleTests {
    @Test("Shutting down closes every client without a word, and the port is free again")
    func shutDown() async throws {
        try await RunningServer.withStore { directory in
            var options = RunningServer.options(storeDirectory: directory)
            options.host = ClientSocket.Host.lifecycle.text
            let server = RunningServer.make(options)
            options.port = try await server.start()
            let clients = try (0..<4).map { _ in try TestClient(.lifecycle, port: options.port) }
            for client in clients { try client.flush() }
            await server.shutDown()
            for client in clients { #expect(try client.readToEnd() == []) }
            #expect(throws: ClientSocket.Failure.self) { try ClientSocket(.lifecycle, port: options.port) }
            await server.shutDown()

            let next = RunningServer.make(options)
            #expect(try await next.start() == options.port)
            let client = try TestClient(.lifecycle, port: options.port)
            #expect(try client.request("$JS.API.INFO").text.contains("account_info_response"))
            try client.finish()
            await next.shutDown()
        }
    }

    @Test("A waiting pull request is told of the shutdown before its connection closes")
    func waitingRequests() async throws {
        try await RunningServer.withStore { directory in
            let server = RunningServer.make(RunningServer.options(storeDirectory: directory))
            let client = try TestClient(port: try await server.start())
            _ = try client.request(
                "$JS.API.STREAM.CREATE.W",
                #"{"name":"W","subjects":["w"],"storage":"memory"}"#
            )
            _ = try client.request(
                "$JS.API.CONSUMER.CREATE.W.c",
                #"{"stream_name":"W","config":{"name":"c","durable_name":"c","ack_policy":"explicit"}}"#
            )
            try client.subscribe("in", sid: "i")
            try client.publish(
                "$JS.API.CONSUMER.MSG.NEXT.W.c",
                reply: "in",
                #"{"batch":1,"expires":30000000000}"#
            )
            try TestClient.settle([client])
            await server.shutDown()
            let message = try client.nextMessage()
            #expect(
                String(decoding: message.headers, as: UTF8.self).hasPrefix("NATS/1.0 409 Server Shutdown")
            )
            #expect(try client.readToEnd() == [])
        }
    }

    @Test("A stream and its consumer go on after a restart where they stopped")
    func restart() async throws {
        try await RunningServer.withStore { directory in
            let server = RunningServer.make(RunningServer.options(storeDirectory: directory))
            var client = try TestClient(port: try await server.start())
            _ = try client.request(
                "$JS.API.STREAM.CREATE.F",
                #"{"name":"F","subjects":["f"],"storage":"file"}"#
            )
            _ = try client.request(
                "$JS.API.CONSUMER.CREATE.F.c",
                #"{"stream_name":"F","config":{"name":"c","durable_name":"c","ack_policy":"explicit"}}"#
            )
            for number in 1...3 {
                #expect(try client.request("f", "m\(number)").text == #"{"stream":"F","seq":\#(number)}"#)
            }
            let first = try client.request("$JS.API.CONSUMER.MSG.NEXT.F.c", "1")
            #expect(first.text == "m1")
            #expect(try client.request(try #require(first.reply), "+ACK").text.isEmpty)
            await server.shutDown()

            let next = RunningServer.make(RunningServer.options(storeDirectory: directory))
            client = try TestClient(port: try await next.start())
            #expect(try client.request("f", "m4").text == #"{"stream":"F","seq":4}"#)
            let info = try client.request("$JS.API.CONSUMER.INFO.F.c").text
            #expect(info.contains(#""ack_floor":{"consumer_seq":1,"stream_seq":1"#), "\(info)")
            #expect(try client.request("$JS.API.CONSUMER.MSG.NEXT.F.c", "1").text == "m2")
            try client.finish()
            await next.shutDown()
        }
    }

    @Test("A taken port is an error that says so, and the store can be used again")
    func takenPort() async throws {
        try await RunningServer.withStore { directory in
            try await RunningServer.with { port in
                var options = RunningServer.options(storeDirectory: directory)
                options.port = port
                let server = RunningServer.make(options)
                await #expect(throws: Server.StartError.self) { _ = try await server.start() }
                await server.shutDown()
            }
            let server = RunningServer.make(RunningServer.options(storeDirectory: directory))
            let client = try TestClient(port: try await server.start())
            try client.flush()
            await server.shutDown()
        }
    }

    @Test("Without a store there is no JetStream, and requests to its API have no responders")
    func withoutJetStream() async throws {
        try await RunningServer.with {
            $0.storeDirectory = nil
        } _: { port in
            let socket = try ClientSocket(port: port)
            #expect(!String(decoding: try socket.readLine(), as: UTF8.self).contains("\"jetstream\":true"))
            let client = try TestClient(port: port)
            let answer = try client.request("$JS.API.INFO")
            #expect(String(decoding: answer.headers, as: UTF8.self).hasPrefix("NATS/1.0 503"))
        }
    }
}
