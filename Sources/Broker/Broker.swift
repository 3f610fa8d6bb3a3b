public import Logging
public import NIOCore
public import StreamModel
import StreamStore
import Synchronization
import WireProtocol

/// The server without its sockets: shards, accounts, and what happens when a client comes.
public final class Broker: @unchecked Sendable {
    // Unchecked: `shards` and `jetStream` are set once in `init`; the rest is constant, atomic, or knows its own rules.

    /// What it was told at its start.
    let options: ServerOptions
    /// The server's id: a public key text.
    public let serverID: String
    /// One shard for each event loop.
    private(set) var shards: [Shard] = []
    /// All accounts.
    let accounts: AccountTable
    /// The account of everybody who named none.
    let defaultAccount: Account
    /// Streams and consumers of all accounts; nil when JetStream is off.
    private(set) var jetStream: JetStream?
    /// What every account has of the server's own, those that come later included.
    let services = Mutex<[(pattern: String, handler: @Sendable (Service.Request) -> Void)]>([])
    /// What a reload told it; at first the same as ``options``.
    let reloaded: Mutex<ServerOptions>
    /// Clients that are over the limit of a new configuration, and still to be closed.
    let surplusClients = Atomic<Int>(0)
    /// Decides who clients are; another configuration has another one.
    let authentication: Mutex<Authenticator>
    /// Where hashed passwords are compared.
    let passwords: PasswordQueue
    /// How fast hosts are told that they are wrong.
    let failedLogins = FailedLogins()
    /// How fast hosts connect.
    let connectionRates = ConnectionRates()
    /// Clients that have not said who they are yet, though they must.
    let unknownClients = Atomic<Int>(0)
    /// Reads the time.
    let clock: @Sendable () -> Timestamp
    /// Seed of the hashes of this process, so that nobody can aim at one place of a table.
    let hashSeed: UInt64
    /// Where writes and syncs happen.
    let disk: DiskQueue
    /// Log lines.
    let logger: Logger
    /// Whether operations of clients are logged.
    let isTracing: Atomic<Bool>
    /// The INFO text, without what is different for each client.
    private let infoCell: Mutex<EncodedServerInfo>

    /// Clients that are gone.
    let closedClients: ClosedClients
    /// Who is told what happens to clients.
    let clientObserver = Mutex<ClientObserver?>(nil)
    /// Says what the server is, for reports about messages.
    let serverDescription = Mutex<(@Sendable () -> [UInt8])?>(nil)
    /// When it was made.
    public let started: Timestamp
    /// The port that clients connect to; 0 before the server listens.
    let listeningPort = Atomic<Int>(0)
    /// The largest payload with its headers, in bytes.
    let maxPayload: Atomic<Int>
    /// The id of the last client that came.
    let clientIDs = Atomic<UInt64>(0)
    /// Clients connected now.
    let clientCount = Atomic<Int>(0)
    private let isShuttingDown = Atomic<Bool>(false)
    /// Whether the server is about to stop; see ``enterLameDuck()``.
    let lameDuckCell = Atomic<Bool>(false)

    /// Makes a broker over `loops`; `clock` reads the wall clock.
    public init(
        options: ServerOptions,
        loops: [any EventLoop],
        clock: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        precondition(!loops.isEmpty, "a broker needs an event loop")
        var generator = SystemRandomNumberGenerator()
        self.options = options
        self.clock = clock
        self.started = clock()
        self.logger = logger
        self.isTracing = Atomic(logger.logLevel <= .trace)
        self.hashSeed = generator.next()
        self.passwords = PasswordQueue(threads: max(1, System.coreCount / 2), seed: self.hashSeed)
        self.serverID = NKey(role: .server, using: &generator).text
        self.closedClients = ClosedClients(limit: options.maxClosedClients)
        self.disk = DiskQueue(threads: options.diskThreads)
        self.maxPayload = Atomic(options.maxPayload)
        self.reloaded = Mutex(options)
        self.accounts = AccountTable(seed: self.hashSeed, systemName: options.systemAccount)
        self.defaultAccount = self.accounts.make(named: Account.defaultName).account
        self.authentication = Mutex(Authenticator(options, accounts: self.accounts))
        self.infoCell = Mutex(
            ServerInfo(
                serverID: self.serverID,
                serverName: "",
                version: "",
                toolchain: "",
                host: "",
                port: 0,
                maxPayload: 0
            )
            .encoded()
        )
        for loop in loops {
            self.shards.append(
                Shard(
                    index: self.shards.count,
                    loop: loop,
                    broker: self,
                    shards: loops.count,
                    seed: generator.next()
                )
            )
        }
        if let path = options.storeDirectory {
            self.jetStream = JetStream(
                storage: JetStreamStorage(path: path, options: options, logger: logger),
                broker: self
            )
        }
        self.makeAccounts(options)
    }

    // MARK: Life

    /// Opens the store and recovers what it holds, before the server listens.
    ///
    /// - Throws: an error whose text says what is wrong.
    public func openStore() throws {
        self.logger.info("Starting weir-server")
        self.logger.info("  Version:  \(ServerIdentity.version)")
        self.logger.info("  NATS:     \(ServerIdentity.natsVersion)")
        self.logger.info("  Name:     \(self.options.serverName ?? self.serverID)")
        self.logger.info("  ID:       \(self.serverID)")
        let clock = ContinuousClock()
        let start = clock.now
        try self.jetStream?.open()
        if self.jetStream != nil {
            let seconds = start.duration(to: clock.now) / .seconds(1)
            self.disk.timer.note { $0.recovery = seconds }
        }
        // A client may come between binding and ``didListen(port:)``: it must not find an empty INFO.
        self.renewInfo(port: self.options.port)
    }

