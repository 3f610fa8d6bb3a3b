import ArgumentParser

/// What the command line says, nil where it says nothing.
///
/// ``ArgumentList`` prepares it, ``UsageText`` explains it.
struct ServerFlags: ParsableArguments {
    @Option(name: .customLong("addr")) var address: String?
    @Option(name: .customLong("port")) var port: Int?
    @Option(name: .customLong("server_name")) var serverName: String?
    @Option(name: .customLong("pid")) var pidFile: String?
    @Option(name: .customLong("http_port")) var monitoringPort: Int?
    @Option(name: .customLong("https_port")) var secureMonitoringPort: Int?
    @Option(name: .customLong("config")) var configuration: String?
    @Option(name: .customLong("test")) var test: Bool?
    @Option(name: .customLong("signal")) var signal: String?
    @Option(name: .customLong("client_advertise")) var clientAdvertise: String?
    @Option(name: .customLong("ports_file_dir")) var portsFileDirectory: String?

    @Option(name: .customLong("log")) var logFile: String?
    @Option(name: .customLong("logtime")) var logTime: Bool?
    @Option(name: .customLong("logtime_utc")) var logTimeUTC: Bool?
    @Option(name: .customLong("syslog")) var syslog: Bool?
    @Option(name: .customLong("remote_syslog")) var remoteSyslog: String?
    @Option(name: .customLong("debug")) var debug: Bool?
    @Option(name: .customLong("trace")) var trace: Bool?
    @Option(name: .customLong("trace_verbose")) var traceVerbose: Bool?
    @Option(name: .customLong("debug_trace")) var debugAndTrace: Bool?
    @Option(name: .customLong("debug_trace_verbose")) var debugAndTraceVerbose: Bool?
    @Option(name: .customLong("log_size_limit")) var logSizeLimit: Int?
    @Option(name: .customLong("max_traced_msg_len")) var maxTracedMessageLength: Int?

    @Option(name: .customLong("jetstream")) var jetStream: Bool?
    @Option(name: .customLong("store_dir")) var storeDirectory: String?
    @Option(name: .customLong("sync_interval")) var syncInterval: String?
    @Option(name: .customLong("protected_mode")) var protectedMode: String?

    @Option(name: .customLong("user")) var user: String?
    @Option(name: .customLong("pass")) var password: String?
    @Option(name: .customLong("auth")) var token: String?

    @Option(name: .customLong("tls")) var tls: Bool?
    @Option(name: .customLong("tlsverify")) var tlsVerify: Bool?
    @Option(name: .customLong("tlscert")) var tlsCertificate: String?
    @Option(name: .customLong("tlskey")) var tlsKey: String?
    @Option(name: .customLong("tlscacert")) var tlsAuthorities: String?

    @Option(name: .customLong("routes")) var routes: String?
    @Option(name: .customLong("cluster")) var cluster: String?
    @Option(name: .customLong("cluster_listen")) var clusterListen: String?
    @Option(name: .customLong("cluster_name")) var clusterName: String?
    @Option(name: .customLong("cluster_advertise")) var clusterAdvertise: String?
    @Option(name: .customLong("connect_retries")) var connectRetries: Int?
    @Option(name: .customLong("no_advertise")) var noAdvertise: Bool?
    @Option(name: .customLong("profile")) var profile: Int?

    @Option(name: .customLong("help")) var help: Bool?
    @Option(name: .customLong("version")) var version: Bool?
    @Option(name: .customLong("help_tls")) var helpTLS: Bool?
}
