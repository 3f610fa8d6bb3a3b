public import Broker
import StreamModel
import Synchronization

/// Tells of one server: each report is made from snapshots of its broker, and is the same over HTTP and in the system
/// account.
public final class ServerReports: Sendable {
    /// Where the endpoints are served.
    public struct Address: Sendable {
        /// The address listened on.
        public var host: String
        /// The port listened on.
        public var port: Int
        /// What stands before each path.
        public var basePath: String

        /// Endpoints on `port` of `host`.
        public init(host: String, port: Int, basePath: String) {
            self.host = host
            self.port = port
            self.basePath = basePath
        }
    }

    /// The server.
    public let broker: Broker
    let usage = ProcessUsage()
    private let address = Mutex<Address?>(nil)
    /// How often each path was asked for; bounded, since only paths that are served are counted.
    private let requests = Mutex<[String: Int]>([:])
    private let system = Mutex<(service: SystemService, events: SystemEvents)?>(nil)
    private let reloading = Mutex<(@Sendable () async -> String?)?>(nil)

    /// Reports of `broker`.
    public init(broker: Broker) { self.broker = broker }

    // MARK: - The system account

    /// Begins to answer requests and to tell of events in the system account: called once, before the server listens.
    public func startSystemService() {
        let service = SystemService(reports: self)
        let events = SystemEvents(service: service)
        let isFirst = self.system.withLock { system in
            if system != nil { return false }
            system = (service, events)
            return true
        }
        guard isFirst else { return }
        service.start()
        events.start()
    }

    /// Tells in the system account that the server stops, and nothing any more: called before it does.
    public func stopSystemService() { self.system.withLock { $0 }?.events.shutDown() }

    /// Tells in the system account that the server is about to stop.
    public func tellLameDuck() { self.system.withLock { $0 }?.events.tellLameDuck() }

    /// Sets what reads the configuration anew when the system account asks for it: it returns what is wrong, nil if
    /// nothing is.
    public func onReload(_ reload: @escaping @Sendable () async -> String?) {
        self.reloading.withLock { $0 = reload }
    }

    /// What reads the configuration anew.
    var reload: (@Sendable () async -> String?)? { self.reloading.withLock { $0 } }

    // MARK: - Reports

    /// Notes where the endpoints are served, which a report shows.
    public func didListen(at address: Address) { self.address.withLock { $0 = address } }

    /// Notes that a path was asked for over HTTP.
    public func didServe(_ path: String) { self.requests.withLock { $0[path, default: 0] += 1 } }

    /// Makes a report.
    ///
    /// To be called between the start and the end of the server.
    public func report(_ kind: ReportKind, _ parameters: ReportParameters) async throws(ReportError) -> Report
    {
        var writer = JSONWriter(capacity: 4096)
        switch kind {
        case .general:
            GeneralReport(
                server: await self.broker.snapshot(),
                address: self.address.withLock { $0 },
                usage: self.usage.reading(),
                requests: self.requests.withLock { $0 }
            )
            .write(to: &writer)
        case .jetStream: try await self.writeJetStream(JetStreamOptions(parameters), to: &writer)
        case .clients: try await self.writeClients(ClientOptions(parameters), to: &writer)
        case .accounts:
            let name = try parameters.text("acc", json: "account")
            try await self.writeAccounts(name.isEmpty ? nil : name, to: &writer)
        case .accountTraffic:
            let names = try parameters.texts("acc", json: "accounts")
            let unused = try parameters.flag("unused", json: "include_unused")
            AccountTrafficReport(accounts: await self.accountsWithTraffic(names, unused: unused))
                .write(self.broker.serverID, self.broker.now, to: &writer)
        case .subscriptions: try await self.writeSubscriptions(SubscriptionOptions(parameters), to: &writer)
        case .routes:
            _ = try parameters.subscriptions(json: "subscriptions", detail: "subscriptions_detail")
            self.writeRoutes(to: &writer)
        case .leafNodes:
            _ = try parameters.flag("subs", json: "subscriptions")
            self.writeLeafNodes(to: &writer)
        case .gateways:
            _ = try parameters.flag("accs", json: "accounts")
            _ = try parameters.subscriptions(json: "subscriptions", detail: "subscriptions_detail")
            self.writeGateways(to: &writer)
        case .groups:
            throw .notFound("No Raft nodes registered")
        case .queues:
            self.writeQueues(
                all: try parameters.flag("all"),
                named: try parameters.text("queues", json: "filter"),
                to: &writer
            )
        case .health: return await self.health(try HealthOptions(parameters))
        case .variables: ProcessReport(usage: self.usage.reading()).write(to: &writer)
        }
        return Report(writer)
    }

    /// Writes what begins most reports.
    func writeHead(to writer: inout JSONWriter) {
        writer.field("server_id", self.broker.serverID)
        writer.field("now", self.broker.now)
    }

    private func writeRoutes(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("server_id", self.broker.serverID)
        writer.field("server_name", self.broker.serverName)
        writer.field("now", self.broker.now)
        writer.field("num_routes", 0)
        writer.field("routes", [])
        writer.endObject()
    }

    private func writeLeafNodes(to writer: inout JSONWriter) {
        writer.beginObject()
        self.writeHead(to: &writer)
        writer.field("leafnodes", 0)
        writer.field("leafs", [])
        writer.endObject()
    }

    private func writeGateways(to writer: inout JSONWriter) {
        writer.beginObject()
        self.writeHead(to: &writer)
        for key in ["outbound_gateways", "inbound_gateways"] {
            writer.key(key)
            writer.beginObject()
            writer.endObject()
        }
        writer.endObject()
    }

    private func writeQueues(all: Bool, named filter: String, to writer: inout JSONWriter) {
        writer.beginObject()
        for queue in self.broker.queues where all || queue.pending > 0 {
            if !filter.isEmpty, !queue.name.contains(filter) { continue }
            writer.key(queue.name)
            writer.beginObject()
            writer.field("pending", queue.pending)
            writer.endObject()
        }
        writer.endObject()
    }
}
