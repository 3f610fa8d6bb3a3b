public import NIOCore

/// The one handler of a client's pipeline: socket events in, session calls out.
public final class ClientHandler: ChannelInboundHandler {
    /// Bytes from the socket.
    public typealias InboundIn = ByteBuffer

    private let broker: Broker
    private let shard: Shard
    private var session: ClientSession?

    init(broker: Broker, shard: Shard) {
        self.broker = broker
        self.shard = shard
    }

    /// Greets the client, or turns it away.
    public func channelActive(context: ChannelHandlerContext) {
        self.session = self.broker.admit(context.channel, on: self.shard)
        self.session?.start()
    }

    /// Parses and performs what came.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.session?.receive(self.unwrapInboundIn(data))
    }

    /// Ends the read cycle.
    public func channelReadComplete(context: ChannelHandlerContext) { self.session?.endOfRead() }

    /// Notes that a full socket has drained.
    public func channelWritabilityChanged(context: ChannelHandlerContext) { self.session?.measureBacklog() }

    /// Drops what the client had.
    public func channelInactive(context: ChannelHandlerContext) {
        self.session?.didDisconnect()
        self.session = nil
    }

    /// Closes on a socket error: there is nobody to tell.
    public func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
