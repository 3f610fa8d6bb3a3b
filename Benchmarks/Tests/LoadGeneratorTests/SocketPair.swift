import Glibc

@testable import LoadGenerator

/// A connection whose other end is in the test's hands.
struct SocketPair: ~Copyable {
    let connection: Connection
    private let peer: CInt

    /// - Parameter answers: what the "server" has sent before anybody asks.
    init(answers: String) {
        var descriptors: [CInt] = [0, 0]
        socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &descriptors)
        self.connection = Connection(descriptor: descriptors[0])
        self.peer = descriptors[1]
        let bytes = Array(answers.utf8)
        _ = write(self.peer, bytes, bytes.count)
    }

    deinit {
        close(self.peer)
    }

    /// What the connection has sent so far.
    func sent() -> String {
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(self.peer, &bytes, bytes.count, CInt(MSG_DONTWAIT))
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }
}
