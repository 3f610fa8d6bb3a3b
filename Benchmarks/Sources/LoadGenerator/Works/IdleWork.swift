/// `load idle`: what connections and subscriptions that do nothing cost the server in memory.
///
/// The subscriptions are those of one connection, all with a wildcard. The server is given some time to settle, since
/// a runtime with a garbage collector gives nothing back at once.
enum IdleWork {
    static func run(_ arguments: some Collection<String>) throws(LoadError) -> Report {
        let options = try Options(arguments, known: ["port", "pid", "connections", "subscriptions"])
        let port = try options.port()
        guard let server = try options.server() else { throw .usage("--pid is missing") }
        let connectionCount = try options.number("connections", in: 1...60_000)
        let subscriptionCount = try options.number("subscriptions", in: 1...10_000_000)

        let idle = try server.kibibytes("VmRSS")
        let measurement = try Measurement(server)
        var connections: [Connection] = []
        for _ in 0..<connectionCount { connections.append(try Connection(port: port)) }
        let connected = try server.kibibytes("VmRSS")

        let subscriber = try Connection(port: port)
        try subscriber.roundTrip()
        let before = try server.kibibytes("VmRSS")
        for number in 0..<subscriptionCount {
            subscriber.subscribe("idle.*.\(number)", id: number + 1)
            if number % 1000 == 999 { try subscriber.roundTrip() }
        }
        try subscriber.roundTrip()
        let subscribed = try server.kibibytes("VmRSS")

        var report = try measurement.report("idle", messages: connectionCount + subscriptionCount)
        report.add("idle_kib", idle)
        report.add("bytes_per_connection", (connected - idle) * 1024 / connectionCount)
        report.add("bytes_per_subscription", (subscribed - before) * 1024 / subscriptionCount)
        for connection in connections { try connection.roundTrip() }
        return report
    }
}
