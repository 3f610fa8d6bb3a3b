/// Makes the connections of a ``RequestLoop``.
enum Requesters {
    /// Connects `connections` times, each with an inbox of its own that is subscribed to.
    static func make(
        _ connections: Int,
        port: UInt16,
        count: Int,
        oneInbox: Bool,
        template: (_ index: Int, _ inbox: String) -> MessageTemplate
    ) throws(LoadError) -> [RequestLoop.Requester] {
        var requesters: [RequestLoop.Requester] = []
        for index in 0..<connections {
            let connection = try Connection(port: port)
            let inbox = Inbox.make()
            connection.subscribe(oneInbox ? inbox : inbox + ".*", id: 1)
            try connection.roundTrip()
            requesters.append(
                RequestLoop.Requester(
                    connection: connection,
                    template: template(index, inbox),
                    inbox: inbox,
                    uniqueReplies: !oneInbox,
                    count: Share.of(count, index, among: connections)
                )
            )
        }
        return requesters
    }

    static func addLatencies(of tally: AnswerTally, to report: inout Report) {
        var latencies = tally.latencies
        let percentiles = latencies.percentiles([500, 990])
        report.add("p50_us", percentiles[0])
        report.add("p99_us", percentiles[1])
    }
}
