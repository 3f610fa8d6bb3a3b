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

    @Test("Clients that understand it are told, all are closed, and the server ends; checklist item 73")
    func announcement() async throws {
        try await RunningServer.withStore { directory in
            var options = RunningServer.options(storeDirectory: directory)
            options.lameDuckGracePeriod = Self.second / 10
            options.lameDuckDuration = Self.second / 4
            let lines = LogLines()
            let server = RunningServer.make(options, lines: lines)
            let port = try await server.start()
            let modern = try ClientSocket(port: port)
            try modern.send("CONNECT {\"verbose\":false,\"protocol\":1}\r\nPING\r\n")
            for _ in 0..<3 { _ = try modern.readLine() }
            let silent = try ClientSocket(port: port)
            try silent.send("CONNECT {\"verbose\":false,\"protocol\":1}\r\n")
            let old = try ClientSocket(port: port)
            try old.send("CONNECT {\"verbose\":false}\r\nPING\r\n")
            for _ in 0..<2 { _ = try old.readLine() }

            let leaving = Task { await server.enterLameDuckMode() }
            // On a thread of its own: the server's tasks need those of the pool.
            let clients = Sending((modern: modern, silent: silent, old: old))
            try await concurrently(1) { _ in
                let (modern, silent, old) = clients.value
                let info = try Self.nextLine(of: modern)
                #expect(info.hasPrefix("INFO {") && info.contains("\"ldm\":true"))
                #expect(!info.contains("connect_urls") && !info.contains("connect_info"))
                #expect(server.broker.isLameDuck)
                #expect(throws: ClientSocket.Failure.self) { try ClientSocket(port: port) }
                // It still serves those that are there.
                try old.send("PING\r\n")
                #expect(try Self.nextLine(of: old) == "PONG")
                #expect(try Self.rest(of: modern) == "")
                #expect(try Self.rest(of: old) == "")
                _ = try silent.readLine()
                #expect(try Self.rest(of: silent) == "")
            }
            await leaving.value
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

    @Test("A shutdown ends it at once")
    func impatience() async throws {
        try await RunningServer.withStore { directory in
            var options = RunningServer.options(storeDirectory: directory)
            options.lameDuckGracePeriod = 1000 * Self.second
            options.lameDuckDuration = 2000 * Self.second
            let server = RunningServer.make(options)
            let client = try ClientSocket(port: try await server.start())
            try client.send("CONNECT {\"verbose\":false,\"protocol\":1}\r\nPING\r\n")
            for _ in 0..<3 { _ = try client.readLine() }
            let leaving = Task { await server.enterLameDuckMode() }
            let reading = Sending(client)
            try await concurrently(1) { _ in
                let line = try Self.nextLine(of: reading.value)
                #expect(line.hasPrefix("INFO"))
            }
            await server.shutDown()
            await leaving.value
            #expect(try Self.rest(of: client) == "")
        }
    }
}
