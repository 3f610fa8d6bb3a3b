/// One operation of a client, as places in the bytes it was read from; core.md §1.5.
///
/// The places are valid for those bytes only. Nothing is copied.
public enum ClientOperation: Hashable, Sendable {
    /// `PUB` or `HPUB`: a message.
    case publish(Publish)
    /// `SUB subject [queue] sid`. An empty `queue` says that there is none.
    case subscribe(subject: Range<Int>, queue: Range<Int>, sid: Range<Int>)
    /// `UNSUB sid [max]`. `max` is nil when it is absent, zero or no number: the subscription ends now.
    case unsubscribe(sid: Range<Int>, max: Int?)
    /// `CONNECT json`: the text is not looked at, see ``ConnectOptions``.
    case connect(json: Range<Int>)
    /// `INFO json`: the text is a JSON object, which has no effect.
    case info(json: Range<Int>)
    /// `PING`.
    case ping
    /// `PONG`.
    case pong
    /// `+OK`, which has no effect.
    case ok

    /// A message that a client publishes.
    public struct Publish: Hashable, Sendable {
        /// The subject as sent: not empty, nothing else is checked.
        public var subject: Range<Int>
        /// The reply subject; empty when there is none, and then somewhere in the operation.
        public var reply: Range<Int>
        /// The digits of the header size as sent, leading zeros too; empty for `PUB`.
        public var headerSizeText: Range<Int>
        /// The digits of the total size as sent, leading zeros too.
        public var sizeText: Range<Int>
        /// The bytes of the headers at the start of the payload: 0 for `PUB`, and for an `HPUB` that says 0.
        public var headerLength: Int
        /// Headers and body, without the CR LF behind them.
        public var payload: Range<Int>

        /// A message with those places.
        public init(
            subject: Range<Int>,
            reply: Range<Int>,
            headerSizeText: Range<Int>,
            sizeText: Range<Int>,
            headerLength: Int,
            payload: Range<Int>
        ) {
            self.subject = subject
            self.reply = reply
            self.headerSizeText = headerSizeText
            self.sizeText = sizeText
            self.headerLength = headerLength
            self.payload = payload
        }

        /// Whether the publisher wants an answer.
        @inlinable
        public var hasReply: Bool { !self.reply.isEmpty }

        /// The headers; empty when there are none.
        @inlinable
        public var headers: Range<Int> {
            self.payload.lowerBound..<self.payload.lowerBound + self.headerLength
        }

        /// What follows the headers.
        @inlinable
        public var body: Range<Int> { self.payload.lowerBound + self.headerLength..<self.payload.upperBound }

        /// The same message with all places moved by `distance` bytes.
        func moved(by distance: Int) -> Publish {
            Publish(
                subject: self.subject.moved(by: distance),
                reply: self.reply.moved(by: distance),
                headerSizeText: self.headerSizeText.moved(by: distance),
                sizeText: self.sizeText.moved(by: distance),
                headerLength: self.headerLength,
                payload: self.payload.moved(by: distance)
            )
        }
    }
}

extension Range<Int> {
    /// The range of the same length, `distance` further on.
    func moved(by distance: Int) -> Range<Int> {
        self.lowerBound + distance..<self.upperBound + distance
    }
}
