import Broker
import Foundation
import ServerConfiguration
import Testing

/// The files of `data/transcripts`.
enum TranscriptFiles {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("data/transcripts")

    /// What each file is about.
    static let topics = [
        "handshake", "lexical", "publish", "unsubscribe", "headers", "reserved", "stream", "limits",
        "mappings",
        "access",
    ]

    /// The cases of all files; of a file that cannot be read, none: ``TranscriptFileTests`` tells.
    static let cases = topics.flatMap { (try? Self.read($0)) ?? [] }

    /// Those for a server without a configuration.
    static let plain = cases.filter { $0.configuration.isEmpty && $0.later == nil }

    /// Those for servers with a configuration, by it.
    static let configured = Dictionary(
        grouping: cases.filter { !$0.configuration.isEmpty && $0.later == nil },
        by: \.configuration
    )
    .map { Configured(configuration: $0.key, cases: $0.value) }
    .sorted { $0.testDescription < $1.testDescription }

    /// Cases that one server can play.
    struct Configured: Sendable, CustomTestStringConvertible {
        let configuration: String
        let cases: [Transcript]

        var testDescription: String { self.cases.map(\.testDescription).joined(separator: ", ") }
    }

    static func read(_ topic: String) throws -> [Transcript] {
        let file = self.folder.appendingPathComponent("\(topic).txt")
        return try TranscriptParser.parse(try String(contentsOf: file, encoding: .utf8), topic: topic)
    }
}

@Suite("Transcript files")
struct TranscriptFileTests {
    @Test("Every file is read, and has cases with names of their own", arguments: TranscriptFiles.topics)
    func files(topic: String) throws {
        let names = try TranscriptFiles.read(topic).map(\.name)
        #expect(!names.isEmpty)
        #expect(Set(names).count == names.count)
    }

    @Test("No file is left out")
    func topics() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: TranscriptFiles.folder.path)
        let found = names.filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }
        #expect(found.sorted() == TranscriptFiles.topics.sorted())
    }
}

// Serialized, because cases share one server and its subjects.
@Suite("Transcripts", .serialized, .server)
struct TranscriptTests {
    @Test("A case goes as written", arguments: TranscriptFiles.plain)
    func asWritten(transcript: Transcript) throws {
        try TranscriptPlayer.play(transcript, port: RunningServer.port)
    }
}

// Serialized: each server has two event loops, and there are few cores.
@Suite("Transcripts with configurations", .serialized)
struct ConfiguredTranscriptTests {
    @Test("A case goes as written on a server with its configuration", arguments: TranscriptFiles.configured)
    func asWritten(configured: TranscriptFiles.Configured) async throws {
        let sources = ConfigurationSources(
            readFile: { _ in .failure(.init("no files")) },
            environment: { _ in nil }
        )
        let text = Array(configured.configuration.utf8)
        let tree = try ConfigurationTree(text, file: "server.conf", sources: sources)
        let options = try Configuration(reading: tree).options
        try await RunningServer.with {
            let own = $0
            $0 = options
            ($0.host, $0.port, $0.storeDirectory) = (own.host, own.port, own.storeDirectory)
            $0.eventLoops = own.eventLoops
            // Time is what a case names, or not its matter.
            RunningServer.beSlow(&$0)
            if configured.configuration.contains("ping_interval") { $0.pingInterval = options.pingInterval }
            if configured.configuration.contains("timeout") {
                $0.authentication.timeout = options.authentication.timeout
            }
        } _: { port in
            for transcript in configured.cases {
                #expect(throws: Never.self, "\(transcript.testDescription)") {
                    try TranscriptPlayer.play(transcript, port: port)
                }
            }
        }
    }
}

@Suite("Transcripts, byte by byte", .serialized, .server)
struct BytewiseTranscriptTests {
    /// Longer cases would take a system call for each of very many equal bytes.
    private static let bytesMax = 6000

    @Test(
        "A case goes as written when every byte comes by itself",
        arguments: TranscriptFiles.plain.filter { $0.sentBytes <= bytesMax }
    )
    func bytewise(transcript: Transcript) throws {
        try TranscriptPlayer.play(transcript, port: RunningServer.port, isBytewise: true)
    }
}

@Suite(
    "Transcripts, reference",
    .enabled(if: ReferenceServer.program != nil, "WEIR_REFERENCE names no nats-server")
)
struct ReferenceTranscriptTests {
    @Test("The reference does what the transcripts say")
    func reference() async throws {
        try await RunningServer.withStore { directory in
            let program = try #require(ReferenceServer.program)
            // One server for all cases that have the same configuration.
            for (configuration, cases) in Dictionary(grouping: TranscriptFiles.cases, by: \.configuration) {
                let file = configuration.isEmpty ? nil : directory + "/server.conf"
                if let file { try configuration.write(toFile: file, atomically: true, encoding: .utf8) }
                let server = try ReferenceServer(
                    program: program,
                    storeDirectory: directory,
                    configuration: file
                )
                for transcript in cases {
                    #expect(throws: Never.self, "\(transcript.testDescription)") {
                        try TranscriptPlayer.play(transcript, port: server.port)
                    }
                }
            }
        }
    }
}
