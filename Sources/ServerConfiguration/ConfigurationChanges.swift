import Broker
import NIOCore
import StreamModel

/// What is different in a configuration that was read again (core.md §4.6).
public struct ConfigurationChanges: Sendable, Equatable {
    /// Why a configuration cannot take the place of the one in use.
    public struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
        /// What is printed.
        public let description: String
    }

    /// What changes, as it is logged: `max_payload = 1000`.
    public private(set) var lines: [String] = []

    /// Compares `new` with `old`; both are resolved.
    ///
    /// - Throws: ``Refusal`` if something changes that cannot change while the server runs.
    public init(from old: Configuration, to new: Configuration) throws(Refusal) {
        try Self.refuse(old, new)
        self.addLog(old.process, new.process)
        self.addServer(old.options, new.options)
        self.addAccess(old.options, new.options)
    }

    // MARK: What cannot change

    private static func refuse(_ old: Configuration, _ new: Configuration) throws(Refusal) {
        let (before, after) = (old.options, new.options)
        try self.same("Host", before.host, after.host)
        try self.same("Port", old.process.port, new.process.port)
        try self.same("ServerName", before.serverName ?? "", after.serverName ?? "")
        try self.same("MaxPending", before.maxPending, after.maxPending)
        try self.same("MaxSubs", before.maxSubscriptions, after.maxSubscriptions)
        try self.same("MaxSubTokens", before.maxSubscriptionTokens, after.maxSubscriptionTokens)
        try self.same("MaxClosedClients", before.maxClosedClients, after.maxClosedClients)
        try self.same(
            "LameDuckDuration",
            Nanoseconds(before.lameDuckDuration),
            Nanoseconds(after.lameDuckDuration)
        )
        try self.same(
            "LameDuckGracePeriod",
            Nanoseconds(before.lameDuckGracePeriod),
            Nanoseconds(after.lameDuckGracePeriod)
        )
        try self.same("ProxyProtocol", before.proxyProtocol, after.proxyProtocol)
        try self.same("NoHeaderSupport", before.noHeaders, after.noHeaders)
        try self.same("SystemAccount", before.systemAccount ?? "", after.systemAccount ?? "")
        try self.refuseNoAuthUser(before.authentication, after.authentication)
        try self.refuseProcess(old.process, new.process)
        try self.refuseStore(before, after)
    }

    private static func refuseProcess(_ before: ProcessOptions, _ after: ProcessOptions) throws(Refusal) {
        try self.same("HTTPHost", before.monitoringHost ?? "", after.monitoringHost ?? "")
        try self.same("HTTPPort", before.monitoringPort, after.monitoringPort)
        try self.same("HTTPBasePath", before.monitoringBasePath, after.monitoringBasePath)
        try self.same("LogSizeLimit", before.logSizeLimit, after.logSizeLimit)
        try self.same("LogMaxFiles", before.logMaxFiles, after.logMaxFiles)
        try self.same("NoSublistCache", before.noSublistCache, after.noSublistCache)
        try self.same("WriteTimeout", before.writeTimeout, after.writeTimeout)
        try self.same("FeatureFlags", Self.text(before.featureFlags), Self.text(after.featureFlags))
    }

    private static func text(_ flags: [String: Bool]) -> String {
        "map[" + flags.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }.joined(separator: " ") + "]"
    }

    private static func refuseStore(_ before: ServerOptions, _ after: ServerOptions) throws(Refusal) {
        try self.same("JetStream", before.storeDirectory != nil, after.storeDirectory != nil)
        guard before.storeDirectory == after.storeDirectory else {
            throw Refusal(description: "config reload not supported for jetstream storage directory")
        }
        guard after.storeDirectory != nil else { return }
        try self.same("JetStreamMaxMemory", before.maxMemoryStore ?? -1, after.maxMemoryStore ?? -1)
        try self.same("JetStreamMaxStore", before.maxFileStore ?? -1, after.maxFileStore ?? -1)
        try self.same("JetStreamDomain", before.domain ?? "", after.domain ?? "")
        try self.same("JetStreamRequestQueueLimit", before.requestQueueLimit, after.requestQueueLimit)
        try self.same("NoJetStreamStrict", !before.strictRequests, !after.strictRequests)
        try self.same("SyncAlways", before.syncInterval == nil, after.syncInterval == nil)
        try self.same(
            "SyncInterval",
            Nanoseconds(before.syncInterval ?? 0),
            Nanoseconds(after.syncInterval ?? 0)
        )
        guard before.encryption == after.encryption else {
            // The keys are nobody's business.
            throw Refusal(description: "config reload not supported for JetStreamKey")
        }
    }

    /// `no_auth_user` may go when its user does.
    private static func refuseNoAuthUser(
        _ before: AuthenticationOptions,
        _ after: AuthenticationOptions
    ) throws(Refusal) {
        if let name = before.noAuthUser, after.noAuthUser == nil,
            !after.users.contains(where: { $0.name == name })
        {
            return
        }
        try self.same("NoAuthUser", before.noAuthUser ?? "", after.noAuthUser ?? "")
    }

    private static func same<Value: Equatable>(_ field: String, _ old: Value, _ new: Value) throws(Refusal) {
        guard old != new else { return }
        throw Refusal(description: "config reload not supported for \(field): old=\(old), new=\(new)")
    }

    // MARK: What can change

    private mutating func add<Value: Equatable>(_ name: String, _ old: Value, _ new: Value) {
        if old != new { self.lines.append("\(name) = \(new)") }
    }

    private mutating func addLog(_ old: ProcessOptions, _ new: ProcessOptions) {
        self.add("debug", old.debug, new.debug)
        self.add("trace", old.trace, new.trace)
        self.add("trace_verbose", old.traceVerbose, new.traceVerbose)
        self.add("trace_headers", old.traceHeaders, new.traceHeaders)
        self.add("max_traced_msg_len", old.maxTracedMessageLength, new.maxTracedMessageLength)
        self.add("logtime", old.logTime, new.logTime)
        self.add("logtime_utc", old.logTimeUTC, new.logTimeUTC)
        self.add("log_file", old.logFile ?? "", new.logFile ?? "")
        self.add("pid_file", old.pidFile ?? "", new.pidFile ?? "")
        self.add("ports_file_dir", old.portsFileDirectory ?? "", new.portsFileDirectory ?? "")
        self.add("connect_error_reports", old.connectErrorReports, new.connectErrorReports)
        self.add("reconnect_error_reports", old.reconnectErrorReports, new.reconnectErrorReports)
    }

    private mutating func addServer(_ old: ServerOptions, _ new: ServerOptions) {
        self.add("client_advertise", old.clientAdvertise ?? "", new.clientAdvertise ?? "")
        self.add("max_connections", old.maxConnections, new.maxConnections)
        self.add("connection_rate_limit", old.connectionRateLimit, new.connectionRateLimit)
        self.add("max_control_line", old.maxControlLine, new.maxControlLine)
        self.add("max_payload", old.maxPayload, new.maxPayload)
        self.add(
            "ping_interval",
            Nanoseconds(old.pingInterval.nanoseconds),
            Nanoseconds(new.pingInterval.nanoseconds)
        )
        self.add("ping_max", old.pingsOutstandingMax, new.pingsOutstandingMax)
        self.add(
            "write_deadline",
            Nanoseconds(old.writeDeadline.nanoseconds),
            Nanoseconds(new.writeDeadline.nanoseconds)
        )
        self.add("no_fast_producer_stall", old.noFastProducerStall, new.noFastProducerStall)
        self.add("protected_mode", old.protectedMode, new.protectedMode)
        if old.streamLimits != new.streamLimits { self.lines.append("JetStream limits") }
        if old.serverTags != new.serverTags { self.lines.append("tags") }
        if old.serverMetadata != new.serverMetadata { self.lines.append("metadata") }
    }

    private mutating func addAccess(_ old: ServerOptions, _ new: ServerOptions) {
        let (before, after) = (old.authentication, new.authentication)
        if before.users != after.users || before.noAuthUser != after.noAuthUser {
            self.lines.append("authorization users")
        }
        if old.accounts != new.accounts { self.lines.append("accounts") }
        if old.mappings != new.mappings { self.lines.append("mappings") }
        if before.single?.name != after.single?.name { self.lines.append("authorization username") }
        if before.single?.credential != after.single?.credential {
            self.lines.append("authorization password")
        }
        if before.token != after.token { self.lines.append("authorization token") }
        self.add(
            "authorization timeout",
            Double(before.timeout) / 1e9,
            Double(after.timeout) / 1e9
        )
    }
}
