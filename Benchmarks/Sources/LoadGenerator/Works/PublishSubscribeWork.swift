/// `load pubsub`: publishers and subscribers; the messages of the result are those delivered.
///
/// All publish to one subject: each subscriber receives every message, or with `--queue` each
/// message goes to one of them. With `--pairs` publisher i and subscriber i have a subject of their own.
enum PublishSubscribeWork {
    static func run(_ arguments: some Collection<String>) throws(LoadError) -> Report {
        let options = try Options(
            arguments,
            known: ["port", "pid", "count", "size", "publishers", "subscribers", "queue"],
            flags: ["pairs"]
        )
        let port = try options.port()
        let count = try options.number("count")
        let size = try options.number("size", in: 0...1_000_000)
        let publisherCount = try options.number("publishers", default: 1, in: 1...1_000)
        let subscriberCount = try options.number("subscribers", default: 1, in: 1...1_000)
        let pairs = options.has("pairs")
        guard !pairs || publisherCount == subscriberCount else {
            throw .usage("--pairs needs as many publishers as subscribers")
        }
        let queue = options.has("queue") ? try options.text("queue") : nil

        var subscribers: [Connection] = []
        for index in 0..<subscriberCount {
            let connection = try Connection(port: port)
            connection.subscribe(pairs ? "bench.\(index)" : "bench.0", id: 1, queue: queue)
            try connection.roundTrip()
            subscribers.append(connection)
        }
        var publishers: [(connection: Connection, template: MessageTemplate, count: Int)] = []
        for index in 0..<publisherCount {
            let template = MessageTemplate(subject: pairs ? "bench.\(index)" : "bench.0", payloadBytes: size)
            publishers.append(
                (try Connection(port: port), template, Share.of(count, index, among: publisherCount))
            )
        }
        let delivered = queue != nil || pairs ? count : count * subscriberCount
        let counting = CountLoop(subscribers, expected: delivered, payloadBytes: size)
        let publishing = PublishLoop(publishers)

        let measurement = try Measurement(options.server())
        let publisherThread = try WorkerThread { () throws(LoadError) in try publishing.run() }
        try counting.run()
        try publisherThread.join()
        var report = try measurement.report("pubsub", messages: delivered)
        if queue == nil {
            let expected = (0..<subscriberCount)
                .map { pairs ? Share.of(count, $0, among: subscriberCount) : count }
            guard counting.counts == expected else { throw .wrong("subscribers received \(counting.counts)") }
        }
        report.add("published", count)
        report.add("size", size)
        report.add("publishers", publisherCount)
        report.add("subscribers", subscriberCount)
        return report
    }
}
