/// `load request`: requests to one responder, and how long the answers take.
enum RequestWork {
    static func run(_ arguments: some Collection<String>) throws(LoadError) -> Report {
        let options = try Options(
            arguments,
            known: ["port", "pid", "count", "size", "in-flight", "connections"]
        )
        let port = try options.port()
        let count = try options.number("count", in: 1...99_999_999)
        let size = try options.number("size", in: 0...1_000_000)
        let connections = try options.number("connections", default: 1, in: 1...1_000)
        let inFlight = try options.number("in-flight", in: connections...1_000_000)

        let service = try Connection(port: port)
        service.subscribe("bench.service", id: 1)
        try service.roundTrip()
        let responding = RespondLoop(service, expected: count, payloadBytes: size)
        let requesters = try Requesters.make(
            connections,
            port: port,
            count: count,
            oneInbox: false
        ) { _, inbox in
            MessageTemplate(
                subject: "bench.service",
                reply: inbox + ".",
                countsReplies: true,
                payloadBytes: size
            )
        }
        let requesting = RequestLoop(
            requesters,
            window: inFlight / connections,
            tally: AnswerTally(.payload(bytes: size), limit: count)
        )

        let measurement = try Measurement(options.server())
        let thread = try WorkerThread { () throws(LoadError) in try responding.run() }
        try requesting.run()
        try thread.join()
        var report = try measurement.report("request", messages: requesting.tally.count)
        Requesters.addLatencies(of: requesting.tally, to: &report)
        report.add("size", size)
        report.add("in_flight", inFlight)
        report.add("connections", connections)
        return report
    }
}
