import Broker
import NIOCore
import ServerConfiguration
import StreamModel
import TestSupport
import Testing

/// The configuration that `text` stands for.
private func read(_ text: String) throws -> Configuration {
    try Configuration(reading: try FakeSources().tree(text))
}

/// The errors of `text`, or its warnings if it has none.
private func complaints(of text: String) -> String {
    do {
        let configuration = try read(text)
        return configuration.warnings.map { "warning \($0)" }.joined(separator: "\n")
    } catch {
        return "\(error)"
    }
}

/// The public part of a user's key; it was made for this test.
private let userKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"

@Suite("Options of a configuration")
struct OptionsReaderTests {
    @Test("An empty file stands for the defaults, with a warning")
    func defaults() throws {
        let configuration = try read("# nothing\n")
        #expect(configuration.process == ProcessOptions())
        #expect(configuration.options.maxPayload == ServerOptions().maxPayload)
        #expect(configuration.warnings.map(\.description) == ["c.conf: config has no values or is empty"])
    }

    @Test("Every key of the server finds its option")
    func server() throws {
        let options = try read(
            """
            net: 127.0.0.1; server_name: s1; server_tags: [A, b]; server_metadata { k: v }
            client_advertise: "example.org:4222"
            max_conn: 10; max_subs: 11; max_sub_tokens: 12; max_control_line: 1kb; max_payload: 2kb
            max_pending: 3kb; max_closed_clients: 13; write_deadline: "3s"; ping_interval: "4s"; ping_max: 5
            lame_duck_duration: "40s"; lame_duck_grace_period: "7s"; no_fast_producer_stall: true
            no_header_support: yes; protected_mode: off; system_account: SYS; no_auth_user: joe
            """
        )
        .options
        #expect(options.host == "127.0.0.1")
        #expect(options.serverName == "s1")
        #expect(options.serverTags == ["a", "b"])
        #expect(options.serverMetadata == ["k": "v"])
        #expect(options.clientAdvertise == "example.org:4222")
        #expect(options.maxConnections == 10)
        #expect(options.maxSubscriptions == 11)
        #expect(options.maxSubscriptionTokens == 12)
        #expect(options.maxControlLine == 1024)
        #expect(options.maxPayload == 2048)
        #expect(options.maxPending == 3072)
        #expect(options.maxClosedClients == 13)
        #expect(options.writeDeadline == .seconds(3))
        #expect(options.pingInterval == .seconds(4))
        #expect(options.pingsOutstandingMax == 5)
        #expect(options.lameDuckDuration == 40_000_000_000)
        #expect(options.lameDuckGracePeriod == 7_000_000_000)
        #expect(options.noFastProducerStall)
        #expect(options.noHeaders)
        #expect(!options.protectedMode)
        #expect(options.systemAccount == "SYS")
        #expect(options.authentication.noAuthUser == "joe")
    }

    @Test("Every key of the process finds its option")
    func process() throws {
        let process = try read(
            """
            port: -1; debug: true; trace: on; trace_verbose: yes; trace_headers: true; max_traced_msg_len: 7
            logtime: false; logtime_utc: true; logfile: "/x/log"; log_size_limit: 1MB; log_max_num: 3
            pidfile: "/x/pid"; ports_file_dir: "/x"; http: "127.0.0.1:8222"; http_base_path: "/nats"
            connect_error_reports: 5; reconnect_error_reports: 6; store_dir: "/data"
            """
        )
        .process
        #expect(process.port == -1)
        #expect(process.debug)
        #expect(process.trace)
        #expect(process.traceVerbose)
        #expect(process.traceHeaders)
        #expect(process.maxTracedMessageLength == 7)
        #expect(!process.logTime)
        #expect(process.logTimeUTC)
        #expect(process.logFile == "/x/log")
        #expect(process.logSizeLimit == 1 << 20)
        #expect(process.logMaxFiles == 3)
        #expect(process.pidFile == "/x/pid")
        #expect(process.portsFileDirectory == "/x")
        #expect(process.monitoringHost == "127.0.0.1")
        #expect(process.monitoringPort == 8222)
        #expect(process.monitoringBasePath == "/nats")
        #expect(process.storeDirectory == "/data")
        #expect(process.jetStream == nil)
    }

