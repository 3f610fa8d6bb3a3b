import Glibc
import NIOCore
import Testing

@testable import Broker

/// The two ends of a connection: what is written at the gate is read at the peer.
private final class SocketPair {
    let gate = SocketGate()
    let peer: CInt

    init(sendBufferBytes: CInt? = nil) throws {
        var ends: [CInt] = [-1, -1]
        let type = CInt(SOCK_STREAM.rawValue)
        // The array has room for both.
        try #require(unsafe socketpair(AF_UNIX, type, 0, &ends) == 0)
        if var size = sendBufferBytes {
            let result = unsafe setsockopt(
                ends[0],
                SOL_SOCKET,
                SO_SNDBUF,
                &size,
                socklen_t(MemoryLayout<CInt>.size)
            )
            try #require(result == 0)
        }
        self.gate.open(ends[0])
        self.peer = ends[1]
    }

    deinit { close(self.peer) }

    /// What has come to the peer so far.
    func received() -> [UInt8] {
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            // The array has that many bytes.
            let count = unsafe recv(self.peer, &part, part.count, CInt(MSG_DONTWAIT))
            if count <= 0 { return all }
            all += part.prefix(count)
        }
    }
}

@Suite("The way to a socket for other loops")
struct SocketGateTests {
    @Test("A gate without a socket takes nothing")
    func closed() {
        let gate = SocketGate()
        #expect(gate.write(ByteBuffer(string: "x")) == .refused)
        gate.close()
        #expect(gate.write(ByteBuffer(string: "x")) == .refused)
    }

    @Test("While nothing waits, another loop writes itself")
    func free() throws {
        let pair = try SocketPair()
        #expect(pair.gate.write(ByteBuffer(string: "one ")) == .written)
        #expect(pair.gate.write(ByteBuffer(string: "two")) == .written)
        #expect(pair.received() == Array("one two".utf8))
    }

    @Test("While the socket's own loop has bytes waiting, nobody writes between them")
    func busy() throws {
        let pair = try SocketPair()
        #expect(pair.gate.begin().readableBytes == 0)
        #expect(pair.gate.write(ByteBuffer(string: "x")) == .refused)
        pair.gate.end()
        #expect(pair.gate.write(ByteBuffer(string: "y")) == .written)
        #expect(pair.received() == Array("y".utf8))
    }

    @Test("What a full socket does not take is left to its own loop, and until then nobody else writes")
    func full() throws {
        let pair = try SocketPair(sendBufferBytes: 4096)
        let bytes = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 / 7) }
        #expect(pair.gate.write(ByteBuffer(bytes: bytes)) == .begun)
        let beginning = pair.received()
        #expect(!beginning.isEmpty && beginning.count < bytes.count)
        #expect(
            pair.gate.write(ByteBuffer(string: "x")) == .refused,
            "there is room again, but the rest comes first"
        )
        let rest = pair.gate.begin()
        #expect(beginning + Array(rest.readableBytesView) == bytes)
        #expect(pair.gate.begin().readableBytes == 0, "it is handed over once")
        pair.gate.end()
        #expect(pair.gate.write(ByteBuffer(string: "y")) == .written)
        #expect(pair.received() == Array("y".utf8))
    }

    @Test("A full socket that takes nothing at all refuses")
    func noRoom() throws {
        let pair = try SocketPair(sendBufferBytes: 4096)
        let bytes = ByteBuffer(repeating: 7, count: 1 << 20)
        #expect(pair.gate.write(bytes) == .begun)
        _ = pair.gate.begin()
        pair.gate.end()
        #expect(pair.gate.write(bytes) == .refused)
    }

    @Test("A peer that is gone refuses, and a closed gate has given its socket back")
    func gone() throws {
        let pair = try SocketPair()
        shutdown(pair.peer, CInt(SHUT_RDWR))
        #expect(pair.gate.write(ByteBuffer(string: "x")) == .refused)
        pair.gate.close()
        #expect(pair.gate.write(ByteBuffer(string: "x")) == .refused)
        var byte: UInt8 = 0
        // One byte is read into one.
        #expect(unsafe recv(pair.peer, &byte, 1, CInt(MSG_DONTWAIT)) == 0, "the end, not a wait")
    }
}
