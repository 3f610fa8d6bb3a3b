public import Broker
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import Reports
import Synchronization

/// Serves the monitoring endpoints of one server over HTTP (core.md §5).
///
/// It has an event loop of its own and looks at the broker through snapshots, so that a slow or hostile reader costs
/// the server's loops nothing but those.
///
///     let options = MonitoringOptions(port: 8222)
///     let monitoring = MonitoringServer(reports: server.reports, options: options, logger: logger)
///     let port = try await monitoring.start()
///     …
///     await monitoring.shutDown()          // before the server itself
public final class MonitoringServer: Sendable {
    /// Why monitoring could not start.
    public enum StartError: Error, CustomStringConvertible {
        /// The address could not be bound; the text is the system's.
        case cannotListen(address: String, reason: String)

        /// What is printed.
        public var description: String {
            switch self {
            case .cannotListen(let address, let reason):
                "Error listening on monitoring port: \(address), \(reason)"
            }
        }
    }

    /// The address that is listened on if none is given: this machine's own, because nothing authenticates readers.
    public static let defaultHost = "127.0.0.1"

    /// Connections that are served at a time; more wait to be accepted.
    private static let connectionsMax = 64
    /// How long a connection may say nothing.
    private static let idleTimeout = TimeAmount.seconds(30)
    /// The longest request head in bytes.
    private static let headBytesMax = 16 << 10

    private let reports: ServerReports
    private let options: MonitoringOptions
    private let logger: Logger
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let running = Mutex<Task<Void, Never>?>(nil)

    /// Prepares monitoring of a server; nothing is opened yet.
    public init(reports: ServerReports, options: MonitoringOptions, logger: Logger) {
        self.reports = reports
        self.options = options
        self.logger = logger
    }

    /// The address that is listened on.
    public var host: String { self.options.host ?? Self.defaultHost }

    /// What stands before each path: empty, or a slash and more, without one at the end.
    private var basePath: String {
        let path = self.options.basePath.split(separator: "/").joined(separator: "/")
        return path.isEmpty ? "" : "/\(path)"
    }

    /// Listens, once the broker does.
    ///
    /// - Returns: The port that is listened on.
    /// - Throws: ``StartError``. Nothing is left open then.
    public func start() async throws(StartError) -> Int {
        let (ports, continuation) = AsyncThrowingStream.makeStream(of: Int.self)
        let responder = MonitoringResponder(reports: self.reports, basePath: self.basePath)
        let address = ServerReports.Address(host: self.host, port: 0, basePath: self.basePath)
        let application = self.makeApplication(responder) { [reports = self.reports] port in
            responder.didListen()
            var address = address
            address.port = port
            reports.didListen(at: address)
            continuation.yield(port)
        }
        let logger = self.logger
        let task = Task {
            var end: (any Error)?
            do { try await application.run() } catch { end = error }
            continuation.finish(throwing: end)
            if !Task.isCancelled, responder.isListening {
                logger.error("Monitoring has ended: \(end.map { "\($0)" } ?? "it stopped listening")")
            }
        }
        self.running.withLock { $0 = task }
        var reason = "it was stopped"
        do {
            for try await port in ports {
                self.logger.info("Starting http monitor on \(self.host):\(port)")
                return port
            }
        } catch {
            reason = "\(error)"
        }
        await self.shutDown()
        throw .cannotListen(address: "\(self.host):\(self.options.port)", reason: reason)
    }

    /// Stops listening and cuts off whoever is still connected.
    public func shutDown() async {
        let task = self.running.withLock { running in
            defer { running = nil }
            return running
        }
        task?.cancel()
        await task?.value
        try? await self.group.shutdownGracefully()
    }

    private func makeApplication(
        _ responder: MonitoringResponder,
        didListen: @escaping @Sendable (Int) -> Void
    ) -> Application<MonitoringResponder> {
        var logger = self.logger
        // The library reports each step of its life, and every stop as an error; `start` logs what matters.
        logger.logLevel = .critical
        let port = self.options.port
        let limits = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: Self.headBytesMax,
            maxHeaderListSize: Self.headBytesMax,
            maxHeaderFieldCount: 100
        )
        return Application(
            responder: responder,
            server: .http1(
                configuration: .init(idleTimeout: Self.idleTimeout, httpDecoderConfiguration: limits)
            ),
            configuration: ApplicationConfiguration(
                address: .hostname(self.host, port: port),
                availableConnectionsDelegate: MaximumAvailableConnections(Self.connectionsMax)
            ),
            onServerRunning: { channel in didListen(channel.localAddress?.port ?? port) },
            eventLoopGroupProvider: .shared(self.group),
            logger: logger
        )
    }
}
