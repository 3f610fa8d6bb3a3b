import Broker
import Testing
import Weir

@Suite("Streams of accounts")
struct AccountStreamTests {
    private static func accounts(_ options: inout ServerOptions) {
        var a = AccountOptions(name: "A")
        a.jetStream = .init()
        a.jetStream?.maxStreams = 2
        a.jetStream?.maxConsumers = 1
        a.jetStream?.maxStorage = 1000
        a.jetStream?.maxMemory = 500
        a.jetStream?.storageMaxStreamBytes = 800
        var b = AccountOptions(name: "B")
        b.jetStream = .init()
        options.accounts = [a, b, AccountOptions(name: "C")]
        options.authentication.users = ["A", "B", "C", "$SYS"]
            .map { UserOptions(name: $0.lowercased(), credential: .password("p"), account: $0) }
        options.authentication.users.append(UserOptions(name: "g", credential: .password("p")))
    }

    private func client(_ port: Int, _ name: String) throws -> TestClient {
        try TestClient(
            port: port,
            connect: #"{"verbose":false,"headers":true,"no_responders":true,"user":"\#(name)","pass":"p"}"#
        )
    }

    private func create(_ client: TestClient, _ name: String, _ more: String = "") throws -> String {
        let json = #"{"name":"\#(name)","subjects":["\#(name).>"]\#(more)}"#
        return try client.request("$JS.API.STREAM.CREATE.\(name)", json).text
    }

    @Test("The same stream and subject in two accounts are two streams, before and after a restart")
    func isolation() async throws {
        try await RunningServer.withStore { directory in
            var options = RunningServer.options(storeDirectory: directory)
            Self.accounts(&options)
            for round in 0..<2 {
                let server = RunningServer.make(options)
                let port = try await server.start()
                let (a, b) = (try self.client(port, "a"), try self.client(port, "b"))
                if round == 0 {
                    #expect(try self.create(a, "S").contains("\"did_create\":true"))
                    #expect(try self.create(b, "S").contains("\"did_create\":true"))
                    #expect(try a.request("S.x", "of a").text.contains("\"seq\":1"))
                    #expect(try b.request("S.x", "of b").text.contains("\"seq\":1"))
                    #expect(try b.request("S.x", "of b").text.contains("\"seq\":2"))
                }
                #expect(try a.request("$JS.API.STREAM.INFO.S").text.contains("\"messages\":1,"))
                #expect(try b.request("$JS.API.STREAM.INFO.S").text.contains("\"messages\":2,"))
                #expect(try a.request("$JS.API.STREAM.NAMES").text.contains("\"total\":1,"))
                if round == 1 {
                    #expect(try a.request("$JS.API.STREAM.DELETE.S").text.contains("\"success\":true"))
                    #expect(try b.request("$JS.API.STREAM.INFO.S").text.contains("\"messages\":2,"))
                }
                try a.finish()
                try b.finish()
                await server.shutDown()
            }
        }
    }

    @Test("An account without JetStream, and the system's, are told so")
    func notEnabled() async throws {
        try await RunningServer.with(Self.accounts) { port in
            for name in ["c", "g"] {
                let client = try self.client(port, name)
                for subject in ["INFO", "STREAM.NAMES", "CONSUMER.NAMES.S"] {
                    let answer = try client.request("$JS.API.\(subject)").text
                    #expect(answer.contains("\"err_code\":10039"), "\(name) \(subject)")
                }
                #expect(try self.create(client, "S").contains("stream_create_response"))
                try client.finish()
            }
            let system = try self.client(port, "$sys")
            #expect(try system.request("$JS.API.INFO").text.contains("account_info_response"))
            let names = try system.request("$JS.API.STREAM.NAMES").text
            #expect(names.contains("system_response"))
            #expect(names.contains("\"err_code\":10039"))
            try system.finish()
        }
    }

