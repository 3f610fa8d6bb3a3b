/// Pulls a stream's messages through a consumer and checks that none is missing, twice or late.
final class PullLoop {
    private let connection: Connection
    private let consumer: PullConsumer
    private let request: [UInt8]
    private let lastRequest: [UInt8]
    private var progress: PullProgress
    private var asked = 0

    /// How many messages have come.
    var received: Int { self.progress.received }

    /// What is pulled, and how.
    struct PullConsumer {
        let stream: String
        let name: String
        /// How many messages there are to pull; the first has sequence 1.
        let messages: Int
        /// How many messages one request asks for.
        let batch: Int
        /// How many requests wait at the server.
        let requestsAhead: Int
        /// Whether each message is acknowledged.
        let acknowledges: Bool
    }

    /// - Parameter inbox: the subject that the messages are asked for; `connection` has subscribed to it.
    init(_ connection: Connection, _ consumer: PullConsumer, inbox: String) {
        self.connection = connection
        self.consumer = consumer
        self.request = Self.request(consumer, consumer.batch, inbox)
        let rest = consumer.messages % consumer.batch
        self.lastRequest = Self.request(consumer, rest == 0 ? consumer.batch : rest, inbox)
        self.progress = PullProgress(consumer)
    }

    /// Pulls until the last message is there and its acknowledgement has been handed to the kernel.
    func run() throws(LoadError) {
        var poller = Poller([self.connection])
        var ready: [Int] = []
        var blocked = false
        repeat {
            self.ask()
            let isBlocked = try !self.connection.flush()
            if isBlocked != blocked {
                blocked = isBlocked
                poller.watch(0, toSend: blocked)
            }
            if self.received == self.consumer.messages, !blocked { return }
            do throws(LoadError) {
                try poller.wait(&ready)
            } catch {
                throw .stalled("pulled \(self.received) of \(self.consumer.messages) messages (\(error))")
            }
            if try self.connection.receive() {
                try self.connection.consume { (bytes) throws(LoadError) in
                    try self.progress.scan(bytes, &self.connection.outgoing)
                }
            }
        } while true
    }

    /// Keeps the requests ahead.
    private func ask() {
        let ahead = self.consumer.batch * self.consumer.requestsAhead
        while self.asked < self.consumer.messages, self.asked - self.received <= ahead - self.consumer.batch {
            let isLast = self.asked + self.consumer.batch >= self.consumer.messages
            self.connection.outgoing.append(isLast ? self.lastRequest : self.request)
            self.asked = min(self.asked + self.consumer.batch, self.consumer.messages)
        }
    }

    private static func request(_ consumer: PullConsumer, _ batch: Int, _ inbox: String) -> [UInt8] {
        let body = #"{"batch":\#(batch),"expires":60000000000}"#
        let subject = "$JS.API.CONSUMER.MSG.NEXT.\(consumer.stream).\(consumer.name)"
        return Array("PUB \(subject) \(inbox) \(body.utf8.count)\r\n\(body)\r\n".utf8)
    }
}