    @Test(
        "An address may be a port, or a host with one",
        arguments: [
            ("listen: 4333", "0.0.0.0", 4333), ("listen: \"127.0.0.1:4333\"", "127.0.0.1", 4333),
            ("listen: 127.0.0.1:4333", "127.0.0.1", 4333), ("listen: \":4333\"", "0.0.0.0", 4333),
            ("listen: \"[::1]:4333\"", "::1", 4333), ("listen: localhost:-1", "localhost", -1),
            ("host: a, port: 1", "a", 1),
        ]
    )
    func listen(text: String, host: String, port: Int) throws {
        let configuration = try read(text)
        #expect(configuration.options.host == host)
        #expect(configuration.process.port == port)
    }

    @Test("Keys are compared without their case, and a variable's key need not be an option")
    func names() throws {
        let configuration = try read("value: 4333\nPoRt: $value\nAuthorization { USER: a, Password: b }")
        #expect(configuration.process.port == 4333)
        #expect(configuration.options.authentication.single?.name == "a")
    }

    @Test("An account traces all messages, or a part of them")
    func tracing() throws {
        let configuration = try read(
            "accounts { A { msg_trace: a.b }, B { trace_dest { dest: c, sampling: \"25%\" } }, C { msg_trace {} } }"
        )
        let expected = [MessageTraceOptions(destination: "a.b"), MessageTraceOptions(destination: "c", sampling: 25), nil]
        #expect(configuration.options.accounts.map(\.tracing) == expected)
    }

    @Test(
        "What is wrong is told with its place",
        arguments: [
            ("x: 1\ny: 2", "c.conf:1:1: unknown field \"x\"\nc.conf:2:1: unknown field \"y\""),
            ("a: 1\nport: 1", "c.conf:1:1: unknown field \"a\""),
            ("port: abc", "c.conf:1:1: interface conversion: interface {} is string, not int64"),
            ("port: \"4222\"", "is string, not int64"), ("debug: 1", "is int64, not bool"),
            ("debug: \"yes\"", "is string, not bool"), ("pid_file: 3", "is int64, not string"),
            ("server_name: 2020-01-01T00:00:00Z", "is datetime, not string"),
            ("server_name: \"a b\"", "c.conf:1:1: server name cannot contain spaces"),
            ("server_tags: 3", "error parsing tags: unsupported type int64"),
            ("server_tags: [[a]]", "error parsing tags: unsupported type array where string is expected"),
            ("server_metadata: 3", "error parsing metadata: unsupported type int64"),
            ("server_metadata { a: 1 }", "is int64, not string"),
            ("listen: \"x:y\"", "could not parse port \"y\""),
            ("listen: \"127.0.0.1\"", "could not parse address string \"127.0.0.1\""),
            ("listen: true", "expected port or host:port, got bool"),
            ("http: \"127.0.0.1:x\"", "could not parse port \"x\""),
            ("max_payload: 3GB", "max_payload value is too big"),
            ("max_control_line: 3GB", "max_control_line value is too big"),
            ("max_sub_tokens: 256", "max_sub_tokens value is too big"),
            ("max_sub_tokens: 0", "max_sub_tokens value can not be negative"),
            ("write_deadline: \"x\"", "error parsing write_deadline: time: invalid duration \"x\""),
            ("ping_interval: \"1\"", "error parsing ping_interval"),
            ("ping_interval: 99999999999", "ping_interval value is too big"),
            ("ping_interval: \"2000000h\"", "ping_interval value is too big"),
            ("write_deadline: -9223372036", "write_deadline value is too big"),
            ("lame_duck_duration: \"2000000h\"", "lame_duck_duration value is too big"),
            ("write_timeout: foo", "write_timeout must be 'default', 'close' or 'retry'"),
            ("lame_duck_duration: \"3s\"", "invalid lame_duck_duration of 3s, minimum is 30 seconds"),
            ("lame_duck_duration: 120", "is int64, not string"),
            ("lame_duck_grace_period: \"-3s\"", "invalid lame_duck_grace_period, needs to be positive"),
            ("system_account: 3", "system account name must be a string"),
            ("feature_flags: 3", "error parsing feature flags: unsupported type int64"),
            (
                "feature_flags { js_ack_fc_v2: 1 }",
                "error parsing feature flag \"js_ack_fc_v2\": expected bool, got int64"
            ),
            ("mappings: 3", "is int64, not map"),
            (
                "authorization { users: [{user: a, password: b, permissions: {publish: []}}] }",
                "the empty list of \"publish\" allows nothing"
            ),
            (
                "accounts { A { msg_trace: 3 } }",
                "account message trace \"msg_trace\" to be a string or a map/struct"
            ),
            ("accounts { A { trace_dest: a.* } }", "c.conf:1:16: Trace destination \"a.*\" is not valid"),
            ("accounts { A { msg_trace: {dest: 3} } }", "Field \"dest\" should be a string, got int64"),
            (
                "accounts { A { msg_trace: {dest: a, x: 3} } }",
                "Unknown field \"x\" parsing account message trace"
            ),
            (
                "accounts { A { msg_trace: {dest: a, sampling: 0} } }",
                "value 0 is invalid, needs to be [1..100]"
            ),
            (
                "accounts { A { msg_trace: {dest: a, sampling: x} } }",
                "Invalid trace destination sampling value"
            ),
            (
                "accounts { A { msg_trace: {dest: a, sampling: true} } }",
                "an integer or a percentage, got bool"
            ),
            (
                "accounts { A { msg_trace: {sampling: 3} } }",
                "warning c.conf:1:16: Trace destination sampling ignored"
            ),
            ("mappings { \"a..b\": b }", "Subject \"a..b\" is not a valid"),
            ("mappings { a: 3 }", "Expected an entry for the mapping destination"),
            ("mappings { a: {foo: b, dest: c} }", "Unknown field \"foo\" for mapping destination"),
            ("mappings { a: {dest: b, weight: 101} }", "Invalid weight 101 for mapping destination"),
            ("mappings { a: {dest: b, weight: \"x%\"} }", "Invalid weight \"x\" for mapping destination"),
            (
                "mappings { a: [{dest: b, weight: \"60%\"}, {dest: c, weight: 60%}] }",
                "Error adding mapping for \"a\" : total weight needs to be <= 100"
            ),
            ("mappings { a: [{dest: b, weight: 1}, {dest: b, weight: 2}] }", "duplicate entry for \"b\""),
            (
                "mappings { a.*: b.$2 }",
                "Error adding mapping for \"a.*\" to \"b.$2\" : invalid mapping destination: wildcard index out of"
            ),
            ("mappings { a.>: {dest: b} }", "Error adding mapping for \"a.>\" : invalid subject"),
        ]
    )
    func errors(text: String, message: String) {
        #expect(complaints(of: text).contains(message), "\(complaints(of: text))")
    }

