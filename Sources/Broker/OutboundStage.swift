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
    /// Whose bytes they are.
    ///
    /// Valid while somebody keeps the connection: a subscription on its way to it, the session, or the shard's list of
    /// stages to flush. A counted reference would be counted by all loops at once.
    let connection: Unmanaged<Connection>

    init(connection: Connection) { unsafe self.connection = .passUnretained(connection) }
}
