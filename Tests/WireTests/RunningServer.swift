import Broker
import Foundation
import Logging
import NIOCore
import Testing
import Weir

/// A server of this process, with a store of its own.
enum RunningServer {
    /// The port of the suite's server; 0 outside of a suite with ``ServerTrait``.
    @TaskLocal static var port = 0

    /// The options of tests: any free port of this machine, two event loops, and all the time that a client may need
    /// on a slow machine.
    static func options(storeDirectory: String) -> ServerOptions {
        var options = ServerOptions()
        options.host = "127.0.0.1"
        options.port = 0
        options.storeDirectory = storeDirectory
        options.eventLoops = 2
        self.beSlow(&options)
        return options
    }

    /// Gives clients time: a test in which one is to be late says when that is.
    static func beSlow(_ options: inout ServerOptions) {
        options.firstPing = .hours(1)
        options.pingInterval = .hours(1)
        options.writeDeadline = .hours(1)
        options.authentication.timeout = 3_600_000_000_000
    }

    /// Makes a server that logs nothing, or to `lines`.
    static func make(_ options: ServerOptions, lines: LogLines? = nil) -> Server {
        let silent = Logger(label: "weir", factory: { _ in SwiftLogNoOpLogHandler() })
        return Server(options: options, logger: lines?.logger ?? silent)
    }

    /// Runs `body` with the port of a new server, which is then shut down and its store removed.
    static func with(
        lines: LogLines? = nil,
        _ change: (inout ServerOptions) -> Void = { _ in },
        _ body: (Int) async throws -> Void
    ) async throws {
        try await self.withStore { directory in
            var options = self.options(storeDirectory: directory)
            change(&options)
            let server = self.make(options, lines: lines)
            let port = try await server.start()
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(port))
            } catch {
                result = .failure(error)
            }
            await server.shutDown()
            try result.get()
        }
    }

    /// Runs `body` with the path of an empty directory, which is then removed.
    static func withStore(_ body: (String) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("weir-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory.path)
    }
}

/// Gives a suite one server, started before its first test and shut down after its last.
struct ServerTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        try await RunningServer.with { port in
            try await RunningServer.$port.withValue(port) { try await function() }
        }
    }
}

extension Trait where Self == ServerTrait {
    /// One server for the whole suite, at ``RunningServer/port``.
    static var server: Self { Self() }
}