    @Test(
        "A plain number for a time is a warning",
        arguments: ["ping_interval", "write_deadline"]
    )
    func plainNumbers(key: String) throws {
        let warning = "invalid use of field \"\(key)\": \(key) should be converted to a duration"
        #expect(complaints(of: "\(key): 10") == "warning c.conf:1:1: \(warning)")
        // Without quotes, 2m is two million.
        #expect(complaints(of: "\(key): 2m").contains(warning))
        #expect(complaints(of: "\(key): \"2m\"") == "")
        #expect(try read("ping_interval: 2m").options.pingInterval == .seconds(2_000_000))
        #expect(try read("ping_interval: \"2m\"").options.pingInterval == .minutes(2))
    }

    @Test("Mappings come in three forms")
    func mappings() throws {
        let mappings = try read(
            """
            mappings {
                a.*: b.$1
                c: { destination: d, weight: "50%", cluster: east }
                e: [ { dest: f, weight: 20 }, { destination: g, weight: 30% } ]
            }
            """
        )
        .options.mappings
        #expect(
            mappings == [
                MappingOptions(source: "a.*", destinations: [.init(subject: "b.$1")]),
                MappingOptions(source: "c", destinations: [.init(subject: "d", weight: 50, cluster: "east")]),
                MappingOptions(
                    source: "e",
                    destinations: [.init(subject: "f", weight: 20), .init(subject: "g", weight: 30)]
                ),
            ]
        )
    }

    @Test(
        "A feature that is not built cannot be asked for",
        arguments: [
            "tls { cert_file: a }", "tls {}", "allow_non_tls: true",
            "proxies { trusted: [] }",
            "ocsp: true", "ocsp { mode: always }", "ocsp_cache: true", "syslog: true",
            "remote_syslog: \"udp://x\"",
            "https_port: 8443", "https: \"x:1\"", "prof_port: 1", "default_sentinel: x",
            "operator: x", "operators: [x]", "root: x", "trusted: x", "trusted_keys: [x]", "resolver: MEMORY",
            "resolver_tls {}", "resolver_preload {}", "resolver_pinned_accounts: [x]",
            "default_js_domain { A: x }",
            "cluster { name: x }", "gateway { name: x }", "leafnodes { port: 7422 }", "leaf {}",
            "websocket {}",
            "ws { port: 1 }", "mqtt { port: 1 }", "feature_flags { js_ack_fc_v2: true }",
            "authorization { auth_callout { issuer: x } }", "authorization { proxy_required: true }",
            "authorization { users: [{user: a, password: b, proxy_required: true}] }",
            "accounts { A { exports: [{stream: s}] } }", "accounts { A { imports: [{stream: s}] } }",
            "jetstream { tpm { provider: x } }",
        ]
    )
    func absent(text: String) {
        #expect(complaints(of: text).contains("is not supported by this server"), "\(complaints(of: text))")
    }

    @Test(
        "A wrong key of such a feature is told, too",
        arguments: [
            "tls", "cluster", "gateway", "leafnodes", "leaf", "websocket", "ws", "mqtt", "proxies",
            "resolver_tls",
        ]
    )
    func absentKeys(key: String) {
        #expect(complaints(of: "\(key) { nonsense: 1 }").contains("unknown field \"nonsense\""))
    }

    @Test(
        "To turn such a feature off is no error",
        arguments: [
            "allow_non_tls: false", "ocsp: false", "syslog: false", "https_port: 0",
            "feature_flags { js_ack_fc_v2: false }", "accounts { A { exports: [], imports: [] } }",
            "authorization { proxy_required: false }", "jetstream { tpm {} }",
            "prof_port: 0", "prof_block_rate: 5", "default_js_domain {}",
        ]
    )
    func turnedOff(text: String) {
        #expect(complaints(of: text) == "")
    }

    @Test("What changes nothing in this server is noted")
    func notices() throws {
        let configuration = try read("jetstream { max_buffered_msgs: 3 }\ndisable_sublist_cache: true")
        #expect(
            configuration.notices.map(\.description) == [
                "c.conf:1:13: \"max_buffered_msgs\" has no effect in this server",
                "c.conf:2:1: \"disable_sublist_cache\" has no effect in this server",
            ]
        )
        #expect(configuration.warnings.isEmpty)
    }
}

