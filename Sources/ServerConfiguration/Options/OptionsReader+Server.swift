import Broker
import NIOCore
import StreamModel

extension OptionsReader {
    /// Reads the top level of a configuration.
    mutating func read(_ root: ConfigurationMap) {
        for entry in root.entries {
            if self.readNetwork(entry) || self.readLog(entry) || self.readLimit(entry)
                || self.readTimes(entry)
                || self.readAccess(entry) || self.readFeature(entry) || self.readAbsent(entry)
            {
                continue
            }
            self.failUnknown(entry)
        }
        self.finishAccess()
    }

    // Each of these says whether the key is one of its own.

    /// Addresses, ports and names.
    private mutating func readNetwork(_ entry: ConfigurationMap.Entry) -> Bool {
        switch entry.name {
        case "host", "net":
            if let host = self.string(entry) { self.options.host = host }
        case "port":
            if let port = self.integer(entry) { self.process.port = port }
        case "listen":
            guard let (host, port) = self.address(entry) else { break }
            if let host { self.options.host = host.isEmpty ? "0.0.0.0" : host }
            self.process.port = port
        case "client_advertise":
            if let text = self.string(entry) { self.options.clientAdvertise = text.isEmpty ? nil : text }
        case "server_name":
            guard let name = self.string(entry) else { break }
            if name.contains(" ") {
                self.fail("server name cannot contain spaces", at: entry.position)
            }
            self.options.serverName = name.isEmpty ? nil : name
        case "server_tags":
            guard let tags = self.strings(entry, "tags") else { break }
            self.options.serverTags = tags.map { $0.lowercased() }
        case "server_metadata":
            self.readMetadata(entry)
        case "http_port", "monitor_port":
            if let port = self.integer(entry) { self.process.monitoringPort = port }
        case "http":
            guard let (host, port) = self.address(entry) else { break }
            self.process.monitoringHost = host.flatMap { $0.isEmpty ? nil : $0 }
            self.process.monitoringPort = port
        case "http_base_path":
            if let path = self.string(entry) { self.process.monitoringBasePath = path }
        case "pid_file", "pidfile":
            if let path = self.string(entry) { self.process.pidFile = path.isEmpty ? nil : path }
        case "ports_file_dir":
            if let path = self.string(entry) { self.process.portsFileDirectory = path.isEmpty ? nil : path }
        default:
            return false
        }
        return true
    }

    private mutating func readMetadata(_ entry: ConfigurationMap.Entry) {
        guard case .map(let map) = entry.value.kind else {
            self.fail("error parsing metadata: unsupported type \(entry.value.kindName)", at: entry.position)
            return
        }
        for member in map.entries {
            if let text = self.string(member) { self.options.serverMetadata[member.key] = text }
        }
    }

    /// The log.
    private mutating func readLog(_ entry: ConfigurationMap.Entry) -> Bool {
        switch entry.name {
        case "debug":
            if let flag = self.bool(entry) { self.process.debug = flag }
        case "trace":
            if let flag = self.bool(entry) { self.process.trace = flag }
        case "trace_verbose":
            if let flag = self.bool(entry) { self.process.traceVerbose = flag }
        case "trace_headers":
            if let flag = self.bool(entry) { self.process.traceHeaders = flag }
        case "max_traced_msg_len":
            if let length = self.integer(entry) { self.process.maxTracedMessageLength = max(0, length) }
        case "logtime":
            if let flag = self.bool(entry) { self.process.logTime = flag }
        case "logtime_utc":
            if let flag = self.bool(entry) { self.process.logTimeUTC = flag }
        case "log_file", "logfile":
            if let path = self.string(entry) { self.process.logFile = path.isEmpty ? nil : path }
        case "log_size_limit", "logfile_size_limit":
            if let bytes = self.integer(entry) { self.process.logSizeLimit = max(0, bytes) }
        case "log_max_num", "logfile_max_num":
            if let count = self.integer(entry) { self.process.logMaxFiles = max(0, count) }
        case "connect_error_reports":
            guard let count = self.integer(entry) else { break }
            self.process.connectErrorReports = count
            self.noteWithoutEffect(entry)
        case "reconnect_error_reports":
            guard let count = self.integer(entry) else { break }
            self.process.reconnectErrorReports = count
            self.noteWithoutEffect(entry)
        default:
            return false
        }
        return true
    }

    /// Limits of connections.
    private mutating func readLimit(_ entry: ConfigurationMap.Entry) -> Bool {
        switch entry.name {
        case "max_connections", "max_conn":
            if let count = self.integer(entry) { self.options.maxConnections = max(0, count) }
        case "connection_rate_limit":
            if let rate = self.integer(entry) { self.options.connectionRateLimit = max(0, rate) }
        case "max_subscriptions", "max_subs":
            if let count = self.integer(entry) { self.options.maxSubscriptions = max(0, count) }
        case "max_sub_tokens", "max_subscription_tokens":
            guard let count = self.integer(entry) else { break }
            if count > 255 {
                self.fail("\(entry.name) value is too big", at: entry.position)
            } else if count <= 0 {
                self.fail("\(entry.name) value can not be negative", at: entry.position)
            } else {
                self.options.maxSubscriptionTokens = count
            }
        case "max_control_line":
            guard let bytes = self.smallInteger(entry) else { break }
            self.options.maxControlLine = bytes > 0 ? bytes : 4096
        case "max_payload":
            guard let bytes = self.smallInteger(entry) else { break }
            self.options.maxPayload = bytes > 0 ? bytes : 1 << 20
        case "max_pending":
            guard let bytes = self.integer(entry) else { break }
            self.options.maxPending = bytes > 0 ? bytes : 64 << 20
        case "max_closed_clients":
            if let count = self.integer(entry) { self.options.maxClosedClients = max(0, count) }
        case "no_fast_producer_stall":
            if let flag = self.bool(entry) { self.options.noFastProducerStall = flag }
        case "no_header_support":
            if let flag = self.bool(entry) { self.options.noHeaders = flag }
        case "proxy_protocol":
            if let flag = self.bool(entry) { self.options.proxyProtocol = flag }
        case "protected_mode":
            self.readProtectedMode(entry)
        default:
            return false
        }
        return true
    }

