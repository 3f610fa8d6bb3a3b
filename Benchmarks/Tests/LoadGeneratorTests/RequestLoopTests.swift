import Testing

@testable import LoadGenerator

@Suite("Request loop")
struct RequestLoopTests {
    /// Publishes three messages to a stream whose answers are `answers`, all there from the start.
    private func run(_ answers: [(reply: String, payload: String)]) throws(LoadError) -> AnswerTally {
        let text = answers.map { "MSG _INBOX.a.\($0.reply) 1 \($0.payload.utf8.count)\r\n\($0.payload)\r\n" }
        let pair = SocketPair(answers: "PING\r\n" + text.joined())
        let requester = RequestLoop.Requester(
            connection: pair.connection,
            template: MessageTemplate(subject: "s", reply: "_INBOX.a.", countsReplies: true, payloadBytes: 1),
            inbox: "_INBOX.a",
            uniqueReplies: true,
            count: 3
        )
        let loop = RequestLoop(
            [requester],
            window: 3,
            tally: AnswerTally(.pubAck(PubAckCheck(stream: "S")), limit: 3, after: 7)
        )
        try loop.run()
        #expect(pair.sent().hasSuffix("PUB s _INBOX.a.00000002 1\r\na\r\nPONG\r\n"))
        return loop.tally
    }

    private func ack(_ sequence: Int) -> String {
        #"{"stream":"S","seq":\#(sequence)}"#
    }

    @Test("Right answers are counted, in whatever order they come")
    func right() throws {
        let tally = try self.run([("00000001", ack(8)), ("00000000", ack(10)), ("00000002", ack(9))])
        #expect(tally.count == 3)
        #expect(tally.sequences.count == 3)
        #expect(tally.sequences.highest == 10)
    }

    @Test("A wrong answer ends the run")
    func wrong() {
        let first = ("00000000", ack(8))
        let cases: [[(reply: String, payload: String)]] = [
            [first, ("00000000", ack(9))],  // answered twice
            [first, ("00000001", ack(8))],  // one sequence for two messages
            [first, ("00000003", ack(9))],  // never asked
            [first, ("1", ack(9))],  // not a reply of ours
            [first, ("00000001", ack(11))],  // a sequence that three messages cannot reach
            [first, ("00000001", ack(7))],  // a sequence from before the run
            [first, ("00000001", #"{"error":{"code":503},"stream":"S","seq":0}"#)],
        ]
        for answers in cases {
            #expect(throws: LoadError.self) { try self.run(answers) }
        }
    }

    @Test("A status without a message ends the run")
    func noResponders() {
        let pair = SocketPair(answers: "HMSG _INBOX.a.00000000 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n")
        let requester = RequestLoop.Requester(
            connection: pair.connection,
            template: MessageTemplate(subject: "s", reply: "_INBOX.a.", countsReplies: true, payloadBytes: 1),
            inbox: "_INBOX.a",
            uniqueReplies: true,
            count: 1
        )
        let loop = RequestLoop([requester], window: 1, tally: AnswerTally(.payload(bytes: 1), limit: 1))
        #expect(throws: LoadError.self) { try loop.run() }
    }
}
