import Broker
import Testing

@Suite("Logging in")
struct LoginTests {
    private static let hash = "$2b$04$abcdefghijklmnopqrstuuLZYjhNQAOdpbzt4WxWlUHjv1wsyH5DG"

    private static func users(_ options: inout ServerOptions) {
        var a = AccountOptions(name: "A")
        a.maxConnections = 2
        a.maxSubscriptions = 3
        a.maxPayload = 100
        options.accounts = [a, AccountOptions(name: "B")]
        options.authentication.users = [
            UserOptions(name: "a", credential: .password("a"), account: "A"),
            UserOptions(name: "b", credential: .password(self.hash), account: "B"),
        ]
    }

    /// The events until the end of the connection, or until a PONG.
    private func hear(_ client: TestClient) -> [TestClient.Event] {
        var events: [TestClient.Event] = []
        while let event = try? client.next() {
            events.append(event)
            if event == .pong { break }
        }
        return events
    }

    private func login(_ name: String, _ password: String) -> String {
        #"{"verbose":false,"headers":true,"no_responders":true,"user":"\#(name)","pass":"\#(password)"}"#
    }

    @Test("A wrong password, an unknown name and a verb before CONNECT end the connection")
    func refused() async throws {
        try await RunningServer.with(Self.users) { port in
            for (name, password) in [("a", "b"), ("b", "a"), ("c", "a"), ("", "")] {
                let client = try TestClient(port: port, connect: self.login(name, password))
                try client.send("PING\r\n")
                #expect(self.hear(client) == [.error("Authorization Violation")], "\(name)")
            }
            let socket = try ClientSocket(port: port)
            _ = try socket.readLine()
            try socket.send("PING\r\n")
            #expect(
                String(decoding: try socket.readLine(), as: UTF8.self) == "-ERR 'Authorization Violation'"
            )
            #expect(throws: (any Error).self) { try socket.readLine() }
        }
    }

    @Test("Who is wrong too often is told so later, whatever was wrong, and others are not concerned")
    func delayed() async throws {
        try await RunningServer.with(Self.users) { port in
            let wrong = try (0..<120)
                .map { number in
                    let socket = try ClientSocket(port: port)
                    _ = try socket.readLine()
                    let connect = "CONNECT \(self.login("a", "x"))\r\n"
                    try socket.send((number % 2 == 0 ? "" : connect) + "SUB x 1\r\nPING\r\n")
                    return socket
                }
            let right = try TestClient(port: port, connect: self.login("a", "a"))
            try TestClient.settle([right])
            for socket in wrong {
                let line = String(decoding: try socket.readLine(), as: UTF8.self)
                #expect(line == "-ERR 'Authorization Violation'")
                #expect(throws: (any Error).self) { try socket.readLine() }
            }
            try TestClient.settle([right])
        }
    }

    @Test("What is sent behind CONNECT waits until a hashed password was checked")
    func pipelined() async throws {
        try await RunningServer.with(Self.users) { port in
            let client = try TestClient(port: port, connect: self.login("b", "s3cret"))
            try client.send("SUB x 1\r\nPUB x 2\r\nhi\r\nPING\r\n")
            let message = TestClient.Message(subject: "x", sid: "1", payload: Array("hi".utf8))
            #expect(self.hear(client) == [.message(message), .pong])
            // The same connection logs in again: its subscription is gone, and what follows waits again.
            try client.send("CONNECT \(self.login("b", "s3cret"))\r\nPUB x 2\r\nhi\r\nPING\r\n")
            #expect(self.hear(client) == [.pong])
            try client.send("CONNECT \(self.login("b", "wrong"))\r\nPUB x 2\r\nhi\r\nPING\r\n")
            #expect(self.hear(client) == [.error("Authorization Violation")])
        }
    }

    @Test("Accounts do not hear of each other")
    func isolation() async throws {
        try await RunningServer.with(Self.users) { port in
            let a = try TestClient(port: port, connect: self.login("a", "a"))
            let b = try TestClient(port: port, connect: self.login("b", "s3cret"))
            try a.subscribe(">", sid: "1")
            try b.subscribe(">", sid: "1")
            try TestClient.settle([a, b])
            try a.publish("x", "from a")
            try b.publish("y", "from b")
            try TestClient.settle([a, b])
            #expect(a.takeMessages().map(\.text) == ["from a"])
            #expect(b.takeMessages().map(\.text) == ["from b"])
            try a.finish()
            try b.finish()
        }
    }

    @Test("An account's limits hold for its clients")
    func limits() async throws {
        try await RunningServer.with(Self.users) { port in
            let first = try TestClient(port: port, connect: self.login("a", "a"))
            let second = try TestClient(port: port, connect: self.login("a", "a"))
            try TestClient.settle([first, second])
            let third = try TestClient(port: port, connect: self.login("a", "a"))
            #expect(self.hear(third) == [.error("maximum account active connections exceeded")])
            try first.send("SUB x 1\r\nSUB x 2\r\nSUB x 3\r\nSUB x 4\r\nSUB x 3\r\nPING\r\n")
            #expect(self.hear(first) == [.error("maximum subscriptions exceeded"), .pong])
            try first.send("UNSUB 1\r\nSUB x 4\r\nPING\r\n")
            #expect(self.hear(first) == [.pong])
            try second.send("SUB x 1\r\nPING\r\n")
            #expect(self.hear(second) == [.pong])
            try first.send("PUB y 101\r\n")
            #expect(self.hear(first) == [.error("Maximum Payload Violation")])
            // The one that was sent away leaves its place once its socket is gone, a moment after it heard of it.
            let isAdmitted = try soon {
                let fourth = try TestClient(port: port, connect: self.login("a", "a"))
                try fourth.send("SUB x 1\r\nPING\r\n")
                return self.hear(fourth) == [.pong]
            }
            #expect(isAdmitted)
        }
    }

    @Test("Who says nothing is sent away in time", arguments: [nil, "a"])
    func silent(noAuthUser: String?) async throws {
        func change(_ options: inout ServerOptions) {
            Self.users(&options)
            options.authentication.noAuthUser = noAuthUser
            options.authentication.timeout = 100_000_000
        }
        try await RunningServer.with(change) { port in
            let silent = try ClientSocket(port: port)
            let info = String(decoding: try silent.readLine(), as: UTF8.self)
            #expect(info.contains("auth_required") == (noAuthUser == nil))
            #expect(try silent.readToEnd() == Array("-ERR 'Authentication Timeout'\r\n".utf8))
        }
    }

    @Test("Who has no credentials may be let in")
    func anonymous() async throws {
        func change(_ options: inout ServerOptions) {
            Self.users(&options)
            options.authentication.noAuthUser = "a"
        }
        try await RunningServer.with(change) { port in
            let plain = try ClientSocket(port: port)
            _ = try plain.readLine()
            try plain.send("SUB x 1\r\nPUB x 2\r\nhi\r\nPING\r\n")
            #expect(String(decoding: try plain.readLine(), as: UTF8.self) == "+OK")
            #expect(String(decoding: try plain.readLine(), as: UTF8.self) == "+OK")
            #expect(String(decoding: try plain.readLine(), as: UTF8.self) == "MSG x 1 2")
        }
    }
}
