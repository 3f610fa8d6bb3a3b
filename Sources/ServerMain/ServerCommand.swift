import ArgumentParser
import Broker
import Logging
import Monitoring
import StreamModel
import Weir

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The program `weir-server`: reads the flags, runs a server, and stops it on a signal.
@main
struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weir-server",
        abstract: "A persistent event-streaming server that speaks the NATS protocol and the JetStream API.",
        discussion: """
            Every flag may be written with one dash or two.
            An acknowledgement of a stream publish means that the message is on disk.
            """
    )

    @Option(
        name: [
            .customShort("a"), .customLong("addr"), .customLong("addr", withSingleDash: true),
            .customLong("net"),
            .customLong("net", withSingleDash: true),
        ],
        help: "Address to listen on."
    )
    var address = "0.0.0.0"

    @Option(
        name: [.customShort("p"), .customLong("port"), .customLong("port", withSingleDash: true)],
        parsing: .unconditional,
        help: "Port to listen on; -1 picks a free one and prints it."
    )
    var port = 4222

    @Option(
        name: [
            .customShort("n"), .customLong("name"), .customLong("name", withSingleDash: true),
            .customLong("server_name"), .customLong("server_name", withSingleDash: true),
        ],
        help: "Name of the server; its id if absent."
    )
    var name: String?

    @Flag(
        name: [
            .customLong("js", withSingleDash: true), .customLong("js"), .customLong("jetstream"),
            .customLong("jetstream", withSingleDash: true),
        ],
        help: "Streams are on by default; accepted for compatibility."
    )
    var jetStream = false

    @Option(
        name: [
            .customLong("sd", withSingleDash: true), .customLong("sd"), .customLong("store_dir"),
            .customLong("store_dir", withSingleDash: true),
        ],
        help: "Directory of the store; streams are kept in its folder weir."
    )
    var storeDirectory: String?

    @Option(
        name: [.customLong("sync_interval"), .customLong("sync_interval", withSingleDash: true)],
        help: """
            When acknowledged messages are on disk: "always" (before the acknowledgement), or a time such as 100ms \
            after which they are at the latest.
            """
    )
    var syncInterval = "always"

    @Option(
        name: [.customShort("m"), .customLong("http_port"), .customLong("http_port", withSingleDash: true)],
        parsing: .unconditional,
        help:
            "Port of the monitoring endpoints on 127.0.0.1, such as /varz; -1 picks a free one; off if absent."
    )
    var monitoringPort: Int?

    @Option(
        name: [.customLong("ports_file_dir"), .customLong("ports_file_dir", withSingleDash: true)],
        help: "Directory in which a file with the port is written while the server runs."
    )
    var portsFileDirectory: String?

    @Option(
        name: [.customLong("protected_mode"), .customLong("protected_mode", withSingleDash: true)],
        help: "Refuse clients from other hosts while nothing authenticates them: on or off."
    )
    var protectedMode = "on"

    @Flag(
        name: [.customShort("D"), .customLong("debug"), .customLong("debug", withSingleDash: true)],
        help: "Log more."
    )
    var debug = false

    @Flag(
        name: [.customShort("V"), .customLong("trace"), .customLong("trace", withSingleDash: true)],
        help: "Log operations of clients."
    )
    var trace = false

    @Flag(name: [.customLong("DV", withSingleDash: true)], help: "Both -D and -V.")
    var debugAndTrace = false

    @Flag(
        name: [.customShort("v"), .customLong("version"), .customLong("version", withSingleDash: true)],
        help: "Print the version and stop."
    )
    var version = false

    func run() async throws {
        if self.version {
            print("weir-server: v\(Server.version) (NATS \(Server.natsVersion))")
            return
        }
        DescriptorLimit.raise()
        HeapPolicy.apply()
        let level: Logger.Level = self.trace || self.debugAndTrace ? .trace : self.debug ? .debug : .info
        let logger = Logger(label: "weir") { _ in StandardErrorLog(level: level) }
        let server = Server(options: try self.makeOptions(), logger: logger)
        let monitoring = try self.makeMonitoring(of: server, logger: logger)
        let port: Int
        do {
            port = try await server.start()
        } catch {
            logger.critical("\(error)")
            throw ExitCode(1)
        }
        let monitoringPort: Int?
        do {
            monitoringPort = try await monitoring?.start()
        } catch {
            logger.critical("\(error)")
            await server.shutDown()
            throw ExitCode(1)
        }
        let portsFile = try self.writePortsFile(port: port, monitoringPort: monitoringPort, logger: logger)
        await Signals.waitForStop(logger: logger)
        await monitoring?.shutDown()
        await server.shutDown()
        portsFile?.remove()
        logger.info("Server Exiting..")
    }

    private func makeOptions() throws -> ServerOptions {
        var options = ServerOptions()
        options.host = self.address
        // The flag's -1 asks for a free port, which the system calls 0; 0 itself means the default.
        options.port = self.port == -1 ? 0 : self.port == 0 ? 4222 : self.port
        guard (0...65_535).contains(options.port) else {
            throw ValidationError("port \(self.port) is not between 1 and 65535, nor -1")
        }
        options.serverName = self.name
        options.encryption = try EncryptionEnvironment.options()
        options.storeDirectory = "\(self.storeDirectory ?? "weir-data")/weir"
        if self.syncInterval.lowercased() != "always" {
            let text = Array(self.syncInterval.utf8)
            guard let interval = unsafe Nanoseconds(text: text.span.bytes), interval > .zero else {
                throw ValidationError("sync_interval is \"\(self.syncInterval)\", neither always nor a time")
            }
            options.syncInterval = interval.rawValue
        }
        switch self.protectedMode.lowercased() {
        case "on", "true", "yes": options.protectedMode = true
        case "off", "false", "no": options.protectedMode = false
        default: throw ValidationError("protected_mode is \"\(self.protectedMode)\", neither on nor off")
        }
        return options
    }

    /// What serves the monitoring endpoints; nil if they were not asked for.
    private func makeMonitoring(of server: Server, logger: Logger) throws -> MonitoringServer? {
        guard let port = self.monitoringPort, port != 0 else { return nil }
        guard port == -1 || (1...65_535).contains(port) else {
            throw ValidationError("http_port \(port) is not between 1 and 65535, nor -1")
        }
        let options = MonitoringOptions(port: port == -1 ? 0 : port)
        return MonitoringServer(reports: server.reports, options: options, logger: logger)
    }

    private func writePortsFile(port: Int, monitoringPort: Int?, logger: Logger) throws -> PortsFile? {
        guard let directory = self.portsFileDirectory else { return nil }
        let host = self.address == "0.0.0.0" ? "127.0.0.1" : self.address
        let file = PortsFile(
            directory: directory,
            program: "weir-server",
            url: "nats://\(host):\(port)",
            monitoringURL: monitoringPort.map { "http://\(MonitoringServer.defaultHost):\($0)" }
        )
        if file == nil { logger.error("Cannot write the ports file in \(directory): errno \(errno)") }
        return file
    }
}
