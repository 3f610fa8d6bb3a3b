import Broker
import ServerConfiguration

extension ServerFlags {
    /// A value on the command line that cannot be used.
    struct Failure: Error {
        let text: String
    }

    /// Puts what the command line says over `configuration`: it counts for more than a file.
    func apply(to configuration: inout Configuration) throws(Failure) {
        self.applyLog(to: &configuration.process)
        if let address { configuration.options.host = address }
        if let port { configuration.process.port = port }
        if let serverName {
            if serverName.contains(" ") {
                throw Failure(text: "server name cannot contain spaces")
            }
            configuration.options.serverName = serverName.isEmpty ? nil : serverName
        }
        if let pidFile { configuration.process.pidFile = pidFile.isEmpty ? nil : pidFile }
        if let monitoringPort { configuration.process.monitoringPort = monitoringPort }
        if let clientAdvertise {
            configuration.options.clientAdvertise = clientAdvertise.isEmpty ? nil : clientAdvertise
        }
        if let portsFileDirectory {
            configuration.process.portsFileDirectory = portsFileDirectory.isEmpty ? nil : portsFileDirectory
        }
        if let jetStream { configuration.process.jetStream = jetStream }
        if let storeDirectory { configuration.process.storeDirectory = storeDirectory }
        try self.applyAccess(to: &configuration.options)
        if let syncInterval {
            guard let interval = SyncInterval(syncInterval) else {
                throw Failure(text: "sync_interval is \"\(syncInterval)\", neither always nor a time")
            }
            configuration.options.syncInterval = interval.nanoseconds
        }
        if let protectedMode {
            switch protectedMode.lowercased() {
            case "on", "true", "yes": configuration.options.protectedMode = true
            case "off", "false", "no": configuration.options.protectedMode = false
            default: throw Failure(text: "protected_mode is \"\(protectedMode)\", neither on nor off")
            }
        }
        // A key in the file counts for more: the environment is there for those who keep it out of files.
        if configuration.options.encryption == nil {
            configuration.options.encryption = try EncryptionEnvironment.options()
        }
    }

    private func applyLog(to process: inout ProcessOptions) {
        if let logFile { process.logFile = logFile.isEmpty ? nil : logFile }
        if let logTime { process.logTime = logTime }
        if let logTimeUTC { process.logTimeUTC = logTimeUTC }
        if let logSizeLimit { process.logSizeLimit = max(0, logSizeLimit) }
        if let maxTracedMessageLength { process.maxTracedMessageLength = max(0, maxTracedMessageLength) }
        if let debug { process.debug = debug }
        if let trace { process.trace = trace }
        if let traceVerbose { process.traceVerbose = traceVerbose }
        if let debugAndTrace { (process.debug, process.trace) = (debugAndTrace, debugAndTrace) }
        if let debugAndTraceVerbose {
            (process.debug, process.traceVerbose) = (debugAndTraceVerbose, debugAndTraceVerbose)
        }
    }

    private func applyAccess(to options: inout ServerOptions) throws(Failure) {
        if let token, !token.isEmpty {
            if self.user?.isEmpty == false || self.password?.isEmpty == false {
                throw Failure(text: "Cannot have a user/pass and token")
            }
            options.authentication.token = token
        }
        guard self.user != nil || self.password != nil else { return }
        let single = options.authentication.single
        var password = ""
        if case .password(let text) = single?.credential { password = text }
        options.authentication.single = UserOptions(
            name: self.user ?? single?.name ?? "",
            credential: .password(self.password ?? password)
        )
    }

    /// Refuses flags of features that are not built.
    func checkFeatures() throws(Failure) {
        if let routes, !routes.isEmpty, self.cluster == nil, self.clusterListen == nil {
            throw Failure(text: "solicited routes require cluster capabilities, e.g. --cluster")
        }
        let flags: [(name: String, isUsed: Bool)] = [
            ("https_port", (self.secureMonitoringPort ?? 0) != 0), ("syslog", self.syslog == true),
            ("remote_syslog", self.remoteSyslog != nil), ("tls", self.tls == true),
            ("tlsverify", self.tlsVerify == true), ("tlscert", self.tlsCertificate != nil),
            ("tlskey", self.tlsKey != nil), ("tlscacert", self.tlsAuthorities != nil),
            ("routes", self.routes != nil), ("cluster", self.cluster != nil),
            ("cluster_listen", self.clusterListen != nil), ("cluster_name", self.clusterName != nil),
            ("cluster_advertise", self.clusterAdvertise != nil),
            ("connect_retries", (self.connectRetries ?? 0) != 0), ("no_advertise", self.noAdvertise == true),
            ("profile", (self.profile ?? 0) != 0),
        ]
        if let flag = flags.first(where: \.isUsed) {
            throw Failure(text: "\"--\(flag.name)\" is not supported by this server")
        }
    }
}
