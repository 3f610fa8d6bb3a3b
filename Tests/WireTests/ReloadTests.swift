import Broker
import Testing
import Weir

@Suite("Another configuration")
struct ReloadTests {
    private func login(_ name: String, _ password: String) -> String {
        #"{"verbose":false,"headers":true,"no_responders":true,"user":"\#(name)","pass":"\#(password)"}"#
    }

    private static func user(_ name: String, _ password: String = "p", account: String = "A") -> UserOptions {
        UserOptions(name: name, credential: .password(password), account: account)
    }

    /// Runs a server with `users` in the accounts A and B, and hands over what replaces them.
    private func serve(
        _ users: [UserOptions],
        _ body: (Int, @escaping ((inout ServerOptions) -> Void) async -> Void) async throws -> Void
    ) async throws {
        try await RunningServer.withStore { directory in
            var options = RunningServer.options(storeDirectory: directory)
            options.accounts = [AccountOptions(name: "A"), AccountOptions(name: "B")]
            options.authentication.users = users
            let server = RunningServer.make(options)
            let port = try await server.start()
            let (broker, before) = (server.broker, options)
            let result: Result<Void, any Error>
            do {
                try await body(port) { change in
                    var after = before
                    change(&after)
                    await broker.apply(after)
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await server.shutDown()
            try result.get()
        }
    }

    /// What the client hears until the end of the connection, or until the answer to a PING.
    private func hear(_ client: TestClient) -> [TestClient.Event] {
        try? client.send("PING\r\n")
        var events: [TestClient.Event] = []
        while let event = try? client.next() {
            events.append(event)
            if event == .pong { break }
        }
        return events
    }

    @Test("Who is gone, has moved, or has another password now is sent away; others stay")
    func users() async throws {
        let hash = "$2b$04$abcdefghijklmnopqrstuuLZYjhNQAOdpbzt4WxWlUHjv1wsyH5DG"
        let before = [
            Self.user("gone"), Self.user("moved"), Self.user("changed"), Self.user("same"),
            Self.user("hashed", "s3cret"), Self.user("rehashed", "s3cret"),
        ]
        try await self.serve(before) { port, reload in
            let names = [
                ("gone", "p"), ("moved", "p"), ("changed", "p"), ("same", "p"), ("hashed", "s3cret"),
                ("rehashed", "s3cret"),
            ]
            let clients = try names.map { try TestClient(port: port, connect: self.login($0.0, $0.1)) }
            try TestClient.settle(clients)
            await reload {
                $0.authentication.users = [
                    Self.user("moved", account: "B"), Self.user("changed", "q"), Self.user("same"),
                    Self.user("hashed", hash), Self.user("rehashed", "$2b$04$ABCDEFGHIJKLMNOPQRSTUu" + "x"),
                ]
            }
            #expect(self.hear(clients[0]) == [])
            #expect(self.hear(clients[1]) == [])
            #expect(self.hear(clients[2]) == [.error("Authorization Violation")])
            #expect(self.hear(clients[3]) == [.pong])
            #expect(self.hear(clients[4]) == [.pong], "what it said fits the hash")
            // Comparing with a hash takes a while: it goes on until then.
            var heard: [TestClient.Event] = []
            let isSentAway = soon {
                heard = self.hear(clients[5])
                return heard != [.pong]
            }
            #expect(isSentAway)
            #expect(heard.filter { $0 != .pong } == [.error("Authorization Violation")])
            let again = try TestClient(port: port, connect: self.login("changed", "q"))
            #expect(self.hear(again) == [.pong])
        }
    }

    @Test("Subscriptions that are not allowed any more end, and others go on under the new rules")
    func permissions() async throws {
        try await self.serve([Self.user("u")]) { port, reload in
            let client = try TestClient(port: port, connect: self.login("u", "p"))
            try client.send(
                "SUB x 1\r\nSUB y 2\r\nSUB y q 3\r\nSUB x.* 4\r\nSUB x 5\r\nUNSUB 5 2\r\nPUB x 0\r\n\r\n"
            )
            _ = try client.nextMessage()
            _ = try client.nextMessage()
            #expect(self.hear(client) == [.pong])
            await reload {
                var user = Self.user("u")
                var permissions = PermissionOptions()
                permissions.subscribe = .init(allow: [.init(subject: "x.>"), .init(subject: "x")])
                permissions.subscribe?.deny = [.init(subject: "x.no")]
                permissions.publish = .init(allow: [.init(subject: "x.>"), .init(subject: "x")])
                user.permissions = permissions
                $0.authentication.users = [user]
            }
            let errors = self.hear(client)
            let plain = "Permissions Violation for Subscription to \"y\" (sid \"2\")"
            let queued = "Permissions Violation for Subscription to \"y\" using queue \"q\" (sid \"3\")"
            #expect(errors.count == 3)
            #expect(errors.contains(.error(plain)))
            #expect(errors.contains(.error(queued)))
            #expect(errors.last == .pong)
            try client.send(
                "PUB x 0\r\n\r\nPUB x.no 0\r\n\r\nPUB x.yes 0\r\n\r\nPUB y 0\r\n\r\nPUB x 0\r\n\r\n"
            )
            let heard = self.hear(client)
            let sids = heard.compactMap { if case .message(let message) = $0 { message.sid } else { nil } }
            #expect(
                sids.sorted() == ["1", "1", "4", "5"],
                "the one that was to have two messages has had them"
            )
            #expect(heard.contains(.error("Permissions Violation for Publish to \"y\"")))
        }
    }

    @Test("Fewer clients and smaller messages are allowed at once")
    func limits() async throws {
        try await self.serve([Self.user("a"), Self.user("b", account: "B")]) { port, reload in
            let clients = try (0..<4).map { _ in try TestClient(port: port, connect: self.login("a", "p")) }
            let other = try TestClient(port: port, connect: self.login("b", "p"))
            try TestClient.settle(clients + [other])
            await reload {
                $0.accounts[0].maxConnections = 1
                $0.accounts[0].maxPayload = 10
            }
            let heard = clients.map { self.hear($0) }
            #expect(heard.filter { $0 == [.pong] }.count == 1)
            let tooMany = TestClient.Event.error("maximum account active connections exceeded")
            #expect(heard.filter { $0 == [tooMany] }.count == 3)
            #expect(self.hear(other) == [.pong])
            let left = try #require(heard.firstIndex(of: [.pong]))
            try clients[left].send("PUB x 11\r\n")
            #expect(self.hear(clients[left]).first == .error("Maximum Payload Violation"))
            await reload { $0.maxPayload = 5 }
            try other.send("PUB x 6\r\n")
            #expect(self.hear(other).first == .error("Maximum Payload Violation"))
        }
    }

    @Test("Where credentials become necessary, those without are sent away")
    func required() async throws {
        try await self.serve([]) { port, reload in
            let open = try TestClient(port: port, connect: "{\"verbose\":false}")
            let right = try TestClient(port: port, connect: "{\"verbose\":false,\"auth_token\":\"t\"}")
            try TestClient.settle([open, right])
            await reload { $0.authentication.token = "t" }
            #expect(self.hear(open) == [.error("Authorization Violation")])
            #expect(self.hear(right) == [.pong])
            let late = try TestClient(port: port, connect: "{\"verbose\":false}")
            #expect(self.hear(late) == [.error("Authorization Violation")])
            await reload { _ in }
            #expect(self.hear(right) == [.pong])
            let free = try TestClient(port: port, connect: "{\"verbose\":false}")
            #expect(self.hear(free) == [.pong])
        }
    }
}
