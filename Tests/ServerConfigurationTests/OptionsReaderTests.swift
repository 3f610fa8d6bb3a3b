import Broker
import NIOCore
import ServerConfiguration
import StreamModel
import TestSupport
import Testing

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
        let expected = [
            MessageTraceOptions(destination: "a.b"), MessageTraceOptions(destination: "c", sampling: 25), nil,
        ]
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
