import Glibc

/// `load js-pull`: pulls a stream from its first message, with or without acknowledgements.
///
/// The consumer is fresh. With `--ack` the run ends when the consumer's ack floor has reached the
/// last message.
enum PullWork {
    static func run(_ arguments: some Collection<String>) throws(LoadError) -> Report {
        let options = try Options(
            arguments,
            known: ["port", "pid", "stream", "consumer", "count", "batch", "requests"],
            flags: ["ack"]
        )
        let port = try options.port()
        let consumer = PullLoop.PullConsumer(
            stream: try options.text("stream"),
            name: try options.text("consumer"),
            messages: try options.number("count"),
            batch: try options.number("batch", default: 1_000),
            requestsAhead: try options.number("requests", default: 2, in: 1...1_000),
            acknowledges: options.has("ack")
        )
        let api = StreamAPI(try Connection(port: port))
        guard try api.consumer(consumer.name, of: consumer.stream).pending == UInt64(consumer.messages) else {
            throw .wrong("the consumer is not fresh, or the stream has not \(consumer.messages) messages")
        }
        let connection = try Connection(port: port)
        let inbox = Inbox.make()
        connection.subscribe(inbox, id: 1)
        try connection.roundTrip()
        let loop = PullLoop(connection, consumer, inbox: inbox)

        let measurement = try Measurement(options.server())
        try loop.run()
        if consumer.acknowledges { try Self.awaitAckFloor(of: consumer, api) }
        var report = try measurement.report(
            consumer.acknowledges ? "js-pull-ack" : "js-pull",
            messages: loop.received
        )
        report.add("batch", consumer.batch)
        report.add("requests", consumer.requestsAhead)
        return report
    }

    private static func awaitAckFloor(of consumer: PullLoop.PullConsumer, _ api: StreamAPI) throws(LoadError)
    {
        let deadline = MonotonicTime.now() + UInt64(Connection.patience) * 1_000_000
        while true {
            let state = try api.consumer(consumer.name, of: consumer.stream)
            if state.ackFloor == UInt64(consumer.messages), state.ackPending == 0 { return }
            guard MonotonicTime.now() < deadline else {
                throw .stalled("ack floor \(state.ackFloor), \(state.ackPending) pending")
            }
            usleep(1_000)
        }
    }
}
