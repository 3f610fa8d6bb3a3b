import Broker
import ServerConfiguration
import Testing

/// The configuration that `text` stands for, ready to start a server.
private func resolve(_ text: String) throws -> Configuration {
    var configuration = try Configuration(reading: try FakeSources().tree(text))
    configuration.resolve(storesByDefault: false)
    return configuration
}

@Suite("Changes of a configuration")
struct ConfigurationChangesTests {
    @Test(
        "What can change is told under its name",
        arguments: [
            ("", "", []), ("max_payload: 1000", "max_payload: 1000", []),
            ("", "max_payload: 1000", ["max_payload = 1000"]),
            ("max_control_line: 10", "max_control_line: 1000", ["max_control_line = 1000"]),
            ("", "ping_interval: \"1m\"", ["ping_interval = 1m0s"]), ("", "ping_max: 5", ["ping_max = 5"]),
            ("", "write_deadline: \"3s\"", ["write_deadline = 3s"]),
            ("", "max_conn: 5", ["max_connections = 5"]),
            ("", "server_tags: [a, b]", ["tags"]), ("", "server_metadata { a: b }", ["metadata"]),
            ("", "client_advertise: \"a:4\"", ["client_advertise = a:4"]),
            ("", "debug: true", ["debug = true"]),
            ("", "trace: true", ["trace = true"]),
            ("", "trace_verbose: true", ["trace = true", "trace_verbose = true"]),
            ("", "trace_headers: true", ["trace = true", "trace_headers = true"]),
            ("", "max_traced_msg_len: 3", ["max_traced_msg_len = 3"]),
            ("", "connection_rate_limit: 3", ["connection_rate_limit = 3"]),
            ("jetstream {}", "jetstream { limits { max_ack_pending: 3 } }", ["JetStream limits"]),
            ("", "logtime: false", ["logtime = false"]),
            ("", "logtime_utc: true", ["logtime_utc = true"]), ("", "log_file: \"/x\"", ["log_file = /x"]),
            ("", "pid_file: \"/x\"", ["pid_file = /x"]),
            ("", "ports_file_dir: \"/x\"", ["ports_file_dir = /x"]),
            ("", "no_fast_producer_stall: true", ["no_fast_producer_stall = true"]),
            ("", "connect_error_reports: 3", ["connect_error_reports = 3"]),
            ("", "mappings { a: b }", ["mappings"]), ("", "accounts { A {} }", ["accounts"]),
            (
                "", "authorization { user: a, password: b }",
                ["authorization username", "authorization password"]
            ),
            (
                "authorization { user: a, password: b }", "authorization { user: a, password: c }",
                ["authorization password"]
            ),
            ("", "authorization { token: s3cret }", ["authorization token"]),
            ("", "authorization { users: [{user: a, password: b}] }", ["authorization users"]),
            ("", "authorization { timeout: 5 }", ["authorization timeout = 5.0"]),
        ] as [(String, String, [String])]
    )
    func changes(old: String, new: String, lines: [String]) throws {
        #expect(try ConfigurationChanges(from: resolve(old), to: resolve(new)).lines == lines)
    }

