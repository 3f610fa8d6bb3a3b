import Foundation

/// A nats-server process, to which the transcripts are compared.
final class ReferenceServer {
    /// The program, if the environment names one.
    static var program: String? { ProcessInfo.processInfo.environment["WEIR_REFERENCE"] }

    /// Why it did not start.
    struct Failure: Error {
        let log: String
    }

    /// Where it listens.
    let port: Int
    private let process = Process()

    /// Starts `program` on a free port, with a configuration file if one is named, and waits until it is ready.
    init(program: String, storeDirectory: String, configuration: String? = nil) throws {
        let log = Pipe()
        self.process.executableURL = URL(fileURLWithPath: program)
        self.process.arguments = ["-a", "127.0.0.1", "-p", "-1", "-js", "-sd", storeDirectory]
        if let configuration { self.process.arguments? += ["-c", configuration] }
        self.process.standardError = log
        try self.process.run()
        var text = ""
        while !text.contains("Server is ready") {
            let part = log.fileHandleForReading.availableData
            guard !part.isEmpty else { throw Failure(log: text) }
            text += String(decoding: part, as: UTF8.self)
        }
        // Its later log lines must go somewhere, or it would wait for us to read them.
        log.fileHandleForReading.readabilityHandler = { handle in _ = handle.availableData }
        let mark = "Listening for client connections on 127.0.0.1:"
        let digits = text.components(separatedBy: mark).dropFirst().first?.prefix { $0.isNumber } ?? ""
        guard let port = Int(digits) else { throw Failure(log: text) }
        self.port = port
    }

    deinit {
        self.process.terminate()
        self.process.waitUntilExit()
    }
}