@Suite("JetStream in a configuration")
struct JetStreamOptionsTests {
    @Test(
        "It can be switched",
        arguments: [
            ("jetstream: true", true), ("jetstream: enabled", true), ("jetstream: \"disabled\"", false),
            ("jetstream: no", false), ("jetstream {}", true), ("jetstream { enabled: false }", false),
        ]
    )
    func switched(text: String, isOn: Bool) throws {
        #expect(try read(text).process.jetStream == isOn)
    }

    @Test("Every key finds its option")
    func keys() throws {
        let configuration = try read(
            """
            jetstream {
                store_dir: "/data", max_mem: 1GB, max_file: "2G", domain: hub
                key: secret, prev_key: old, cipher: AES, sync_interval: "10ms"
            }
            """
        )
        #expect(configuration.process.storeDirectory == "/data")
        #expect(configuration.options.maxMemoryStore == 1 << 30)
        #expect(configuration.options.maxFileStore == 2 << 30)
        #expect(configuration.options.domain == "hub")
        #expect(
            configuration.options.encryption
                == EncryptionOptions(cipher: .aes, key: "secret", previousKey: "old")
        )
        #expect(configuration.options.syncInterval == 10_000_000)
    }

    @Test("Without a word of it, and by always, messages are on disk before they are acknowledged")
    func always() throws {
        #expect(try read("jetstream {}").options.syncInterval == nil)
        #expect(try read("jetstream { sync: always }").options.syncInterval == nil)
        #expect(try read("jetstream { max_mem: -1 }").options.maxMemoryStore == nil)
    }

    @Test(
        "What is wrong is told",
        arguments: [
            ("jetstream: maybe", "Expected 'enabled' or 'disabled' for string value, got 'maybe'"),
            ("jetstream: 3", "Expected map, bool or string to define JetStream, got int64"),
            ("jetstream { foo: 1 }", "c.conf:1:13: unknown field \"foo\""),
            ("jetstream { max_mem: 1x }", "max_mem_store sizes defined as strings must end in K, M, G, T"),
            ("jetstream { max_mem: \"99999999999999G\" }", "max_mem_store sizes defined as strings must end"),
            ("jetstream { cipher: foo, key: x }", "Unknown cipher type: \"foo\""),
            (
                "jetstream { sync_interval: 10 }",
                "warning c.conf:1:13: invalid use of field \"sync_interval\""
            ),
            ("jetstream { sync_interval: \"x\" }", "error parsing sync_interval: time: invalid duration"),
            ("jetstream { sync_interval: \"-1s\" }", "sync_interval has to be always or a positive duration"),
            ("jetstream { store_dir: x, store: y }", "Duplicate 'store_dir' configuration"),
            ("store_dir: x\njetstream { store_dir: y }", "c.conf:2:13: Duplicate 'store_dir' configuration"),
            ("jetstream { limits { foo: 1 } }", "c.conf:1:22: unknown field \"foo\""),
            ("jetstream { limits { batch { foo: 1 } } }", "c.conf:1:30: unknown field \"foo\""),
            ("jetstream { limits: 3 }", "c.conf:1:13: Expected a map to define JetStreamLimits, got int64"),
            ("jetstream { limits { max_ack_pending: x } }", "is string, not int64"),
            ("jetstream { limits { duplicate_window: 10 } }", "is int64, not string"),
            ("jetstream { limits { duplicate_window: \"x\" } }", "time: invalid duration \"x\""),
            ("accounts { A { jetstream: x } }", "Expected 'enabled' or 'disabled' for string value, got 'x'"),
            ("accounts { A { jetstream { max_mem: \"1m\" } } }", "Expected a parseable size for \"max_mem\""),
            ("accounts { A { jetstream { foo: 1 } } }", "unknown field \"foo\""),
        ]
    )
    func errors(text: String, message: String) {
        #expect(complaints(of: text).contains(message), "\(complaints(of: text))")
    }

    @Test("What all streams may ask for finds its options; what only clusters and batches know is noted")
    func limits() throws {
        let configuration = try read(
            """
            jetstream { strict: false, request_queue_limit: 7, limits {
                duplicate_window: "1m", max_ack_pending: 5, max_request_batch: 10, max_ha_assets: 3
                batch { max_inflight_per_stream: 1, max_inflight_total: 2, max_msgs: 3, timeout: "3s" }
            } }
            """
        )
        #expect(configuration.options.streamLimits.duplicateWindow == Nanoseconds(60_000_000_000))
        #expect(configuration.options.streamLimits.maxAckPending == 5)
        #expect(configuration.options.streamLimits.maxRequestBatch == 10)
        #expect(!configuration.options.strictRequests)
        #expect(configuration.options.requestQueueLimit == 7)
        #expect(configuration.notices.count == 2)
        #expect(try read("jetstream {}").options.strictRequests)
    }

    @Test("An account's limits find their options")
    func account() throws {
        let account = try read(
            """
            accounts { A { jetstream {
                max_mem: 1m, max_file: 1g, max_streams: 3, max_consumers: 4, max_ack_pending: 5
                memory_max_stream_bytes: 6, disk_max_stream_bytes: 7, max_bytes_required: true
            } } }
            """
        )
        .options.accounts.first
        var limits = AccountOptions.JetStreamLimits()
        limits.maxMemory = 1_000_000
        limits.maxStorage = 1_000_000_000
        limits.maxStreams = 3
        limits.maxConsumers = 4
        limits.maxAckPending = 5
        limits.memoryMaxStreamBytes = 6
        limits.storageMaxStreamBytes = 7
        limits.maxBytesRequired = true
        #expect(account?.jetStream == limits)
    }
}