    @Test(
        "What cannot change is refused",
        arguments: [
            ("", "host: \"127.0.0.2\"", "Host: old=0.0.0.0, new=127.0.0.2"),
            ("port: 4", "port: 5", "Port: old=4, new=5"), ("", "server_name: x", "ServerName: old=, new=x"),
            ("", "max_pending: 2MB", "MaxPending: old=67108864, new=2097152"),
            ("", "max_subs: 3", "MaxSubs: old=0, new=3"),
            ("", "max_sub_tokens: 4", "MaxSubTokens: old=0, new=4"),
            ("", "max_closed_clients: 3", "MaxClosedClients: old=10000, new=3"),
            ("", "lame_duck_duration: \"40s\"", "LameDuckDuration: old=2m0s, new=40s"),
            ("", "lame_duck_grace_period: \"3s\"", "LameDuckGracePeriod: old=10s, new=3s"),
            ("", "http_port: 18222", "HTTPPort: old=0, new=18222"),
            ("", "http_base_path: \"/x\"", "HTTPBasePath: old=, new=/x"),
            ("", "proxy_protocol: true", "ProxyProtocol: old=false, new=true"),
            ("", "no_header_support: true", "NoHeaderSupport: old=false, new=true"),
            ("", "log_size_limit: 1000", "LogSizeLimit: old=0, new=1000"),
            ("", "log_max_num: 4", "LogMaxFiles: old=0, new=4"),
            ("", "system_account: X", "SystemAccount: old=$SYS, new=X"),
            ("", "no_system_account: true", "SystemAccount: old=$SYS, new="),
            ("", "feature_flags { x: true }", "FeatureFlags: old=map[], new=map[x:true]"),
            ("", "write_timeout: close", "WriteTimeout: old=, new=close"),
            ("jetstream {}", "jetstream {strict: no}", "NoJetStreamStrict: old=false, new=true"),
            ("", "jetstream: true", "JetStream: old=false, new=true"),
            ("jetstream {store_dir: a}", "jetstream {store_dir: b}", "jetstream storage directory"),
            ("jetstream {}", "jetstream {domain: x}", "JetStreamDomain: old=, new=x"),
            ("jetstream {}", "jetstream {max_mem: 5}", "JetStreamMaxMemory: old=-1, new=5"),
            ("jetstream {}", "jetstream {sync: \"1s\"}", "SyncAlways: old=true, new=false"),
            ("jetstream {key: secret}", "jetstream {key: other}", "JetStreamKey"),
            ("", "no_auth_user: a\nauthorization {users: [{user: a}]}", "NoAuthUser: old=, new=a"),
        ]
    )
    func refusals(old: String, new: String, text: String) throws {
        let (old, new) = (try resolve(old), try resolve(new))
        let refusal = #expect(throws: ConfigurationChanges.Refusal.self) {
            try ConfigurationChanges(from: old, to: new)
        }
        #expect(refusal?.description == "config reload not supported for \(text)")
        #expect(refusal?.description.contains("secret") == false)
    }

    @Test("The user without credentials may go together with its name")
    func noAuthUser() throws {
        let old = try resolve("no_auth_user: a\nauthorization { users: [{user: a}, {user: b}] }")
        let without = try resolve("authorization { users: [{user: b}] }")
        #expect(try ConfigurationChanges(from: old, to: without).lines == ["authorization users"])
        #expect(throws: ConfigurationChanges.Refusal.self) {
            try ConfigurationChanges(
                from: old,
                to: resolve("authorization { users: [{user: a}, {user: b}] }")
            )
        }
    }
}

@Suite("What has to be right together at the start")
struct ConfigurationStartTests {
    @Test(
        "Values that do not go together are a problem",
        arguments: [
            ("", nil),
            (
                "max_payload: 2097152\nmax_pending: 1048576",
                "max_payload (2097152) cannot be higher than max_pending (1048576)"
            ),
            (
                "lame_duck_grace_period: \"30s\"\nlame_duck_duration: \"30s\"",
                "lame duck grace period (30s) should be strictly lower than lame duck duration (30s)"
            ),
            ("no_auth_user: zz", "no_auth_user: \"zz\" present, but users/nkeys are not defined"),
            (
                "no_auth_user: zz\nauthorization {users: [{user: a, password: b}]}",
                "no_auth_user: \"zz\" not present as user or nkey in authorization block or account configuration"
            ),
            ("no_auth_user: a\naccounts { A { users: [{user: a, password: b}] } }", nil),
        ] as [(String, String?)]
    )
    func problems(text: String, problem: String?) throws {
        #expect(try resolve(text).startProblem == problem)
    }

    @Test(
        "Ports and the store get their defaults",
        arguments: [
            ("", 4222, nil), ("port: 0", 4222, nil), ("port: -1", 0, nil), ("port: 5", 5, nil),
            ("jetstream: true", 4222, "weir-data/weir"), ("jetstream { store_dir: x }", 4222, "x/weir"),
            ("store_dir: x", 4222, nil), ("jetstream: false\nstore_dir: x", 4222, nil),
        ] as [(String, Int, String?)]
    )
    func resolution(text: String, port: Int, store: String?) throws {
        let options = try resolve(text).options
        #expect(options.port == port)
        #expect(options.storeDirectory == store)
    }

    @Test("Without a file, streams are stored")
    func defaults() {
        var configuration = Configuration()
        configuration.resolve(storesByDefault: true)
        #expect(configuration.options.storeDirectory == "weir-data/weir")
        configuration.process.jetStream = false
        configuration.resolve(storesByDefault: true)
        #expect(configuration.options.storeDirectory == nil)
    }

    @Test(
        "Secrets in plain text are noticed",
        arguments: [
            ("", false), ("authorization { token: x }", true),
            ("authorization { token: \"$2b$11$abc\" }", false),
            ("authorization { token: $2a$11$abc }", false), ("authorization { token: \"$2c$11$abc\" }", true),
            ("authorization { token: \"$2b$1$abcdefg\" }", true),
            ("authorization { user: a, password: b }", true),
            ("authorization { users: [{user: a}] }", false),
            ("authorization { users: [{user: a, password: b}] }", true),
        ]
    )
    func secrets(text: String, isPlain: Bool) throws {
        #expect(try resolve(text).hasPlainSecrets == isPlain)
    }
}
