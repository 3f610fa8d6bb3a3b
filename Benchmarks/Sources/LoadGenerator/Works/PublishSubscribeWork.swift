/// `load pubsub`: publishers and subscribers; the messages of the result are those delivered.
///
/// All publish to one subject: each subscriber receives every message, or with `--queue` each
/// message goes to one of them. With `--pairs` publisher i and subscriber i have a subject of their own.
///
/// With `--subjects` the subjects are that many, in turn, so that a server finds nothing in a cache that is smaller; a
/// subscriber has one subscription for all of them, or with `--each` one for each, all with a wildcard. With
/// `--members` each subscriber joins the queue group that many times. With `--stalled` that many more clients subscribe
/// and read nothing.
enum PublishSubscribeWork {
    static func run(_ arguments: some Collection<String>) throws(LoadError) -> Report {
        let options = try Options(
            arguments,
            known: [
                "port", "pid", "count", "size", "publishers", "subscribers", "queue", "subjects", "members",
                "stalled",
            ],
            flags: ["pairs", "each"]
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
        let members = try options.number("members", default: 1, in: 1...100_000)
        guard members == 1 || queue != nil else { throw .usage("--members needs --queue") }
        let subjects = options.has("subjects") ? try options.number("subjects", in: 1...99_999_999) : nil
        let each = options.has("each")
        guard !each || subjects != nil else { throw .usage("--each needs --subjects") }
        guard !pairs || subjects == nil else { throw .usage("--pairs and --subjects exclude each other") }

        var subscribers: [Connection] = []
        for index in 0..<subscriberCount {
            let connection = try Connection(port: port)
            if let subjects, each {
                try Self.subscribe(connection, toEachOf: subjects, queue: queue)
            } else {
                let pattern = subjects != nil ? "bench.*.*" : pairs ? "bench.\(index)" : "bench.0"
                for member in 1...members { connection.subscribe(pattern, id: member, queue: queue) }
            }
            try connection.roundTrip()
            subscribers.append(connection)
        }
        var stalled: [Connection] = []
        for _ in 0..<(try options.number("stalled", default: 0, in: 0...1_000)) {
            let connection = try Connection(port: port)
            connection.subscribe("bench.>", id: 1)
            try connection.roundTrip()
            stalled.append(connection)
        }
        var publishers: [(connection: Connection, template: MessageTemplate, count: Int)] = []
        for index in 0..<publisherCount {
            let template = MessageTemplate(
                subject: subjects != nil ? "bench.some." : pairs ? "bench.\(index)" : "bench.0",
                subjects: subjects.map { 0..<$0 },
                payloadBytes: size
            )
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
        report.add("stalled", stalled.count)
        return report
    }

    /// Subscribes with a wildcard to each subject alone; in parts, since a connection holds what it has not sent.
    private static func subscribe(
        _ connection: Connection,
        toEachOf subjects: Int,
        queue: String?
    ) throws(LoadError) {
        for number in 0..<subjects {
            let text = String(number)
            let digits = String(repeating: "0", count: MessageTemplate.digits - text.count) + text
            connection.subscribe("bench.*.\(digits)", id: number + 1, queue: queue)
            if number % 1000 == 999 { try connection.roundTrip() }
        }
    }
}
