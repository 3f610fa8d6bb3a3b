import NIOCore
import StreamModel

/// What a client did so far, for whoever watches; touched on its loop only.
struct ClientActivity {
    /// When it came.
    let start: Timestamp
    /// Its address, behind a proxy what that says; nil where the transport has none.
    var address: SocketAddress?
    /// When it last sent something or was sent something.
    var last: Timestamp
    /// Messages it published.
    var messagesIn = 0
    /// Their headers and payloads, in bytes.
    var bytesIn = 0
    /// How often its reading was paused for others to catch up.
    var stalls = 0
    /// When it was last sent a PING that it did not answer yet.
    var pinged: Timestamp?
    /// How long it took to answer, in nanoseconds; 0 while that is not known.
    private(set) var roundTrip: Int64 = 0
    /// When it last sent a PONG.
    private var lastPong: Timestamp?
    /// Why it was cut off; nil while it was not.
    private(set) var closeReason: CloseReason?

    /// How long a measured time there and back counts, in nanoseconds.
    private static let roundTripAge: Int64 = 3_600_000_000_000

    init(start: Timestamp, address: SocketAddress?) {
        self.start = start
        self.address = address
        self.last = start
    }

    /// Takes the time to the first `CONNECT` for the first measure of the way there and back.
    mutating func didConnect(at now: Timestamp) {
        if self.roundTrip == 0 { self.roundTrip = max(1, now.nanoseconds(since: self.start)) }
    }

    /// Measures the way there and back by the answer to a PING.
    mutating func didPong(at now: Timestamp) {
        self.lastPong = now
        guard let pinged = self.pinged else { return }
        self.pinged = nil
        self.roundTrip = max(1, now.nanoseconds(since: pinged))
    }

    /// Whether it answered a PING in the last hour.
    func isMeasured(at now: Timestamp) -> Bool {
        self.lastPong.map { now.nanoseconds(since: $0) < Self.roundTripAge } ?? false
    }

    /// Notes why the client is cut off; the first reason stays.
    mutating func didClose(_ reason: CloseReason) {
        if self.closeReason == nil { self.closeReason = reason }
    }
}