@Suite("Users and accounts in a configuration")
struct AccessOptionsTests {
    @Test("A single user, a token, and the time to show them")
    func single() throws {
        let user = try read("authorization { user: a, password: b, timeout: 0.5 }").options.authentication
        #expect(user.single == UserOptions(name: "a", credential: .password("b")))
        #expect(user.timeout == 500_000_000)
        let token = try read("authorization { token: $2a$11$abc, timeout: \"3s\" }").options.authentication
        #expect(token.token == "$2a$11$abc")
        #expect(token.timeout == 3_000_000_000)
    }

    @Test("Users have passwords, keys, permissions and ways to connect")
    func users() throws {
        let users = try read(
            """
            ADMIN = { publish: ">" }
            authorization {
                default_permissions: { subscribe: "public.>" }
                users: [
                    { user: a, password: b, permissions: $ADMIN }
                    { nkey: \(userKey), clients: [standard, in_process] }
                    { user: c }
                ]
            }
            """
        )
        .options.authentication.users
        #expect(users.map(\.name) == ["a", userKey, "c"])
        #expect(users.map(\.credential) == [.password("b"), .nkey, .none])
        #expect(users.allSatisfy { $0.account == "$G" })
        #expect(users[0].permissions?.publish?.allow == [.init(subject: ">")])
        #expect(users[0].permissions?.subscribe == nil)
        #expect(users[1].permissions?.subscribe?.allow == [.init(subject: "public.>")])
        #expect(users[1].connectionTypes == [.standard, .inProcess])
        #expect(users[2].permissions == users[1].permissions)
    }

