/// `load js-pub`: publishes to a stream and checks every acknowledgement.
///
/// The stream exists and nobody else publishes to it. At the end its own count of messages must be
/// what was acknowledged.
enum StreamPublishWork {
    static func run(_ arguments: some Collection<String>) throws(LoadError) -> Report {
        let options = try Options(
            arguments,
            known: [
                "port", "pid", "stream", "subject", "count", "size", "in-flight", "connections", "subjects",
                "seconds",
            ],
            flags: ["one-inbox"]
        )
        let port = try options.port()
        let stream = try options.text("stream")
        let subject = try options.text("subject")
        let count = try options.number("count", in: 1...99_999_999)
        let size = try options.number("size", in: 0...1_000_000)
        let connections = try options.number("connections", default: 1, in: 1...1_000)
        let inFlight = try options.number("in-flight", in: connections...1_000_000)
        let subjects = try options.number("subjects", default: 1, in: 1...99_999_999)
        let seconds = try options.number("seconds", default: 3_600, in: 1...3_600)
        let oneInbox = options.has("one-inbox")
        guard subjects == 1 || subjects >= connections else {
            throw .usage("--subjects must be 1 or at least --connections")
        }

        let api = StreamAPI(try Connection(port: port))
        let before = try api.stream(stream)
        let requesters = try Requesters.make(connections, port: port, count: count, oneInbox: oneInbox) {
            index,
            inbox in
            MessageTemplate(
                subject: subjects == 1 ? subject : subject + ".",
                subjects: subjects == 1 ? nil : Share.range(subjects, index, among: connections),
                reply: oneInbox ? inbox : inbox + ".",
                countsReplies: !oneInbox,
                payloadBytes: size
            )
        }
        let measurement = try Measurement(options.server())
        let loop = RequestLoop(
            requesters,
            window: inFlight / connections,
            deadline: measurement.start + UInt64(seconds) * 1_000_000_000,
            tally: AnswerTally(.pubAck(PubAckCheck(stream: stream)), limit: count, after: before.lastSequence)
        )
        try loop.run()
        let tally = loop.tally
        var report = try measurement.report("js-pub", messages: tally.count)

        let after = try api.stream(stream)
        guard after.messages == before.messages + UInt64(tally.count),
            after.lastSequence == tally.sequences.highest, tally.sequences.count == tally.count,
            tally.sequences.highest == before.lastSequence + UInt64(tally.count)
        else {
            throw .wrong(
                "\(tally.count) acknowledgements up to sequence \(tally.sequences.highest), but the stream "
                    + "went from \(before.messages) to \(after.messages) messages and to sequence "
                    + "\(after.lastSequence)"
            )
        }
        guard subjects == 1 || tally.count < count || after.subjects >= UInt64(min(subjects, count)) else {
            throw .wrong("the stream has \(after.subjects) subjects, not \(min(subjects, count))")
        }
        Requesters.addLatencies(of: tally, to: &report)
        report.add("size", size)
        report.add("in_flight", inFlight)
        report.add("connections", connections)
        report.add("subjects", subjects)
        return report
    }
}
