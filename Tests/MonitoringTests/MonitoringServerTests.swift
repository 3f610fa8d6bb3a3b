import Broker
import Logging
import Monitoring
import Reports
import StreamModel
import Testing

@Suite("Monitoring over HTTP")
struct MonitoringServerTests {
    private static let generalKeys = [
        "server_id", "server_name", "version", "proto", "go", "host", "port", "max_connections",
        "ping_interval", "ping_max", "http_host", "http_port", "max_control_line", "max_payload",
        "max_pending", "cluster", "gateway", "leaf", "mqtt", "websocket", "jetstream", "start", "now",
        "uptime", "mem", "cores", "cpu", "connections", "total_connections", "in_msgs", "in_bytes",
        "out_msgs", "out_bytes", "slow_consumers", "subscriptions", "http_req_stats",
    ]

    @Test("/varz has the keys that tools read, and JSON headers")
    func generalReport() async throws {
        try await RunningServer.with { server in
            let response = try await server.get("/varz")
            #expect(response.status == 200)
            #expect(response.header("content-type") == "application/json")
            #expect(response.header("access-control-allow-origin") == "*")
            #expect(response.body.hasPrefix("{\n  \"server_id\": \"N"))
            let members = try response.members()
            for key in Self.generalKeys { #expect(members[key] != nil, "\(key)") }
            #expect(members["port"] == .number(String(server.port)))
            #expect(members["http_port"] == .number(String(server.monitoringPort)))
            #expect(members["cluster"] == .object([]))
            guard case .number(let digits) = members["mem"] else {
                Issue.record("mem is no number")
                return
            }
            #expect((Int(digits) ?? 0) > 1 << 20)
        }
    }

    @Test("/varz counts clients, messages and requests")
    func counters() async throws {
        try await RunningServer.with { server in
            let monitored = server
            try await RunningServer.connect(server.port) { client in
                try await client.send(
                    "CONNECT {\"verbose\":false}\r\nSUB a 1\r\nPUB a 5\r\nhello\r\nPING\r\n"
                )
                _ = try await client.receive(until: "PONG")
                _ = try await monitored.get("/varz?unknown=1")
                let members = try await monitored.get("/varz").members()
                #expect(members["connections"] == .number("1"))
                #expect(members["total_connections"] == .number("1"))
                #expect(members["in_msgs"] == .number("1"))
                #expect(members["in_bytes"] == .number("5"))
                #expect(members["out_msgs"] == .number("1"))
                #expect(members["out_bytes"] == .number("5"))
                guard case .object(let requests) = members["http_req_stats"] else {
                    Issue.record("http_req_stats is no object")
                    return
                }
                #expect(requests.map(\.key) == ["/varz"])
                #expect(requests.map(\.value) == [.number("2")])
            }
        }
    }

    @Test("/jsz adds up the streams")
    func jetStreamReport() async throws {
        try await RunningServer.with { server in
            let monitored = server
            try await RunningServer.connect(server.port) { client in
                let create = #"{"name":"S","subjects":["s.>"],"storage":"memory","max_bytes":4096}"#
                try await client.send(
                    """
                    CONNECT {"verbose":false}\r
                    SUB r 1\r
                    PUB $JS.API.STREAM.CREATE.S r \(create.utf8.count)\r
                    \(create)\r

                    """
                )
                let created = try await client.receive(until: "stream_create_response")
                #expect(created.contains("did_create"))
                try await client.send("PUB s.a r 5\r\nhello\r\n")
                _ = try await client.receive(until: "\"seq\":1")
                let response = try await monitored.get("/jsz")
                #expect(response.status == 200)
                let members = try response.members()
                #expect(members["streams"] == .number("1"))
                #expect(members["consumers"] == .number("0"))
                #expect(members["messages"] == .number("1"))
                #expect(members["memory"] == members["bytes"])
                #expect(members["storage"] == .number("0"))
                #expect(members["reserved_memory"] == .number("4096"))
                #expect(members["server_id"] == .string(monitored.broker.serverID))
                #expect(members["disabled"] == nil)
                #expect(response.body.contains("\"total\": 1"))
                #expect(response.body.contains("/store\""))
            }
        }
    }

    @Test("/jsz says so when JetStream is off")
    func jetStreamOff() async throws {
        try await RunningServer.with(storesStreams: false) { server in
            let streams = try await server.get("/jsz").members()
            #expect(streams["disabled"] == .bool(true))
            let general = try await server.get("/varz").members()
            #expect(general["jetstream"] == .object([]))
            let health = try await server.get("/healthz")
            #expect(health.status == 200)
        }
    }

    @Test("/healthz of a healthy server")
    func health() async throws {
        try await RunningServer.with { server in
            let response = try await server.get("/healthz?js-enabled-only=true")
            #expect(response.status == 200)
            #expect(response.header("content-type") == "application/json")
            #expect(response.body == #"{"status":"ok"}"#)
        }
    }

    @Test("The index links to every endpoint")
    func index() async throws {
        try await RunningServer.with { server in
            let response = try await server.get("/")
            #expect(response.status == 200)
            #expect(response.header("content-type") == "text/html; charset=utf-8")
            for path in ["/varz", "/connz", "/jsz", "/healthz", "/metrics"] {
                #expect(response.body.contains("href=\".\(path)\""))
            }
        }
    }

    @Test("Unknown paths are not found", arguments: ["/nope", "/varz/", "/varz%00", "/VARZ", "/a/varz"])
    func notFound(path: String) async throws {
        try await RunningServer.with { server in
            let response = try await server.get(path)
            #expect(response.status == 404)
            #expect(response.header("content-type")?.hasPrefix("text/plain") == true)
            #expect(response.body == "404 page not found\n")
        }
    }

    @Test("HEAD is answered without a body")
    func head() async throws {
        try await RunningServer.with { server in
            let response = try await server.get("/healthz", method: "HEAD")
            #expect(response.status == 200)
            #expect(response.body == "")
        }
    }

    @Test("A port in use is an error that names it")
    func portInUse() async throws {
        try await RunningServer.with { server in
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let second = MonitoringServer(
                reports: ServerReports(broker: server.broker),
                options: .init(port: server.monitoringPort),
                logger: logger
            )
            let error = await #expect(throws: MonitoringServer.StartError.self) {
                _ = try await second.start()
            }
            #expect(error?.description.contains("127.0.0.1:\(server.monitoringPort)") == true)
            #expect(error?.description.contains("in use") == true)
        }
    }

    @Test("Shutting down cuts off connections that are kept open")
    func shutDown() async throws {
        try await RunningServer.with { server in
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let monitoring = MonitoringServer(
                reports: ServerReports(broker: server.broker),
                options: .init(port: 0),
                logger: logger
            )
            let port = try await monitoring.start()
            try await RunningServer.connect(port) { connection in
                try await connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                _ = try await connection.receive(until: "}")
                await monitoring.shutDown()
                let rest = try await connection.receive(until: nil)
                #expect(rest == "")
            }
        }
    }
}
