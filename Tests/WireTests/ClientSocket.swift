import Glibc

/// A blocking TCP connection on which a test decides every byte.
final class ClientSocket: @unchecked Sendable {
    // Unchecked: a test uses it from one thread at a time.

    /// Why a test could not go on.
    enum Failure: Error, CustomStringConvertible {
        /// A system call failed.
        case system(call: String, errno: CInt)
        /// Nothing came for as long as a wait may take.
        case timedOut(received: [UInt8])
        /// The server closed the connection.
        case ended(received: [UInt8])

        var description: String {
            switch self {
            case .system(let call, let code): "\(call): error \(code)"
            case .timedOut(let bytes): "nothing more came than \(printable(bytes))"
            case .ended(let bytes): "the server closed after \(printable(bytes))"
            }
        }
    }

    /// An address of this machine.
    ///
    /// A test that expects nobody to listen at a port, or to get it back, has a place where others get none.
    enum Host: UInt32 {
        case usual = 0x7f00_0001
        case lameDuck = 0x7f00_6301
        case lifecycle = 0x7f00_6302

        var text: String {
            (0..<4).map { "\(self.rawValue >> (24 - 8 * $0) & 255)" }.joined(separator: ".")
        }
    }

    private let descriptor: CInt
    private var bytes: [UInt8] = []
    private var start = 0

    /// Seconds after which a wait is given up.
    ///
    /// No test is to fail because the machine is slow: this ends one that would wait for ever.
    static let patience = 120

    /// Connects to `port` of this machine, at an address of its own if one is given.
    init(_ host: Host = .usual, port: Int, receiveBuffer: CInt? = nil) throws {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.system(call: "socket", errno: errno) }
        self.descriptor = descriptor
        func set(_ level: CInt, _ option: CInt, _ value: some BitwiseCopyable) {
            _ = withUnsafeBytes(of: value) {
                setsockopt(descriptor, level, option, $0.baseAddress, socklen_t($0.count))
            }
        }
        set(SOL_SOCKET, SO_RCVTIMEO, timeval(tv_sec: Self.patience, tv_usec: 0))
        set(SOL_SOCKET, SO_SNDTIMEO, timeval(tv_sec: Self.patience, tv_usec: 0))
        set(CInt(IPPROTO_TCP), TCP_NODELAY, CInt(1))
        if let receiveBuffer { set(SOL_SOCKET, SO_RCVBUF, receiveBuffer) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr = in_addr(s_addr: host.rawValue.bigEndian)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure.system(call: "connect", errno: errno) }
    }

    deinit { _ = close(self.descriptor) }

    /// What came and was not read yet.
    var received: ArraySlice<UInt8> { self.bytes[self.start...] }

    /// Sends all of `bytes`, or what the server takes before it closes.
    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...]
                .withUnsafeBytes {
                    Glibc.send(self.descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
                }
            if count >= 0 {
                sent += count
            } else if errno == EPIPE || errno == ECONNRESET {
                return
            } else if errno != EINTR {
                throw Failure.system(call: "send", errno: errno)
            }
        }
    }

    /// Sends a text.
    func send(_ text: String) throws { try self.send(Array(text.utf8)) }

    /// Waits for more bytes, and returns false when the connection has ended.
    func receive() throws -> Bool {
        if self.start == self.bytes.count {
            self.bytes.removeAll(keepingCapacity: true)
            self.start = 0
        }
        while true {
            var count = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 17) { buffer, filled in
                count = recv(self.descriptor, buffer.baseAddress, buffer.count, 0)
                filled = max(0, count)
            }
            if count > 0 {
                self.bytes += chunk
                return true
            }
            if count == 0 || errno == ECONNRESET { return false }
            if errno == EINTR { continue }
            if errno == EAGAIN || errno == EWOULDBLOCK {
                throw Failure.timedOut(received: Array(self.received.prefix(400)))
            }
            throw Failure.system(call: "recv", errno: errno)
        }
    }

    /// Takes the next `count` bytes, which have come.
    func take(_ count: Int) -> [UInt8] {
        let taken = Array(self.bytes[self.start..<self.start + count])
        self.start += count
        if self.start > 1 << 20 {
            self.bytes.removeFirst(self.start)
            self.start = 0
        }
        return taken
    }

    /// The next `count` bytes.
    func read(_ count: Int) throws -> [UInt8] {
        while self.received.count < count {
            guard try self.receive() else {
                throw Failure.ended(received: Array(self.received.prefix(400)))
            }
        }
        return self.take(count)
    }

    /// The next line, without its CR LF.
    func readLine() throws -> [UInt8] {
        var scanned = 0
        while true {
            let received = self.received
            if let end = received[(received.startIndex + scanned)...].firstIndex(of: 10) {
                var line = self.take(end + 1 - received.startIndex)
                line.removeLast()
                if line.last == 13 { line.removeLast() }
                return line
            }
            scanned = received.count
            guard try self.receive() else {
                throw Failure.ended(received: Array(self.received.prefix(400)))
            }
        }
    }

    /// Everything up to the end of the connection.
    func readToEnd() throws -> [UInt8] {
        while try self.receive() {}
        return self.take(self.received.count)
    }

    /// Says that nothing more will be sent, and waits for the server to close.
    func finish() throws {
        _ = shutdown(self.descriptor, CInt(SHUT_WR))
        _ = try self.readToEnd()
    }
}

/// Whether `bytes` begin with `prefix`; megabytes are compared in no time.
func begins(_ bytes: ArraySlice<UInt8>, with prefix: ArraySlice<UInt8>) -> Bool {
    guard bytes.count >= prefix.count else { return false }
    return bytes.withUnsafeBytes { one in
        prefix.withUnsafeBytes { other in
            guard let one = one.baseAddress, let other = other.baseAddress, !prefix.isEmpty else {
                return true
            }
            return memcmp(one, other, prefix.count) == 0
        }
    }
}

/// Bytes as a person can read them.
func printable(_ bytes: some Collection<UInt8>) -> String {
    var text = "\""
    for byte in bytes.prefix(1000) {
        switch byte {
        case 13: text += "\\r"
        case 10: text += "\\n"
        case 32..<127: text.unicodeScalars.append(Unicode.Scalar(byte))
        default: text += "\\x" + String(byte, radix: 16)
        }
    }
    return text + "\"" + (bytes.count > 1000 ? "… (\(bytes.count) bytes)" : "")
}