    /// A switch of this server alone.
    private mutating func readProtectedMode(_ entry: ConfigurationMap.Entry) {
        if let flag = self.bool(entry) { self.options.protectedMode = flag }
    }

    /// Times of connections and of the server's end.
    private mutating func readTimes(_ entry: ConfigurationMap.Entry) -> Bool {
        switch entry.name {
        case "write_deadline":
            guard let time = self.durationOrSeconds(entry) else { break }
            self.options.writeDeadline = time > 0 ? .nanoseconds(time) : .seconds(10)
        case "write_timeout":
            guard let text = self.string(entry) else { break }
            switch text {
            case "default", "close", "retry":
                self.process.writeTimeout = text
                self.options.keepsSlowClients = text == "retry"
            default: self.fail("write_timeout must be 'default', 'close' or 'retry'", at: entry.position)
            }
        case "ping_interval":
            guard let time = self.durationOrSeconds(entry) else { break }
            self.options.pingInterval = time > 0 ? .nanoseconds(time) : .minutes(2)
        case "ping_max":
            guard let count = self.integer(entry) else { break }
            self.options.pingsOutstandingMax = count > 0 ? count : 2
        case "lame_duck_duration":
            guard let time = self.duration(entry) else { break }
            if time < 30_000_000_000 {
                self.fail(
                    "invalid lame_duck_duration of \(Nanoseconds(time)), minimum is 30 seconds",
                    at: entry.position
                )
            }
            self.options.lameDuckDuration = time
        case "lame_duck_grace_period":
            guard let time = self.duration(entry) else { break }
            if time < 0 {
                self.fail("invalid lame_duck_grace_period, needs to be positive", at: entry.position)
            }
            self.options.lameDuckGracePeriod = time
        default:
            return false
        }
        return true
    }

    /// Who may connect, and what they share.
    private mutating func readAccess(_ entry: ConfigurationMap.Entry) -> Bool {
        switch entry.name {
        case "authorization":
            self.readAuthorization(entry)
        case "accounts":
            self.readAccounts(entry)
        case "mappings", "maps":
            self.options.mappings = self.mappings(entry)
        case "no_auth_user":
            guard let name = self.string(entry) else { break }
            self.options.authentication.noAuthUser = name.isEmpty ? nil : name
        case "system_account", "system":
            guard case .string(let name) = entry.value.kind else {
                self.fail("system account name must be a string", at: entry.position)
                break
            }
            self.namesSystemAccount = true
            self.options.systemAccount = name
        case "no_system_account", "no_system", "no_sys_acc":
            if self.bool(entry) == true { self.options.systemAccount = nil }
        default:
            return false
        }
        return true
    }

    /// JetStream, and features that are switched.
    private mutating func readFeature(_ entry: ConfigurationMap.Entry) -> Bool {
        switch entry.name {
        case "jetstream":
            self.readJetStream(entry)
        case "store_dir", "storedir":
            self.readStoreDirectory(entry)
        case "feature_flags":
            self.readFeatureFlags(entry)
        case "disable_sublist_cache", "no_sublist_cache":
            guard let flag = self.bool(entry) else { break }
            self.process.noSublistCache = flag
            if flag { self.noteWithoutEffect(entry) }
        default:
            return false
        }
        return true
    }

    mutating func readStoreDirectory(_ entry: ConfigurationMap.Entry) {
        guard let path = self.string(entry) else { return }
        if self.storeDirectoryPosition != nil {
            self.fail("Duplicate 'store_dir' configuration", at: entry.position)
        }
        self.storeDirectoryPosition = entry.position
        self.process.storeDirectory = path.isEmpty ? nil : path
    }

    /// Flags of features that this server has not in one state or the other.
    private mutating func readFeatureFlags(_ entry: ConfigurationMap.Entry) {
        guard case .map(let map) = entry.value.kind else {
            self.fail(
                "error parsing feature flags: unsupported type \(entry.value.kindName)",
                at: entry.position
            )
            return
        }
        for member in map.entries {
            guard case .bool(let flag) = member.value.kind else {
                self.fail(
                    """
                    error parsing feature flag "\(member.key)": expected bool, got \(member.value.kindName)
                    """,
                    at: member.position
                )
                continue
            }
            self.process.featureFlags[member.key] = flag
            switch (member.key, flag) {
            case ("js_ack_fc_v2", true), ("js_api_reply_v2", true), ("js_snapshot_sources", true):
                self.failAbsent(member)
            case ("js_ack_fc_v2", false), ("js_api_reply_v2", false), ("js_snapshot_sources", false):
                break
            default:
                self.noteWithoutEffect(member)
            }
        }
    }
}
