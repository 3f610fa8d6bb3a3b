import Broker
import Logging
import NIOCore
import NIOPosix
import StreamModel
import TestSupport
import Weir

/// A server with a system account on a free port of this machine, and clients of it.
struct SystemServer {
    let server: Server
    let port: Int

    /// Runs `body` with a server whose accounts are `A` (user `a`), `B` (user `b`) and `$SYS` (user `sys`), each with
    /// the name as its password, and stops it whatever happens.
    static func with(_ body: (SystemServer) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        var options = ServerOptions()
        options.host = "127.0.0.1"
        options.port = 0
        options.serverName = "unit"
        options.eventLoops = 2
        options.storeDirectory = "\(directory.path)/store"
        var first = AccountOptions(name: "A")
        first.jetStream = AccountOptions.JetStreamLimits()
        options.accounts = [first, AccountOptions(name: "B")]
        // Where many tests run at once, a client may get its turn late.
        options.authentication.timeout = 3_600_000_000_000
        options.pingInterval = .hours(1)
        options.firstPing = .hours(1)
        options.writeDeadline = .hours(1)
        options.authentication.users = [
            UserOptions(name: "a", credential: .password("a"), account: "A"),
            UserOptions(name: "b", credential: .password("b"), account: "B"),
            UserOptions(name: "sys", credential: .password("sys"), account: "$SYS"),
        ]
        let server = Server(options: options, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let port = try await server.start()
        do {
            try await body(SystemServer(server: server, port: port))
        } catch {
            await server.shutDown()
            throw error
        }
        await server.shutDown()
        withExtendedLifetime(directory) {}
    }

    /// A client of the server, from `CONNECT` on.
    struct Client {
        fileprivate var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        fileprivate let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        private var text = ""

        fileprivate init(
            _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
            _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        ) {
            self.inbound = inbound
            self.outbound = outbound
        }

        /// Sends lines.
        func send(_ text: String) async throws { try await self.outbound.write(ByteBuffer(string: text)) }

        /// Everything up to and with `end`; what is left is kept for the next call.
        mutating func receive(until end: String) async throws -> String {
            while true {
                if let range = self.text.utf8Range(of: end) {
                    let found = String(self.text[..<range])
                    self.text = String(self.text[range...])
                    return found
                }
                guard let part = try await self.inbound.next() else { return self.text }
                self.text += String(buffer: part)
            }
        }

        /// The answer's body; empty if nobody answers requests on that subject.
        mutating func request(_ subject: String, _ body: String = "") async throws -> String {
            try await self.send("SUB reply 9\r\nPUB \(subject) reply \(body.utf8.count)\r\n\(body)\r\n")
            _ = try await self.receive(until: "MSG reply 9 ")
            let head = try await self.receive(until: "\r\n")
            if head.contains(" ") { return "" }
            let answer = try await self.receive(until: "\r\n")
            try await self.send("UNSUB 9\r\nPING\r\n")
            _ = try await self.receive(until: "PONG\r\n")
            return String(answer.dropLast())
        }
    }

    /// Connects as that user.
    func client<Result: Sendable>(
        _ user: String,
        password: String? = nil,
        _ body: @escaping @Sendable (inout Client) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: self.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var client = Client(inbound.makeAsyncIterator(), outbound)
            let options =
                #"{"verbose":false,"user":"\#(user)","pass":"\#(password ?? user)","name":"n-\#(user)","lang":"test","#
                + #""protocol":1,"headers":true,"no_responders":true}"#
            try await client.send("CONNECT \(options)\r\nPING\r\n")
            _ = try await client.receive(until: password == nil ? "PONG\r\n" : "-ERR")
            return try await body(&client)
        }
    }
}

extension String {
    /// The end of the first place where `part` is found.
    fileprivate func utf8Range(of part: String) -> String.Index? {
        let (bytes, part) = (Array(self.utf8), Array(part.utf8))
        guard part.count <= bytes.count else { return nil }
        for start in 0...bytes.count - part.count where bytes[start..<start + part.count].elementsEqual(part)
        {
            return self.utf8.index(self.utf8.startIndex, offsetBy: start + part.count)
        }
        return nil
    }
}
