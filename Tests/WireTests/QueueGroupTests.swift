import Testing

@Suite("Queue groups", .serialized, .server)
struct QueueGroupTests {
    @Test("Plain subscriptions come first, then one member of each group; checklist item 35")
    func oneEach() throws {
        let client = try TestClient(port: RunningServer.port)
        try client.send("SUB a q 1\r\nSUB * q 2\r\nSUB a p 3\r\nSUB a 4\r\n")
        var firsts = 0
        for _ in 0..<60 {
            try client.publish("a")
            try client.flush()
            let sids = client.takeMessages().map(\.sid)
            try #require(sids.count == 3)
            #expect(sids[0] == "4")
            #expect(Set(sids[1...]) == ["1", "3"] || Set(sids[1...]) == ["2", "3"])
            if sids.contains("1") { firsts += 1 }
        }
        // Each has a chance of one half: all or none of 60 does not happen.
        #expect((1..<60).contains(firsts))
        try client.finish()
    }

    @Test("Three members on three connections share 300 messages; checklist item 36")
    func share() throws {
        let members = try (0..<3).map { _ in try TestClient(port: RunningServer.port) }
        for member in members {
            try member.subscribe("work.*", queue: "workers")
            try member.flush()
        }
        let publisher = try TestClient(port: RunningServer.port)
        for number in 0..<300 { try publisher.publish("work.\(number)", "\(number)") }
        try TestClient.settle([publisher] + members)
        let shares = members.map { $0.takeMessages().map(\.text) }
        #expect(shares.flatMap { $0 }.sorted() == (0..<300).map { "\($0)" }.sorted())
        for share in shares {
            #expect((60...141).contains(share.count), "20 % to 47 %")
            #expect(share.compactMap { Int($0) } == share.compactMap { Int($0) }.sorted())
        }
        for client in members + [publisher] { try client.finish() }
    }

    @Test("A member that left gets nothing more, and the others get everything")
    func leaving() throws {
        let leaving = try TestClient(port: RunningServer.port)
        let staying = try TestClient(port: RunningServer.port)
        for member in [leaving, staying] {
            try member.subscribe("jobs", queue: "q")
            try member.flush()
        }
        try leaving.send("UNSUB 1\r\n")
        try leaving.flush()
        let publisher = try TestClient(port: RunningServer.port)
        for number in 0..<50 { try publisher.publish("jobs", "\(number)") }
        try TestClient.settle([publisher, leaving, staying])
        #expect(leaving.takeMessages().isEmpty)
        #expect(staying.takeMessages().map(\.text) == (0..<50).map { "\($0)" })
        for client in [leaving, staying, publisher] { try client.finish() }
    }
}
