import Broker
import Logging
import Monitoring
import Reports
import ServerConfiguration
import Synchronization
import Weir

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// One server from its start to its end: what signals ask of it, and the files around it.
actor ServerProcess {
    private let program: ProgramName
    private let flags: ServerFlags
    private let log = ServerLog()
    private let logger: Logger
    /// What is in use.
    private var configuration: Configuration
    private var portsFile: PortsFile?
    private var clientPort = 0
    private var monitoringPort: Int?
    /// Whether clients are being sent elsewhere.
    private var isLeaving = false
    private var isReloading = false

    /// A server with `configuration`, in which `flags` are contained.
    init(program: ProgramName, flags: ServerFlags, configuration: Configuration) {
        self.program = program
        self.flags = flags
        self.configuration = configuration
        self.logger = self.log.logger
    }

    /// Runs the server until it ends; returns the exit code.
    func run() async -> CInt {
        let process = self.configuration.process
        if let reason = self.log.configure(process) {
            StandardStreams.printError("\(self.program.text): error opening log file: \(reason)")
            return 1
        }
        if let file = self.configuration.file {
            self.logger.info(
                "Using configuration file: \(file) (\(self.configuration.options.configurationDigest))"
            )
        }
        for notice in self.configuration.notices { self.logger.warning("\(notice)") }
        if self.configuration.hasPlainSecrets {
            self.logger.warning("Plaintext passwords detected, use nkeys or bcrypt")
        }
        if let path = process.pidFile, let reason = SystemFiles.put("\(getpid())", at: path) {
            return self.fail("Could not write pidfile: open \(path): \(reason)")
        }
        let options = self.configuration.options
        guard (0...65_535).contains(options.port) else {
            return self.fail("Error listening on port: \(options.host):\(options.port), \"invalid port\"")
        }
        guard (-1...65_535).contains(process.monitoringPort) else {
            return self.fail(
                "Can't start monitoring: can't listen to the monitor port: address \(process.monitoringPort): invalid port"
            )
        }
        let signals = Signals()
        let server = Server(options: options, logger: self.logger)
        do {
            self.clientPort = try await server.start()
        } catch {
            return self.fail("\(error)")
        }
        let monitoring = self.makeMonitoring(of: server)
        do {
            self.monitoringPort = try await monitoring?.start()
        } catch {
            await server.shutDown()
            return self.fail("\(error)")
        }
        signals.beginServing()
        server.reports.onReload { [weak self, weak server] in
            guard let self, let server else { return "the server is stopping" }
            return await self.reload(server)
        }
        self.writePortsFile()
        ProgramPages.giveBack()
        await self.serve(server, signals)
        await monitoring?.shutDown()
        await server.shutDown()
        self.portsFile?.remove()
        self.logger.info("Server Exiting..")
        return 0
    }

    private func fail(_ text: String) -> CInt {
        self.logger.critical("\(text)")
        return 1
    }

    /// What serves the monitoring endpoints; nil if they were not asked for.
    private func makeMonitoring(of server: Server) -> MonitoringServer? {
        let process = self.configuration.process
        guard process.monitoringPort != 0 else { return nil }
        let options = MonitoringOptions(
            host: process.monitoringHost,
            port: process.monitoringPort == -1 ? 0 : process.monitoringPort,
            basePath: process.monitoringBasePath
        )
        return MonitoringServer(reports: server.reports, options: options, logger: self.logger)
    }

    private func writePortsFile() {
        guard let directory = self.configuration.process.portsFileDirectory else { return }
        let host = self.configuration.options.host
        self.portsFile = PortsFile(
            directory: directory,
            program: self.program.text,
            url: "nats://\(host == "0.0.0.0" ? "127.0.0.1" : host):\(self.clientPort)",
            monitoringURL: self.monitoringPort.map { port in
                let host = self.configuration.process.monitoringHost ?? MonitoringServer.defaultHost
                return "http://\(host == "0.0.0.0" ? "127.0.0.1" : host):\(port)"
            }
        )
        if self.portsFile == nil {
            self.logger.error("Error writing ports file in \(directory): \(SystemFiles.reason(errno))")
        }
    }

    // MARK: Signals

    /// Does what signals ask for until one of them, or the end of the lame duck mode, stops the server.
    private func serve(_ server: Server, _ signals: Signals) async {
        let (events, continuation) = AsyncStream.makeStream(of: Signals.Received?.self)
        let reader = Task {
            for await received in signals.received { continuation.yield(received) }
        }
        var leaving: Task<Void, Never>?
        for await event in events {
            guard let event else { break }
            self.logger.info("Trapped \"\(event.name)\" signal")
            switch event.number {
            case SIGHUP:
                _ = await self.reload(server)
            case SIGUSR1:
                self.reopenLog()
            case SIGUSR2:
                if leaving != nil { break }
                self.isLeaving = true
                leaving = Task {
                    await server.enterLameDuckMode()
                    continuation.yield(nil)
                }
            case SIGTERM where self.isLeaving:
                // The end is near, and whoever waits for it sends this to make sure.
                break
            default:
                continuation.finish()
            }
        }
        reader.cancel()
    }

    private func reopenLog() {
        if let reason = self.log.reopen() {
            self.logger.error("Error reopening the log file: \(reason)")
        } else {
            self.logger.info("File log re-opened")
        }
    }

    // MARK: Reload

    /// Reads the configuration file again and does what can be done without a restart (core.md §4.6).
    ///
    /// - Returns: Why it cannot take the place of the one in use, nil if it did.
    private func reload(_ server: Server) async -> String? {
        // A signal and a request may ask at the same time.
        guard !self.isReloading else { return "the configuration is being reloaded" }
        self.isReloading = true
        defer { self.isReloading = false }
        do {
            try await self.tryReload(server)
            return nil
        } catch {
            self.logger.error("Failed to reload server configuration: \(error)")
            return "\(error)"
        }
    }

    private func tryReload(_ server: Server) async throws {
        guard let file = self.configuration.file else { throw ReloadFailure.noFile }
        var new = try Configuration(file: file, sources: SystemFiles.sources)
        do {
            try self.flags.apply(to: &new)
        } catch {
            throw ReloadFailure.invalid(error.text)
        }
        new.resolve(storesByDefault: false)
        if let problem = new.startProblem { throw ReloadFailure.invalid(problem) }
        let changes = try ConfigurationChanges(from: self.configuration, to: new)
        try self.applyProcess(new.process)
        for warning in new.warnings { self.logger.warning("\(warning)") }
        await server.broker.apply(new.options)
        self.configuration = new
        for line in changes.lines { self.logger.info("Reloaded: \(line)") }
        self.logger.info("Reloaded server configuration (\(new.options.configurationDigest))")
    }

    /// The log and the files around the server.
    private func applyProcess(_ new: ProcessOptions) throws(ReloadFailure) {
        let old = self.configuration.process
        if new.logFile != old.logFile {
            if let reason = self.log.configure(new) { throw .invalid("error opening log file: \(reason)") }
        } else {
            self.log.setForm(new)
        }
        if new.pidFile != old.pidFile, let path = new.pidFile,
            let reason = SystemFiles.put("\(getpid())", at: path)
        {
            self.logger.error("Could not write pidfile: open \(path): \(reason)")
        }
        if new.portsFileDirectory != old.portsFileDirectory {
            self.portsFile?.remove()
            self.portsFile = nil
            self.configuration.process.portsFileDirectory = new.portsFileDirectory
            self.writePortsFile()
        }
    }
}

/// Why a configuration cannot take the place of the one in use.
private enum ReloadFailure: Error, CustomStringConvertible {
    case noFile
    case invalid(String)

    var description: String {
        switch self {
        case .noFile: "can only reload config when a file is provided using -c or --config"
        case .invalid(let text): text
        }
    }
}
