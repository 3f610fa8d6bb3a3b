import StreamModel
import Testing
import Weir

@testable import Reports

@Suite("System account")
struct SystemServiceTests {
    @Test("The server says who it is, whatever is asked for beside")
    func identity() async throws {
        try await SystemServer.with { server in
            let id = server.server.id
            try await server.client("sys") { client in
                let answer = try await client.request("$SYS.REQ.SERVER.PING.IDZ", #"{"server_name":"zzz"}"#)
                #expect(answer == #"{"name":"unit","host":"127.0.0.1","id":"\#(id)"}"#)
            }
        }
    }

    @Test(
        "Reports come in an envelope",
        arguments: [
            ("PING.VARZ", #""data":{"server_id":"#), ("PING.SUBSZ", #""num_subscriptions":"#),
            ("PING.CONNZ", #""num_connections":1"#), ("PING.ROUTEZ", #""num_routes":0"#),
            ("PING.GATEWAYZ", #""outbound_gateways":{}"#), ("PING.LEAFZ", #""leafnodes":0"#),
            ("PING.ACCOUNTZ", #""accounts":["$G","$SYS","A","B"]"#), ("PING.JSZ", #""streams":0"#),
            ("PING.HEALTHZ", #""data":{"status":"ok","status_code":200}"#), ("PING.RAFTZ", #""data":{}"#),
            ("PING.STATSZ", #""statsz":{"start":"#), ("PING", #""statsz":{"start":"#),
            ("PING.EXPVARZ", #""memstats":{"Alloc":"#),
            ("PING.PROFILEZ", #""data":{"profile":null,"error":"Profile name not specified"}"#),
        ]
    )
    func reports(name: String, part: String) async throws {
        try await SystemServer.with { server in
            try await server.client("sys") { client in
                let answer = try await client.request("$SYS.REQ.SERVER.\(name)")
                #expect(
                    answer.hasPrefix(#"{"server":{"name":"unit","host":"127.0.0.1","id":"N"#),
                    "\(answer)"
                )
                #expect(answer.contains(part), "\(answer)")
            }
        }
    }

    @Test(
        "What cannot be understood or done is an error with a code",
        arguments: [
            (
                "SERVER.PING.VARZ", "bad",
                #""error":{"code":400,"description":"invalid character 'b' looking for"#
            ),
            ("SERVER.PING.VARZ", "[]", #""code":400"#),
            (
                "SERVER.PING.CONNZ", #"{"sort":"bogus"}"#,
                #""data":null,"error":{"code":500,"description":"invalid sorting option: bogus"}}"#
            ),
            ("SERVER.PING.CONNZ", #"{"sort":1}"#, #""code":400"#),
            ("ACCOUNT.NOPE.INFO", "", #""code":500,"description":"Account NOPE does not exist""#),
            ("ACCOUNT.B.JSZ", "", #""description":"account \"B\" not jetstream enabled""#),
            ("ACCOUNT.NOPE.JSZ", "", #""description":"account \"NOPE\" not found""#),
        ]
    )
    func errors(subject: String, body: String, part: String) async throws {
        try await SystemServer.with { server in
            try await server.client("sys") { client in
                let answer = try await client.request("$SYS.REQ.\(subject)", body)
                #expect(answer.contains(part), "\(answer)")
            }
        }
    }

    @Test("A server stays silent for a request that is meant for others")
    func filters() async throws {
        try await SystemServer.with { server in
            try await server.client("sys") { client in
                // The answer to the second request is the first that comes.
                try await client.send("SUB reply 1\r\n")
                let other = #"{"server_name":"other"}"#
                try await client.send(
                    "PUB $SYS.REQ.SERVER.PING.VARZ reply \(other.utf8.count)\r\n\(other)\r\n"
                )
                try await client.send("PUB $SYS.REQ.SERVER.PING.ROUTEZ reply 0\r\n\r\n")
                let first = try await client.receive(until: "}\r\n")
                #expect(first.contains("num_routes"))
            }
        }
    }

    @Test("An account is told of its own clients alone")
    func ownAccount() async throws {
        try await SystemServer.with { server in
            try await server.client("b") { _ in
                try await server.client("a") { client in
                    let body = #"{"acc":"B","auth":true,"accounts":["B"],"include_unused":true}"#
                    let clients = try await client.request("$SYS.REQ.SERVER.PING.CONNZ", body)
                    #expect(clients.contains(#""num_connections":1"#) && clients.contains(#""name":"n-a""#))
                    #expect(clients.contains(#""authorized_user":"a","account":"A""#))
                    let traffic = try await client.request("$SYS.REQ.ACCOUNT.PING.STATZ", body)
                    #expect(traffic.contains(#""acc":"A""#) && !traffic.contains(#""acc":"B""#))
                    let user = try await client.request("$SYS.REQ.USER.INFO")
                    #expect(
                        user.hasSuffix(#""data":{"user":"a","account":"A","account_name":"A"}}"#),
                        "\(user)"
                    )
                    let other = try await client.request("$SYS.REQ.SERVER.PING.VARZ")
                    #expect(other == "", "nobody answers that outside of the system account")
                }
            }
        }
    }

    @Test("Clients that come and go are told of, with what they did")
    func events() async throws {
        try await SystemServer.with { server in
            try await server.client("sys") { watcher in
                try await watcher.send(
                    "SUB $SYS.ACCOUNT.A.CONNECT 1\r\nSUB $SYS.ACCOUNT.A.DISCONNECT 2\r\nPING\r\n"
                )
                _ = try await watcher.receive(until: "PONG\r\n")
                try await server.client("a") { client in
                    try await client.send("SUB x 1\r\nPUB x 5\r\nhello\r\n")
                    _ = try await client.receive(until: "hello\r\n")
                }
                let connect = try await watcher.receive(until: "}\r\n")
                #expect(connect.contains(#""type":"io.nats.server.advisory.v1.client_connect""#))
                #expect(connect.contains(#""acc":"A","user":"a","name":"n-a""#), "\(connect)")
                let disconnect = try await watcher.receive(until: "}\r\n")
                #expect(disconnect.contains(#""type":"io.nats.server.advisory.v1.client_disconnect""#))
                let counts =
                    #""sent":{"msgs":1,"bytes":5},"received":{"msgs":1,"bytes":5},"reason":"Client Closed"}"#
                #expect(disconnect.contains(counts), "\(disconnect)")
            }
        }
    }

    @Test("A failed login is told of, without the password")
    func failedLogin() async throws {
        try await SystemServer.with { server in
            try await server.client("sys") { watcher in
                try await watcher.send("SUB $SYS.SERVER.*.CLIENT.AUTH.ERR 1\r\nPING\r\n")
                _ = try await watcher.receive(until: "PONG\r\n")
                try await server.client("a", password: "wrong-secret") { _ in }
                let event = try await watcher.receive(until: "}\r\n")
                #expect(event.contains(#""reason":"Authentication Failure""#), "\(event)")
                #expect(!event.contains("wrong-secret"))
            }
        }
    }

    @Test("A client that is kicked is gone, and the ring of those gone says why")
    func kick() async throws {
        try await SystemServer.with { server in
            let id = server.server.id
            try await server.client("a") { victim in
                try await server.client("sys") { client in
                    let nobody = try await client.request("$SYS.REQ.SERVER.\(id).KICK", #"{"cid":99999}"#)
                    #expect(nobody.contains(#""code":500,"description":"no such client or leafnode id""#))
                    let answer = try await client.request("$SYS.REQ.SERVER.\(id).KICK", #"{"cid":1}"#)
                    #expect(!answer.contains("error"))
                }
                #expect(try await !victim.receive(until: "-ERR").contains("-ERR"), "without a word")
            }
            let page = try await server.server.reports.report(
                .clients,
                ReportParameters(query: [("state", "closed"), ("cid", "1")])
            )
            #expect(String(decoding: page.json, as: UTF8.self).contains(#""reason":"Kicked""#))
        }
    }

    @Test("How many would get a message is a number")
    func subscribers() async throws {
        try await SystemServer.with { server in
            try await server.client("sys") { client in
                try await client.send("SUB foo.* 1\r\nSUB foo.a q 2\r\n")
                #expect(try await client.request("$SYS.DEBUG.SUBSCRIBERS", "foo.a") == "2")
                #expect(try await client.request("$SYS.DEBUG.SUBSCRIBERS", "foo.a q") == "1")
                #expect(try await client.request("$SYS.DEBUG.SUBSCRIBERS", "bar") == "0")
            }
        }
    }

    @Test("The configuration is read anew when asked to")
    func reload() async throws {
        try await SystemServer.with { server in
            let id = server.server.id
            try await server.client("sys") { client in
                let without = try await client.request("$SYS.REQ.SERVER.\(id).RELOAD")
                #expect(without.contains(#""code":500"#))
                server.server.reports.onReload { nil }
                let with = try await client.request("$SYS.REQ.SERVER.\(id).RELOAD")
                #expect(with.hasSuffix("}}") && !with.contains("error"), "\(with)")
            }
        }
    }
}