    /// Notes that the server listens on `port`.
    public func didListen(port: Int) {
        self.listeningPort.store(port, ordering: .relaxed)
        self.renewInfo(port: port)
        self.logger.info("Listening for client connections on \(self.options.host):\(port)")
        self.logger.info("Server is ready")
    }

    /// The INFO text, without what is different for each client.
    var info: EncodedServerInfo { self.infoCell.withLock { $0 } }

    /// Makes the INFO text anew, for clients that come from now on.
    func renewInfo(port: Int) {
        let info = self.makeInfo(port: port).encoded()
        self.infoCell.withLock { $0 = info }
    }

    /// The INFO for clients that are to go elsewhere.
    func makeLameDuckInfo() -> EncodedServerInfo {
        var info = self.makeInfo(port: self.listeningPort.load(ordering: .relaxed))
        info.lameDuckMode = true
        return info.encoded()
    }

    private func makeInfo(port: Int) -> ServerInfo {
        // Where clients are to come back to: the address told instead of the one listened on, where there is one.
        let current = self.current
        let advertised = current.clientAdvertise.map { HostAndPort($0, defaultPort: port) }
        var info = ServerInfo(
            serverID: self.serverID,
            serverName: self.options.serverName ?? self.serverID,
            version: ServerIdentity.natsVersion,
            toolchain: "weir-\(ServerIdentity.version)",
            host: advertised?.host ?? self.options.host,
            port: advertised?.port ?? port,
            maxPayload: current.maxPayload
        )
        info.headers = !self.options.noHeaders
        info.domain = self.jetStream == nil ? "" : self.options.domain ?? ""
        info.jetStream = self.jetStream != nil
        info.apiLevel = ServerIdentity.apiLevel
        return info
    }

    /// Tells waiting requests, makes everything durable, and closes all clients.
    public func shutDown() async {
        guard
            self.isShuttingDown.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
        else {
            return
        }
        self.logger.info("Initiating Shutdown...")
        await self.jetStream?.close()
        for shard in self.shards {
            try? await shard.loop.submit { shard.closeClients() }.get()
        }
    }

    // MARK: Clients

    /// The handler of a new connection on `loop`.
    public func makeHandler(on loop: any EventLoop) -> ClientHandler {
        let shard = self.shards.first { $0.loop === loop } ?? self.shards[0]
        return ClientHandler(broker: self, shard: shard)
    }

    /// Lets a new connection in, or sends it away; nil then.
    func admit(_ channel: any Channel, on shard: Shard) -> ClientSession? {
        let id = self.clientIDs.wrappingAdd(1, ordering: .relaxed).newValue
        let host = channel.remoteAddress?.ipAddress ?? ""
        var place = ServerInfo.Connection(clientID: id, clientIP: host)
        place.authRequired = self.authenticator.asksAtOnce
        // Behind a proxy, the host is told later.
        if !self.options.proxyProtocol, let text = self.refusesRate(of: host, at: shard.now) {
            self.turnAway(channel, place, text, isNoted: false)
            return nil
        }
        let isOpen = !self.authenticator.isRequired
        if isOpen, self.current.protectedMode, !LocalAddresses.contains(channel.remoteAddress) {
            self.logger.warning(
                "Refused \(host): protected mode is on, and nothing authenticates clients from other hosts"
            )
            self.turnAway(channel, place, Self.protectedMode)
            return nil
        }
        let count = self.clientCount.wrappingAdd(1, ordering: .relaxed).newValue
        let unknown = self.unknownClients.load(ordering: .relaxed)
        let most = self.current.maxConnections
        if count > most || (!isOpen && unknown >= self.unknownClientsMax) {
            self.clientCount.wrappingSubtract(1, ordering: .relaxed)
            self.logger.error("maximum connections exceeded: \(most)")
            self.turnAway(channel, place, "maximum connections exceeded")
            return nil
        }
        let connection = Connection(id: id, shard: shard.index, shards: self.shards.count, channel: channel)
        let session = ClientSession(connection: connection, shard: shard, host: host)
        connection.session = session
        shard.clients[id] = session
        self.logger.debug("\(session.logName) - Client connection created")
        return session
    }

    /// Counts a connection of `host`; why it may not come in, nil if it may.
    func refusesRate(of host: String, at now: Timestamp) -> String? {
        let rate = self.current.connectionRateLimit
        guard case .refused(let untold) = self.connectionRates.admit(host, rate: rate, at: now) else {
            return nil
        }
        let text = "maximum connection rate exceeded"
        if let untold {
            self.logger.error(
                "\(text): \(rate) per second of one host; refused \(untold), the last from \(host)"
            )
        }
        return text
    }

    /// Says why, and closes; `isNoted`: and lists it among the clients that are gone.
    private func turnAway(
        _ channel: any Channel,
        _ place: ServerInfo.Connection,
        _ reason: String,
        isNoted: Bool = true
    ) {
        if isNoted {
            self.closedClients.noteRefused(place.clientID, channel.remoteAddress, reason, at: self.clock())
        }
        var buffer = ByteBuffer()
        self.info.write(place, into: &buffer)
        FrameEncoder.writeError(reason, into: &buffer)
        channel.writeAndFlush(buffer).whenComplete { _ in channel.close(promise: nil) }
    }

    /// Notes that a client is gone.
    func clientDidDisconnect(_ session: ClientSession) {
        self.clientCount.wrappingSubtract(1, ordering: .relaxed)
        session.shard.clients[session.connection.id] = nil
    }

    /// Notes that a client is cut off because it does not read.
    func slowConsumer(_ session: ClientSession, _ reason: String) {
        session.shard.counters.slowConsumers += 1
        self.logger.info("\(session.logName) - Slow Consumer Detected: \(reason)")
    }
}