    @Test("Permissions come in many forms")
    func permissions() throws {
        func permissions(_ text: String) throws -> PermissionOptions? {
            try read("authorization { users: [{user: a, password: b, permissions: {\(text)}}] }")
                .options.authentication.users.first?
                .permissions
        }
        #expect(try permissions("pub: { allow: [] }")?.publish == .init(allow: []), "allows nothing")
        #expect(try permissions("pub: a")?.publish == .init(allow: [.init(subject: "a")]))
        #expect(try permissions("pub: [a, b.*]")?.publish?.allow?.map(\.subject) == ["a", "b.*"])
        #expect(
            try permissions("sub: { allow: [\"q.* g*\"], deny: b }")?.subscribe
                == .init(allow: [.init(subject: "q.*", queue: "g*")], deny: [.init(subject: "b")])
        )
        #expect(try permissions("sub: { deny: b }")?.subscribe?.allow == nil)
        #expect(try permissions("allow_responses: true")?.responses == .init())
        #expect(try permissions("allow_responses: false")?.responses == nil)
        #expect(
            try permissions("allow_responses: { max: 5, expires: \"1m\" }")?.responses
                == .init(limit: 5, expiry: 60_000_000_000)
        )
        #expect(
            try permissions("allow_responses: { max: -1, expires: \"-1s\" }")?.responses
                == .init(limit: nil, expiry: nil)
        )
    }

    @Test("Accounts have limits, users and mappings of their own")
    func accounts() throws {
        let options = try read(
            """
            accounts {
                A {
                    limits { max_conn: 5, max_subs: 6, max_payload: 1kb, max_leafs: -1 }
                    users: [ { user: a, password: b } ], default_permissions { publish: x }
                    mappings { m: n }, jetstream: enabled
                }
                B: {}
                $SYS { users: [ { user: admin, password: s } ] }
            }
            """
        )
        .options
        #expect(options.accounts.map(\.name) == ["A", "B", "$SYS"])
        let account = options.accounts[0]
        #expect(account.maxConnections == 5)
        #expect(account.maxSubscriptions == 6)
        #expect(account.maxPayload == 1024)
        #expect(account.maxLeafNodes == nil)
        #expect(account.jetStream == AccountOptions.JetStreamLimits())
        #expect(account.mappings == [MappingOptions(source: "m", destinations: [.init(subject: "n")])])
        #expect(options.authentication.users.map(\.account) == ["A", "$SYS"])
        #expect(options.authentication.users[0].permissions?.publish?.allow == [.init(subject: "x")])
        #expect(options.authentication.users[1].permissions == nil)
        #expect(try read("accounts: [A, B]").options.accounts.map(\.name) == ["A", "B"])
    }

    @Test(
        "What is wrong is told",
        arguments: [
            ("authorization { foo: 3 }", "c.conf:1:17: unknown field \"foo\""),
            ("authorization: 3", "is int64, not map"), ("authorization { token: 3 }", "is int64, not string"),
            ("authorization { timeout: x }", "error parsing authorization config, 'timeout' time"),
            ("authorization { timeout: 4333 }", "warning c.conf:1:17: invalid use of field \"timeout\""),
            (
                "authorization { user: a, password: b, token: c}",
                "c.conf:1:1: Cannot have a user/pass and token"
            ),
            (
                "authorization { user: a, password: b, users: [{user: x, password: y}]}",
                "Can not have a single user/pass and a users array"
            ),
            (
                "authorization { token: b, users: [{user: x, password: y}]}",
                "Can not have a token and a users array"
            ),
            (
                "authorization {user: a, password: b}\naccounts { A { users [{user: x, password: y}]}}",
                "c.conf:2:1: Can not have a single user/pass and accounts"
            ),
            (
                "accounts { A { users [{user: x, password: y}]}}\nauthorization {token: b}",
                "Can not have a token and accounts"
            ),
            ("authorization { users: a }", "Expected users field to be an array"),
            ("authorization { users: [a] }", "Expected user entry to be a map/struct"),
            ("authorization { users: [{password: a}] }", "User entry requires a user"),
            ("authorization { users: [{user: a, password: b, account: X}] }", "unknown field \"account\""),
            (
                "authorization { users: [{user:a,password:b},{user:a,password:b}] }",
                "Duplicate user \"a\" detected"
            ),
            (
                "accounts { A { users: [{user: a, password: b}]}, B { users: [{user: a, password: b}] } }",
                "Duplicate user \"a\" detected"
            ),
            (
                "authorization { users: [{nkey: \(userKey)}, {nkey: \(userKey)}] }",
                "Duplicate nkey \"\(userKey)\" detected"
            ),
            ("authorization { users: [{nkey: UDEADBEEF}] }", "Not a valid public nkey for a user"),
            (
                "authorization { users: [{nkey: \(userKey.dropLast())5}] }",
                "Not a valid public nkey for a user"
            ),
            (
                "authorization { users: [{user: x, nkey: \(userKey)}] }",
                "Nkey users do not take usernames or passwords"
            ),
            (
                "authorization { users: [{user: a, connection_types: [bogus]}] }",
                "invalid connection types [\"BOGUS\"]"
            ),
            (
                "authorization { users: [{user: a, clients: 3}] }",
                "error parsing allowed connection types: unsupported type int64"
            ),
            (
                "authorization { permissions { publish: a, foo: b } }",
                "Unknown field \"foo\" parsing permissions"
            ),
            (
                "authorization { permissions { publish: {foo: b} } }",
                "Unknown field name \"foo\" parsing subject permissions, only 'allow' or 'deny' are permitted"
            ),
            ("authorization { permissions { publish: \"a b\" } }", "subject \"a b\" is not a valid subject"),
            (
                "authorization { permissions { publish: \"a..b\" } }",
                "subject \"a..b\" is not a valid subject"
            ),
            ("authorization { permissions { sub: \"a b c\" } }", "subject \"a b c\" is not a valid subject"),
            ("authorization { permissions { sub: 3 } }", "Expected subject permissions to be a subject"),
            (
                "authorization { permissions { allow_responses: 3 } }",
                "error parsing response permissions, expected a boolean or a map"
            ),
            (
                "authorization { permissions { allow_responses: {expires: 60} } }",
                "error parsing expires, not a duration string"
            ),
            ("accounts: [A, A]", "Duplicate Account Entry: A"), ("accounts { A: 3 }", "Expected map entries"),
            ("accounts { \"$G\" {} }", "c.conf:1:12: \"$G\" is a Reserved Account"),
            ("accounts: [\"$G\"]", "\"$G\" is a Reserved Account"),
            ("accounts: 3", "Expected accounts to be"),
            ("accounts { A { foo: 1 } }", "c.conf:1:16: unknown field \"foo\""),
            ("accounts { A { nkey: X } }", "Not a valid public nkey for an account: \"X\""),
            (
                "accounts { A { nkey: \(userKey) } }",
                "Not a valid public nkey for an account: \"\(userKey)\""
            ),
            ("accounts { A { limits { foo: 1 } } }", "Unknown field \"foo\" parsing account limits"),
            ("accounts { A { limits: 3 } }", "Expected account limits to be a map/struct"),
        ]
    )
    func errors(text: String, message: String) {
        #expect(complaints(of: text).contains(message), "\(complaints(of: text))")
    }
}
