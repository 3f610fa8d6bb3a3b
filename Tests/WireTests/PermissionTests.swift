import Broker
import Testing

@Suite("Permissions on the wire")
struct PermissionTests {
    private func login(_ name: String) -> String {
        #"{"verbose":false,"headers":true,"no_responders":true,"user":"\#(name)","pass":"\#(name)"}"#
    }

    private static func user(_ name: String, _ change: (inout PermissionOptions) -> Void) -> UserOptions {
        var user = UserOptions(name: name, credential: .password(name))
        var permissions = PermissionOptions()
        change(&permissions)
        user.permissions = permissions
        return user
    }

    private static func users(_ options: inout ServerOptions) {
        options.authentication.users = [
            UserOptions(name: "all", credential: .password("all")),
            self.user("few") {
                $0.publish = .init(allow: [.init(subject: "p.>")], deny: [.init(subject: "p.no")])
                $0.subscribe = .init(allow: [.init(subject: "s.>")], deny: [.init(subject: "s.secret")])
            },
            self.user("service") {
                $0.subscribe = .init(allow: [.init(subject: "ask")])
                $0.responses = .init(limit: 1)
            },
        ]
    }

    private func errors(_ client: TestClient, _ text: String) throws -> [String] {
        try client.send(text + "PING\r\n")
        var errors: [String] = []
        while true {
            switch try client.next() {
            case .error(let text): errors.append(text)
            case .pong: return errors
            default: break
            }
        }
    }

    @Test("What is not allowed has no effect, is told, and leaves the connection open")
    func refused() async throws {
        try await RunningServer.with(Self.users) { port in
            let few = try TestClient(port: port, connect: self.login("few"))
            let all = try TestClient(port: port, connect: self.login("all"))
            try all.subscribe(">", sid: "1")
            try TestClient.settle([all])
            let publishing = try self.errors(
                few,
                "PUB p.a 0\r\n\r\nPUB p.no 0\r\n\r\nPUB p.no 0\r\n\r\nPUB x 0\r\n\r\nPUB p.a 0\r\n\r\n"
            )
            let violation = "Permissions Violation for Publish to"
            #expect(publishing == ["p.no", "p.no", "x"].map { "\(violation) \"\($0)\"" })
            try TestClient.settle([all])
            #expect(all.takeMessages().map(\.subject) == ["p.a", "p.a"])
            let subscribing = try self.errors(
                few,
                "SUB s.* 1\r\nSUB s.secret 2\r\nSUB > 3\r\nSUB s.secret q 4\r\n"
            )
            #expect(
                subscribing == [
                    "Permissions Violation for Subscription to \"s.secret\"",
                    "Permissions Violation for Subscription to \">\"",
                    "Permissions Violation for Subscription to \"s.secret\" using queue \"q\"",
                ]
            )
        }
    }

    @Test("What is denied within a subscription is not delivered, and another member of the group gets it")
    func filtered() async throws {
        try await RunningServer.with(Self.users) { port in
            let few = try TestClient(port: port, connect: self.login("few"))
            let all = try TestClient(port: port, connect: self.login("all"))
            try few.subscribe("s.*", sid: "1")
            try few.subscribe("s.*", queue: "g", sid: "2")
            try all.subscribe("s.*", queue: "g", sid: "3")
            try TestClient.settle([few, all])
            for _ in 0..<20 { try all.publish("s.secret") }
            try all.publish("s.open")
            try TestClient.settle([all, few])
            let seen = few.takeMessages()
            #expect(!seen.contains { $0.subject == "s.secret" })
            #expect(seen.contains { $0.subject == "s.open" && $0.sid == "1" })
            #expect(all.takeMessages().filter { $0.subject == "s.secret" }.count == 20)
        }
    }

    @Test("A service may answer what it was asked, once, whichever loop it lives on")
    func answers() async throws {
        try await RunningServer.with(Self.users) { port in
            for number in 0..<4 {
                let service = try TestClient(port: port, connect: self.login("service"))
                let all = try TestClient(port: port, connect: self.login("all"))
                try service.subscribe("ask", sid: "1")
                try all.subscribe("inbox.\(number)", sid: "1")
                try TestClient.settle([service, all])
                try all.publish("ask", reply: "inbox.\(number)")
                _ = try service.nextMessage()
                let errors = try self.errors(
                    service,
                    "PUB inbox.\(number) 2\r\nok\r\nPUB inbox.\(number) 2\r\nno\r\n"
                )
                #expect(errors == ["Permissions Violation for Publish to \"inbox.\(number)\""])
                try TestClient.settle([all])
                #expect(all.takeMessages().map(\.text) == ["ok"])
                try service.finish()
                try all.finish()
            }
        }
    }
}
