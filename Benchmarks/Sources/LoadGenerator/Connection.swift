import Glibc

/// One client connection: a non-blocking socket and the bytes that wait on either side of it.
final class Connection {
    /// How long a connection may stand still before the run fails, in milliseconds.
    static let patience: CInt = 30_000

    /// The socket.
    let descriptor: CInt
    /// What the server has sent and nobody has read.
    var incoming = ByteQueue(capacity: 512 * 1024)
    /// What waits to be sent; whole operations only, so that one more may always be added.
    var outgoing = ByteQueue(capacity: 256 * 1024)

    /// Takes over a connected socket, without a handshake.
    init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    /// Connects to a server on this machine and waits until it has answered a first `PING`.
    convenience init(port: UInt16) throws(LoadError) {
        self.init(descriptor: try Self.connect(to: port))
        self.outgoing.append(
            #"CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"#
                + #""lang":"load","version":"1","protocol":1}"# + "\r\n"
        )
        try self.roundTrip()
    }

    deinit {
        close(self.descriptor)
    }

    /// Subscribes to `pattern`, in the next flush.
    func subscribe(_ pattern: String, id: Int, queue: String? = nil) {
        self.outgoing.append("SUB \(pattern)\(queue.map { " " + $0 } ?? "") \(id)\r\n")
    }

    /// Sends what waits, then waits for the answer to a `PING`: the server has then seen it all.
    func roundTrip() throws(LoadError) {
        self.outgoing.append("PING\r\n")
        while let frame = try self.nextFrame() {
            if frame.kind == .pong { return }
        }
    }

    /// Publishes a request and waits for the one answer, whose payload it returns.
    ///
    /// - Throws: `refused` when nobody listens, or for a status without payload.
    func request(_ subject: String, _ body: String) throws(LoadError) -> [UInt8] {
        let inbox = Inbox.make()
        self.subscribe(inbox, id: 9_999)
        self.outgoing.append("UNSUB 9999 1\r\nPUB \(subject) \(inbox) \(body.utf8.count)\r\n\(body)\r\n")
        while let frame = try self.nextFrame() {
            switch frame.kind {
            case .message:
                return frame.payloadBytes
            case .headerMessage where frame.payloadBytes.isEmpty:
                throw .refused("\(subject): a status instead of an answer")
            case .headerMessage:
                return frame.payloadBytes
            default:
                continue
            }
        }
        throw .disconnected
    }

    /// Sends what the socket takes; true when nothing waits any more.
    func flush() throws(LoadError) -> Bool {
        try self.outgoing.send(to: self.descriptor)
    }

    /// Receives once, without waiting; false when nothing was there.
    func receive() throws(LoadError) -> Bool {
        try self.incoming.receive(from: self.descriptor)
    }

    /// Gives what was received to `scan` and takes as many bytes off as it has used.
    func consume(_ scan: (RawSpan) throws(LoadError) -> Int) throws(LoadError) {
        let used = try self.incoming.withReadable(scan)
        self.incoming.consume(used)
    }

    /// One operation of the server that has been taken off the connection.
    private struct TakenFrame {
        let kind: Frame.Kind
        let payloadBytes: [UInt8]
    }

    /// Sends what waits and takes the next operation, however long it takes to come; never nil.
    private func nextFrame() throws(LoadError) -> TakenFrame? {
        while true {
            let flushed = try self.flush()
            if let (frame, end) = try self.incoming.withReadable(Self.take) {
                self.incoming.consume(end)
                if frame.kind == .ping { self.outgoing.append("PONG\r\n") }
                return frame
            }
            if try self.receive() { continue }
            try self.wait(toSend: !flushed)
        }
    }

    private static func take(_ bytes: RawSpan) throws(LoadError) -> (TakenFrame, end: Int)? {
        guard let frame = try Frame.first(in: bytes, at: 0) else { return nil }
        if frame.kind == .error { throw .refused(bytes.text(0, frame.lineEnd)) }
        let payload = bytes.bytes(frame.payload, frame.payload + frame.payloadCount)
        return (TakenFrame(kind: frame.kind, payloadBytes: payload), frame.end)
    }

    private func wait(toSend: Bool) throws(LoadError) {
        let events = toSend ? POLLIN | POLLOUT : POLLIN
        var entry = pollfd(fd: self.descriptor, events: Int16(events), revents: 0)
        // One entry, which the call fills in place.
        let ready = unsafe poll(&entry, 1, Self.patience)
        if ready == 0 { throw .stalled("no answer from the server") }
        if ready < 0, errno != EINTR { throw .system(call: "poll", errno: errno) }
    }

    private static func connect(to port: UInt16) throws(LoadError) -> CInt {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw .system(call: "socket", errno: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        // `sockaddr_in` begins as `sockaddr` does; the length says which it is.
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe Glibc.connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let error = errno
            close(descriptor)
            throw .system(call: "connect", errno: error)
        }
        var one: CInt = 1
        // The option is read during the call.
        unsafe setsockopt(
            descriptor,
            CInt(IPPROTO_TCP),
            TCP_NODELAY,
            &one,
            socklen_t(MemoryLayout<CInt>.size)
        )
        return descriptor
    }
}
