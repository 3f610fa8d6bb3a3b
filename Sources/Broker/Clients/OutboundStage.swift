import NIOCore

/// Bytes framed for one client by one event loop since that loop last flushed.
///
/// Every loop has a stage of its own for every client it writes to, so framing takes no lock. At the end of a
/// read cycle the whole buffer is handed over: written to the socket on the client's own loop, mailed to it
/// from another.
@safe
final class OutboundStage: @unchecked Sendable {
    // Unchecked: touched by one event loop only, the one whose index it has in `Connection.stages`.

    /// The bytes to send.
    let bytes = LoopCell(ByteBuffer())
    /// Whether the shard has it on its list of stages to flush.
    var isTouched = false
    /// Messages framed here since the client came, and their headers and payloads in bytes.
    ///
    /// Unchecked: a counter is changed and read by this loop alone, and no change runs other code.
    @exclusivity(unchecked) var messagesOut = 0
    @exclusivity(unchecked) var bytesOut = 0
    /// Whose bytes they are.
    ///
    /// Valid while somebody keeps the connection: a subscription on its way to it, the session, or the shard's list of
    /// stages to flush. A counted reference would be counted by all loops at once.
    let connection: Unmanaged<Connection>

    /// Bytes that were handed over to another loop at a time lately; more is not remembered.
    private var usualBytes = 0
    private static let usualBytesMax = 128 << 10

    init(connection: Connection) { unsafe self.connection = .passUnretained(connection) }

    /// Remembers how much is handed over, for ``makeRoom()``.
    func noteUsualBytes() {
        self.usualBytes = min((self.usualBytes + self.bytes.value.readableBytes) / 2, Self.usualBytesMax)
    }

    /// Makes room for what is handed over usually: a buffer that grows step by step is copied at each.
    ///
    /// Called with the first bytes of a cycle, so that a client that receives nothing holds nothing.
    func makeRoom() {
        if self.usualBytes > 4096 { self.bytes.value.reserveCapacity(self.usualBytes + self.usualBytes / 4) }
    }
}