    @Test("An account has no more streams, consumers and bytes than it may")
    func limits() async throws {
        try await RunningServer.with(Self.accounts) { port in
            let client = try self.client(port, "a")
            let info = try client.request("$JS.API.INFO").text
            #expect(info.contains("\"max_storage\":1000,\"max_streams\":2,\"max_consumers\":1,"), "\(info)")
            #expect(try self.create(client, "X", #","max_bytes":900"#).contains("\"err_code\":10122"))
            #expect(try self.create(client, "X", #","max_consumers":2"#).contains("\"err_code\":10026"))
            #expect(try self.create(client, "R", #","max_bytes":700"#).contains("\"did_create\":true"))
            #expect(try self.create(client, "X", #","max_bytes":301"#).contains("\"err_code\":10047"))
            let large = #","max_bytes":501,"storage":"memory""#
            #expect(try self.create(client, "X", large).contains("\"err_code\":10028"))
            #expect(try self.create(client, "S").contains("\"did_create\":true"))
            #expect(try self.create(client, "X").contains("\"err_code\":10027"))
            #expect(try self.create(client, "S").contains("\"name\":\"S\""), "it is there already")
            let consumer = #"{"stream_name":"S","config":{"name":"c1","ack_policy":"none"}}"#
            let created = try client.request("$JS.API.CONSUMER.CREATE.S.c1", consumer).text
            #expect(created.contains("\"name\":\"c1\""), "\(created)")
            let second = consumer.replacing("c1", with: "c2")
            #expect(try client.request("$JS.API.CONSUMER.CREATE.S.c2", second).text.contains("10026"))
            // 22 bytes and the subject are counted beside the body (streams.md §8.4).
            let body = String(repeating: "x", count: 400)
            #expect(try client.request("S.a", body).text.contains("\"seq\":1"))
            #expect(try client.request("R.a", body).text.contains("\"seq\":1"))
            #expect(try client.request("S.a", body).text.contains("\"err_code\":10002"))
            #expect(try client.request("S.a", "small").text.contains("\"seq\":2"))
            _ = try client.request("$JS.API.STREAM.PURGE.R")
            #expect(try client.request("S.a", body).text.contains("\"seq\":3"))
            _ = try client.request("$JS.API.STREAM.DELETE.S")
            #expect(try client.request("R.a", body).text.contains("\"seq\":2"))
            try client.finish()
        }
    }

    @Test("The server's limits hold for all accounts together")
    func serverLimits() async throws {
        func change(_ options: inout ServerOptions) {
            Self.accounts(&options)
            options.maxFileStore = 600
        }
        try await RunningServer.with(change) { port in
            let (a, b) = (try self.client(port, "a"), try self.client(port, "b"))
            #expect(try self.create(a, "S", #","max_bytes":400"#).contains("\"did_create\":true"))
            #expect(try self.create(b, "S", #","max_bytes":201"#).contains("\"err_code\":10047"))
            #expect(try self.create(b, "S").contains("\"did_create\":true"))
            let body = String(repeating: "x", count: 500)
            #expect(try b.request("S.a", body).text.contains("\"seq\":1"))
            #expect(try b.request("S.a", body).text.contains("\"seq\":2"), "the one that crosses the line")
            #expect(try b.request("S.a", "x").text.contains("\"err_code\":10023"))
            #expect(try a.request("S.a", "x").text.contains("\"err_code\":10023"))
            try a.finish()
            try b.finish()
        }
    }

    @Test("A reload gives an account JetStream, and its streams are there")
    func enabling() async throws {
        try await RunningServer.withStore { directory in
            var options = RunningServer.options(storeDirectory: directory)
            Self.accounts(&options)
            let first = RunningServer.make(options)
            let client = try self.client(try await first.start(), "b")
            #expect(try self.create(client, "S").contains("\"did_create\":true"))
            #expect(try client.request("S.x").text.contains("\"seq\":1"))
            await first.shutDown()
            var without = options
            without.accounts[1].jetStream = nil
            let second = RunningServer.make(without)
            let other = try self.client(try await second.start(), "b")
            #expect(try other.request("$JS.API.STREAM.INFO.S").text.contains("\"err_code\":10039"))
            await second.broker.apply(options)
            #expect(try other.request("$JS.API.STREAM.INFO.S").text.contains("\"messages\":1,"))
            #expect(try other.request("S.x").text.contains("\"seq\":2"))
            await second.shutDown()
        }
    }
}
