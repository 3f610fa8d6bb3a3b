/// Sends requests with a window in flight and checks every answer.
///
/// Each request has a reply subject of its own, `<inbox>.<n>`, so that every answer is matched with
/// its request: one too many, one twice or one for nobody ends the run.
final class RequestLoop {
    /// A connection that has subscribed to its inbox, and what it sends.
    struct Requester {
        let connection: Connection
        let template: MessageTemplate
        let inbox: String
        let uniqueReplies: Bool
        let count: Int
    }

    /// One connection and its requests.
    private final class Lane {
        let connection: Connection
        var template: MessageTemplate
        var flight: Flight
        var blocked = false
        var done = false

        init(_ requester: Requester, window: Int) {
            self.connection = requester.connection
            self.template = requester.template
            self.flight = Flight(
                inbox: requester.inbox,
                uniqueReplies: requester.uniqueReplies,
                window: window,
                quota: requester.count
            )
        }
    }

    private let lanes: [Lane]
    private let deadline: UInt64
    /// What the answers were.
    private(set) var tally: AnswerTally

    /// - Parameters:
    ///   - window: how many requests each connection has in flight.
    ///   - deadline: no request is sent after this, by ``MonotonicTime/now()``.
    init(_ requesters: [Requester], window: Int, deadline: UInt64 = .max, tally: AnswerTally) {
        self.lanes = requesters.map { Lane($0, window: window) }
        self.deadline = deadline
        self.tally = tally
    }

    /// Sends everything and returns when the last answer is there.
    func run() throws(LoadError) {
        var poller = Poller(self.lanes.map(\.connection))
        var ready: [Int] = []
        for (index, lane) in self.lanes.enumerated() {
            try self.send(lane, index, now: MonotonicTime.now(), &poller)
        }
        while !self.lanes.allSatisfy(\.done) {
            try poller.wait(&ready)
            for index in ready {
                let lane = self.lanes[index]
                var now = MonotonicTime.now()
                if try lane.connection.receive() {
                    try lane.connection.consume { (bytes) throws(LoadError) in
                        try Self.scan(bytes, &lane.flight, &self.tally, &lane.connection.outgoing, now: now)
                    }
                    now = MonotonicTime.now()
                }
                try self.send(lane, index, now: now, &poller)
            }
        }
    }

    /// Queues what the window, the quota and the deadline allow, and sends what the socket takes.
    private func send(_ lane: Lane, _ index: Int, now: UInt64, _ poller: inout Poller) throws(LoadError) {
        if now < self.deadline {
            lane.template.append(lane.flight.start(now: now), to: &lane.connection.outgoing)
        }
        lane.done = lane.flight.count == 0
        let blocked = try !lane.connection.flush()
        if blocked != lane.blocked {
            lane.blocked = blocked
            poller.watch(index, toSend: blocked)
        }
    }

    private static func scan(
        _ bytes: RawSpan,
        _ flight: inout Flight,
        _ tally: inout AnswerTally,
        _ outgoing: inout ByteQueue,
        now: UInt64
    ) throws(LoadError) -> Int {
        var offset = 0
        while let frame = try Frame.first(in: bytes, at: offset) {
            offset = frame.end
            switch frame.kind {
            case .message:
                try tally.add(bytes, frame, nanoseconds: now - flight.finish(bytes, frame))
            case .ping:
                outgoing.append("PONG\r\n")
            case .headerMessage, .error:
                throw .refused(bytes.text(frame.start, min(frame.end, frame.start + 300)))
            case .pong, .other:
                continue
            }
        }
        return offset
    }
}
