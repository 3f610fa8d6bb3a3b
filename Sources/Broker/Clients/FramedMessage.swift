import NIOCore

/// A message framed for its one client, for a thread that belongs to no event loop to send.
struct FramedMessage: Sendable {
    let connection: Connection
    let bytes: ByteBuffer

    /// Writes it to the client's socket, or mails it to the loop of that.
    func send(by broker: Broker) {
        if !self.connection.write(self.bytes, by: broker) { self.connection.mail(self.bytes, by: broker) }
    }
}
