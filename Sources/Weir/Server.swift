public import Broker
public import Logging
import NIOCore
import NIOPosix
public import Reports
import StreamModel
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// An embeddable server: it opens the store, listens, and serves until it is shut down.
///
///     let server = Server(options: options, logger: logger)
///     let port = try await server.start()
///     …
///     await server.shutDown()
public final class Server: Sendable {
    /// Why a server could not start.
    public enum StartError: Error, CustomStringConvertible {
        /// The address could not be bound; the text is the system's.
        case cannotListen(address: String, reason: String)
        /// The store could not be opened; the text says what is wrong and what to do.
        case cannotOpenStore(reason: String)

        /// What is printed.
        public var description: String {
            switch self {
            case .cannotListen(let address, let reason): "Error listening on port: \(address), \(reason)"
            case .cannotOpenStore(let reason): reason
            }
        }
    }

    /// This program's version.
    public static let version = ServerIdentity.version
    /// The version of the NATS server whose behaviour is matched.
    public static let natsVersion = ServerIdentity.natsVersion

    private let options: ServerOptions
    private let logger: Logger
    private let group: MultiThreadedEventLoopGroup
    /// The server without its sockets, for those that watch it.
    public let broker: Broker
    /// What the server tells of itself.
    public let reports: ServerReports
    private let listener = Mutex<(any Channel)?>(nil)
    /// What lame duck mode and the shutdown do; whoever asks again waits for the same end.
    private let leaving = Mutex<Task<Void, Never>?>(nil)
    private let ending = Mutex<Task<Void, Never>?>(nil)

    /// Prepares a server; nothing is opened yet.
    public init(options: ServerOptions, logger: Logger) {
        self.options = options
        self.logger = logger
        let loops = options.eventLoops ?? System.coreCount
        self.group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        self.broker = Broker(
            options: options,
            loops: Array(self.group.makeIterator()),
            clock: { Self.systemTime() },
            logger: logger
        )
        self.reports = ServerReports(broker: self.broker)
    }

    /// The server's id, as INFO shows it.
    public var id: String { self.broker.serverID }

    /// Opens the store, recovers what it holds, and listens.
    ///
    /// - Returns: The port that clients connect to.
    /// - Throws: ``StartError``. Nothing is left open then.
    public func start() async throws -> Int {
        do {
            try self.broker.openStore()
        } catch {
            throw StartError.cannotOpenStore(reason: "\(error)")
        }
        self.reports.startSystemService()
        let address = "\(self.options.host):\(self.options.port)"
        do {
            let channel = try await self.makeBootstrap()
                .bind(host: self.options.host, port: self.options.port).get()
            self.listener.withLock { $0 = channel }
            let port = channel.localAddress?.port ?? self.options.port
            self.broker.didListen(port: port)
            return port
        } catch {
            await self.broker.shutDown()
            throw StartError.cannotListen(address: address, reason: "\(error)")
        }
    }

    /// Stops listening, lets the clients go elsewhere, and shuts down once they are gone (core.md §1.12).
    ///
    /// Takes the lame duck duration of the options at most; ``shutDown()`` ends it at once.
    public func enterLameDuckMode() async {
        await self.stopListening()
        self.reports.tellLameDuck()
        let broker = self.broker
        let task = self.leaving.withLock { leaving in
            let task = leaving ?? Task { await broker.enterLameDuck() }
            leaving = task
            return task
        }
        await task.value
        await self.shutDown()
    }

    private func stopListening() async {
        let channel = self.listener.withLock { listener in
            defer { listener = nil }
            return listener
        }
        try? await channel?.close().get()
    }

    /// Stops listening, says goodbye to waiting pull requests, makes everything durable, and closes.
    public func shutDown() async {
        let task = self.ending.withLock { ending in
            let task = ending ?? Task { await self.end() }
            ending = task
            return task
        }
        await task.value
    }

    private func end() async {
        await self.stopListening()
        self.leaving.withLock { $0 }?.cancel()
        self.reports.stopSystemService()
        await self.broker.shutDown()
        try? await self.group.shutdownGracefully()
    }

    private func makeBootstrap() -> ServerBootstrap {
        let broker = self.broker
        // What waits for a client is counted from the high mark on: it must be noticed well before the limit.
        let high = min(1 << 20, max(1024, self.options.maxPending / 2))
        return ServerBootstrap(group: self.group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: high / 4, high: high))
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: 128 << 10)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(broker.makeHandler(on: channel.eventLoop))
                }
            }
    }

    private static func systemTime() -> Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
