import Broker
import Logging
import Monitoring
import NIOCore
import NIOPosix
import StreamModel
import TestSupport
import Weir

/// A server with monitoring on free ports of this machine, and what talks to it over sockets.
struct RunningServer {
    /// One HTTP response.
    struct Response {
        var status = 0
        var head = ""
        var body = ""

        /// The value of a header; nil if it is not there.
        func header(_ name: String) -> String? {
            for line in self.head.split(separator: "\r\n").dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2, parts[0].lowercased() == name {
                    return String(parts[1].drop { $0 == " " })
                }
            }
            return nil
        }

        /// The members of the body, which is to be an object.
        func members() throws -> [String: JSONValue] {
            guard case .object(let members) = try JSONValue(parsing: Array(self.body.utf8).span.bytes) else {
                return [:]
            }
            return Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        }
    }

    let port: Int
    let monitoringPort: Int
    let broker: Broker

    /// Runs `body` with a server, and stops it whatever happens.
    static func with(
        storesStreams: Bool = true,
        _ body: (RunningServer) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        var options = ServerOptions()
        options.host = "127.0.0.1"
        options.port = 0
        options.eventLoops = 2
        // Where many tests run at once, a client may get its turn late.
        options.pingInterval = .hours(1)
        options.firstPing = .hours(1)
        options.writeDeadline = .hours(1)
        options.storeDirectory = storesStreams ? "\(directory.path)/store" : nil
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = Server(options: options, logger: logger)
        let port = try await server.start()
        let monitoring = MonitoringServer(
            reports: server.reports,
            options: MonitoringOptions(port: 0),
            logger: logger
        )
        do {
            let running = RunningServer(
                port: port,
                monitoringPort: try await monitoring.start(),
                broker: server.broker
            )
            try await body(running)
        } catch {
            await monitoring.shutDown()
            await server.shutDown()
            throw error
        }
        await monitoring.shutDown()
        await server.shutDown()
        withExtendedLifetime(directory) {}
    }

    /// Asks a monitoring endpoint.
    func get(_ path: String, method: String = "GET") async throws -> Response {
        let text = try await Self.connect(self.monitoringPort) { connection in
            try await connection.send(
                "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            return try await connection.receive(until: nil)
        }
        var response = Response()
        var parts = text[...]
        // Swift takes CR LF for one character.
        while let line = parts.firstIndex(of: "\r\n") {
            let isBlank = line == parts.startIndex
            response.head += parts[...line]
            parts = parts[parts.index(after: line)...]
            if isBlank { break }
        }
        response.body = String(parts)
        response.status = Int(response.head.split(separator: " ").dropFirst().first ?? "") ?? 0
        return response
    }

    /// A connection over which text goes to and fro.
    struct TextConnection {
        fileprivate var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        fileprivate let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

        /// Sends a text.
        func send(_ text: String) async throws { try await self.outbound.write(ByteBuffer(string: text)) }

        /// Everything that comes until `end` was seen, or until the peer closes.
        mutating func receive(until end: String?) async throws -> String {
            var text = ""
            while let part = try await self.inbound.next() {
                text += String(buffer: part)
                if let end, text.contains(end) { break }
            }
            return text
        }
    }

    /// Connects to a port of this machine.
    static func connect<Result: Sendable>(
        _ port: Int,
        _ body: @escaping @Sendable (inout TextConnection) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = TextConnection(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&connection)
        }
    }
}
