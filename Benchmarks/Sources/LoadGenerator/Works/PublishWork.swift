/// `load pub`: publishes that nobody has subscribed to.
enum PublishWork {
    static func run(_ arguments: some Collection<String>) throws(LoadError) -> Report {
        let options = try Options(
            arguments,
            known: ["port", "pid", "count", "size", "connections", "subjects"]
        )
        let port = try options.port()
        let count = try options.number("count")
        let size = try options.number("size", in: 0...1_000_000)
        let connections = try options.number("connections", default: 1, in: 1...1_000)
        let subjects = try options.number("subjects", default: 1, in: 1...99_999_999)
        var publishers: [(connection: Connection, template: MessageTemplate, count: Int)] = []
        for index in 0..<connections {
            let template =
                subjects == 1
                ? MessageTemplate(subject: "bench.0", payloadBytes: size)
                : MessageTemplate(subject: "bench.", subjects: 0..<subjects, payloadBytes: size)
            publishers.append(
                (try Connection(port: port), template, Share.of(count, index, among: connections))
            )
        }
        let loop = PublishLoop(publishers)
        let measurement = try Measurement(options.server())
        try loop.run()
        var report = try measurement.report("pub", messages: count)
        report.add("size", size)
        report.add("connections", connections)
        report.add("subjects", subjects)
        return report
    }
}
