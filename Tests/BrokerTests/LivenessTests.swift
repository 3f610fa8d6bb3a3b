import Logging
import NIOCore
import NIOEmbedded
import StreamModel
import Testing

@testable import Broker

/// A broker on a loop whose time a test decides, and its only client.
private final class ClockedClient {
    let loop = EmbeddedEventLoop()
    let channel: EmbeddedChannel
    private let broker: Broker

    init(_ change: (inout ServerOptions) -> Void) throws {
        var options = ServerOptions()
        change(&options)
        self.broker = Broker(
            options: options,
            loops: [self.loop],
            clock: { Timestamp(nanoseconds: 0) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try self.broker.openStore()
        self.channel = EmbeddedChannel(loop: self.loop)
        try self.channel.pipeline.syncOperations.addHandler(self.broker.makeHandler(on: self.loop))
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        _ = try self.take()
    }

    /// Sends a text.
    func send(_ text: String) throws {
        try self.channel.writeInbound(ByteBuffer(string: text))
        self.loop.run()
    }

    /// What the server has said since this was last asked.
    func take() throws -> String {
        var text = ""
        while let part = try self.channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: part) }
        return text
    }

    /// What the server says while so many milliseconds go by.
    func wait(_ milliseconds: Int64) throws -> String {
        self.loop.advanceTime(by: .milliseconds(milliseconds))
        return try self.take()
    }
}

@Suite("Signs of life")
struct LivenessTests {
    /// The first PING comes up to a fifth later than the interval, so that clients are not asked all at once.
    private static let first: Int64 = 120

    private func client(most: Int = 1) throws -> ClockedClient {
        let client = try ClockedClient {
            $0.pingInterval = .milliseconds(100)
            $0.pingsOutstandingMax = most
        }
        try client.send("CONNECT {\"verbose\":false}\r\n")
        #expect(try client.wait(99) == "")
        #expect(try client.wait(Self.first - 99) == "PING\r\n")
        return client
    }

    @Test("A silent client is asked as often as it may be, then cut off; checklist item 63", arguments: 1...3)
    func silent(most: Int) throws {
        let client = try self.client(most: most)
        for _ in 1..<most { #expect(try client.wait(100) == "PING\r\n") }
        #expect(try client.wait(100) == "-ERR 'Stale Connection'\r\n")
        #expect(!client.channel.isActive)
    }

    @Test("One that answers stays, and is asked on; checklist item 63")
    func answering() throws {
        let client = try self.client()
        for _ in 0..<20 {
            try client.send("PONG\r\n")
            // Whoever has just answered is active; one interval later it is not.
            #expect(try client.wait(200) == "PING\r\n")
        }
        #expect(client.channel.isActive)
    }

    @Test("One that sends something is not asked again once its round trip time is known")
    func active() throws {
        let client = try self.client()
        for _ in 0..<20 {
            try client.send("PONG\r\nPING\r\n")
            #expect(try client.wait(100) == "PONG\r\n")
        }
        #expect(try client.wait(100) == "PING\r\n", "it is silent again")
    }

    @Test("One that sends but never answers is cut off")
    func deaf() throws {
        let client = try self.client()
        try client.send("SUB a 1\r\n")
        #expect(try client.wait(100) == "-ERR 'Stale Connection'\r\n")
    }

    @Test("The first PING comes early, to find out the round trip time")
    func early() throws {
        let client = try ClockedClient { $0.firstPing = .seconds(1) }
        try client.send("CONNECT {\"verbose\":false}\r\n")
        #expect(try client.wait(999) == "")
        #expect(try client.wait(201) == "PING\r\n")
        #expect(try client.wait(119_000) == "")
        #expect(try client.wait(1_200) == "PING\r\n")
    }
}
