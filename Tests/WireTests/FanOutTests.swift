import Broker
import Synchronization
import Testing

// Connections alternate between the two event loops, so that with several of each, publishers and subscribers
// meet on the same loop and on different ones.
@Suite("Fan-out over two event loops", .serialized, .server)
struct FanOutTests {
    @Test("Every message reaches every subscriber once, in the order of its publisher")
    func everything() async throws {
        let port = RunningServer.port
        let (publishers, subscribers, messages) = (4, 4, 1000)
        let ready = try (0..<subscribers)
            .map { _ in
                let client = try TestClient(port: port)
                try client.subscribe("fan.*")
                try client.flush()
                return Sending(client)
            }
        try await concurrently(publishers + subscribers) { index in
            if index < publishers {
                let client = try TestClient(port: port)
                for number in 0..<messages { try client.publish("fan.\(index)", "\(number)") }
                try client.flush()
                try client.finish()
            } else {
                let client = ready[index - publishers].value
                var next = [Int](repeating: 0, count: publishers)
                for _ in 0..<publishers * messages {
                    let message = try client.nextMessage()
                    let publisher = try #require(Int(message.subject.dropFirst(4)))
                    try #require(Int(message.text) == next[publisher])
                    next[publisher] += 1
                }
                #expect(next == [Int](repeating: messages, count: publishers))
            }
        }
        try TestClient.settle(ready.map(\.value))
        for client in ready { #expect(client.value.takeMessages().isEmpty, "nothing comes twice") }
        for client in ready { try client.value.finish() }
    }

    @Test("Little and much in turn reaches a client in order, also when its socket is full")
    func directWrites() async throws {
        let port = RunningServer.port
        let (publishers, rounds, burst) = (2, 600, 40)
        let subscriber = try TestClient(port: port)
        try subscriber.subscribe("turn.*")
        try subscriber.flush()
        let messages = rounds + rounds / 8 * burst
        // Little is written by the publisher's loop at once, much goes by the loop of the subscriber, which reads nothing
        // until all is sent: each way of the two meets a socket that is full.
        try await concurrently(publishers) { index in
            let client = try TestClient(port: port)
            var number = 0
            let padding = String(repeating: "p", count: 2000)
            for round in 0..<rounds {
                for _ in 0..<(round % 8 == 7 ? burst + 1 : 1) {
                    try client.publish("turn.\(index)", "\(number) \(padding)")
                    number += 1
                }
                try client.flush()
            }
            #expect(number == messages)
            try client.finish()
        }
        var next = [Int](repeating: 0, count: publishers)
        for _ in 0..<publishers * messages {
            let message = try subscriber.nextMessage()
            let publisher = try #require(Int(message.subject.dropFirst(5)))
            let number = message.text.prefix { $0 != " " }
            try #require(
                Int(number) == next[publisher] && message.text.utf8.count == number.utf8.count + 2001
            )
            next[publisher] += 1
        }
        #expect(next == [Int](repeating: messages, count: publishers))
        try subscriber.finish()
    }

    @Test("A maximum set while publishers on both loops go on is exact, or all that came before it is more")
    func exactLimitInBetween() async throws {
        let port = RunningServer.port
        for round in 0..<8 {
            let limit = 50 + 120 * round
            let subscriber = try TestClient(port: port)
            try subscriber.subscribe("race.>")
            try subscriber.flush()
            let all = (0..<3).map { _ in Result { try TestClient(port: port) } }
            let publishers = try all.map { Sending(try $0.get()) }
            let own = Sending(subscriber)
            try await concurrently(publishers.count + 1) { index in
                if index < publishers.count {
                    let client = publishers[index].value
                    for number in 0..<400 { try client.publish("race.\(index)", "\(number)") }
                    try client.flush()
                } else {
                    // Somewhere in the middle: after the first messages have come.
                    for _ in 0..<20 { _ = try own.value.nextMessage() }
                    try own.value.send("UNSUB 1 \(limit)\r\n")
                    try own.value.flush()
                }
            }
            try TestClient.settle(publishers.map(\.value) + [subscriber])
            let count = 20 + subscriber.takeMessages().count
            #expect(count >= limit && count <= 1200)
            // The subscription is gone in both cases: the sid is free, and nothing more comes for the old one.
            try subscriber.send("SUB again 1\r\n")
            try subscriber.flush()
            for publisher in publishers { try publisher.value.publish("race.late") }
            try publishers[0].value.publish("again", "x")
            try TestClient.settle(publishers.map(\.value) + [subscriber])
            #expect(subscriber.takeMessages().map(\.subject) == ["again"])
            for client in publishers.map(\.value) + [subscriber] { try client.finish() }
        }
    }

    @Test("An automatic unsubscribe is exact while publishers on both loops go on")
    func exactLimit() async throws {
        let port = RunningServer.port
        for round in 0..<5 {
            let limit = 37 + 100 * round
            let subscriber = try TestClient(port: port)
            try subscriber.send("SUB limit.> 1\r\nUNSUB 1 \(limit)\r\n")
            try subscriber.flush()
            let publishers = try (0..<4).map { _ in Sending(try TestClient(port: port)) }
            try await concurrently(publishers.count) { index in
                let client = publishers[index].value
                for number in 0..<200 { try client.publish("limit.\(index)", "\(number)") }
                try client.flush()
            }
            try TestClient.settle(publishers.map(\.value) + [subscriber])
            #expect(subscriber.takeMessages().count == limit)
            try subscriber.send("SUB limit.again 1\r\n")
            try subscriber.flush()
            try publishers[0].value.publish("limit.again", "free")
            try TestClient.settle([publishers[0].value, subscriber])
            #expect(subscriber.takeMessages().map(\.text) == ["free"], "the sid can be used again")
            for client in publishers.map(\.value) + [subscriber] { try client.finish() }
        }
    }

    @Test("Connections that come and go do not disturb those that stay")
    func comingAndGoing() async throws {
        try await RunningServer.with {
            // A connection that were counted after its end would use this up.
            $0.maxConnections = 24
        } _: { port in
            let messages = 1500
            let staying = Sending(try TestClient(port: port))
            try staying.value.subscribe("churn.>")
            try staying.value.flush()
            let publisher = Sending(try TestClient(port: port))
            let isDone = Atomic(false)
            let visitors = Atomic(0)
            try await concurrently(4) { index in
                switch index {
                case 0:
                    for number in 0..<messages {
                        try publisher.value.publish("churn.\(number)", "\(number)")
                        if number % 100 == 0 { try publisher.value.flush() }
                    }
                    try publisher.value.flush()
                case 1:
                    for number in 0..<messages {
                        try #require(try staying.value.nextMessage().text == "\(number)")
                    }
                    isDone.store(true, ordering: .relaxed)
                default:
                    while !isDone.load(ordering: .relaxed) || visitors.load(ordering: .relaxed) < 100 {
                        let visitor = try TestClient(port: port)
                        try visitor.send("SUB churn.> \(index)\r\nSUB churn.1 q x\r\nPING\r\n")
                        // It is admitted: the first answer is no error.
                        if case .error(let text) = try visitor.next() {
                            throw TestClient.Unexpected(event: text)
                        }
                        try visitor.finish()
                        visitors.add(1, ordering: .relaxed)
                    }
                }
            }
            try TestClient.settle([publisher.value, staying.value])
            #expect(staying.value.takeMessages().isEmpty)
        }
    }
}

/// Hands a value from thread to thread; only one has it at a time.
final class Sending<Value>: @unchecked Sendable {
    // Unchecked: the tests wait for each other.
    let value: Value

    init(_ value: Value) { self.value = value }
}
