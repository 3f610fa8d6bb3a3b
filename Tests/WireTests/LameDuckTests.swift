import Broker
import NIOCore
import Testing
import Weir

@Suite("Lame duck mode", .serialized)
struct LameDuckTests {
    private static let second: Int64 = 1_000_000_000

    /// The next line that is no PING.
    private static func nextLine(of client: ClientSocket) throws -> String {
        var line = try client.readLine()
        while line == Array("PING".utf8) { line = try client.readLine() }
        return String(decoding: line, as: UTF8.self)
    }

    /// What comes before the end, but for a PING.
    private static func rest(of client: ClientSocket) throws -> String {
        let text = String(decoding: try client.readToEnd(), as: UTF8.self)
        return text == "PING\r\n" ? "" : text
    }

    /// A client that understands it, one that has not asked for anything yet, and one that does not understand it.
    private static func makeClients(port: Int) throws -> (ClientSocket, ClientSocket, ClientSocket) {
        let modern = try ClientSocket(.lameDuck, port: port)
        try modern.send("CONNECT {\"verbose\":false,\"protocol\":1}\r\nPING\r\n")
        for _ in 0..<3 { _ = try modern.readLine() }
        let silent = try ClientSocket(.lameDuck, port: port)
        try silent.send("CONNECT {\"verbose\":false,\"protocol\":1}\r\n")
        let old = try ClientSocket(.lameDuck, port: port)
        try old.send("CONNECT {\"verbose\":false}\r\nPING\r\n")
        for _ in 0..<2 { _ = try old.readLine() }
        return (modern, silent, old)
    }

    @Test("Clients that understand it are told, and those that are there are served on; checklist item 73")
    func announcement() async throws {
        try await RunningServer.withStore { directory in
            var options = RunningServer.options(storeDirectory: directory)
            options.host = ClientSocket.Host.lameDuck.text
            options.lameDuckGracePeriod = 1000 * Self.second
            options.lameDuckDuration = 2000 * Self.second
            let server = RunningServer.make(options)
            let port = try await server.start()
            let (modern, silent, old) = try Self.makeClients(port: port)
            let leaving = Task { await server.enterLameDuckMode() }
            // On a thread of its own: the server's tasks need those of the pool.
            let clients = Sending((modern: modern, old: old))
            try await concurrently(1) { _ in
                let (modern, old) = clients.value
                let info = try Self.nextLine(of: modern)
                #expect(info.hasPrefix("INFO {") && info.contains("\"ldm\":true"))
                #expect(!info.contains("connect_urls") && !info.contains("connect_info"))
                #expect(server.broker.isLameDuck)
                #expect(throws: ClientSocket.Failure.self) { try ClientSocket(.lameDuck, port: port) }
                try old.send("PING\r\n")
                #expect(try Self.nextLine(of: old) == "PONG")
            }
            // A shutdown ends it at once.
            await server.shutDown()
            await leaving.value
            #expect(try Self.rest(of: modern) == "")
            #expect(try Self.rest(of: old) == "")
            _ = try silent.readLine()
            #expect(try Self.rest(of: silent) == "")
        }
    }

    @Test("All are closed without a word, and the server ends; checklist item 73")
    func leaving() async throws {
        try await RunningServer.withStore { directory in
            var options = RunningServer.options(storeDirectory: directory)
            options.host = ClientSocket.Host.lameDuck.text
            options.lameDuckGracePeriod = Self.second / 20
            options.lameDuckDuration = Self.second / 5
            let lines = LogLines()
            let server = RunningServer.make(options, lines: lines)
            let (modern, silent, old) = try Self.makeClients(port: try await server.start())
            await server.enterLameDuckMode()
            #expect(try Self.nextLine(of: modern).hasPrefix("INFO {"))
            #expect(try Self.rest(of: modern) == "")
            #expect(try Self.rest(of: old) == "")
            _ = try silent.readLine()
            #expect(try Self.rest(of: silent) == "")
            #expect(lines.all.contains("Entering lame duck mode, stop accepting new clients"))
            #expect(lines.all.contains("Closing existing clients"))
            #expect(lines.all.contains("Initiating Shutdown..."))
        }
    }

    @Test("Without clients the server ends at once")
    func alone() async throws {
        try await RunningServer.withStore { directory in
            let server = RunningServer.make(RunningServer.options(storeDirectory: directory))
            _ = try await server.start()
            await server.enterLameDuckMode()
            await server.shutDown()
        }
    }
}
