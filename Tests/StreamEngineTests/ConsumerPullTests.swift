import NIOCore
import StreamModel
import StreamStore
import Subjects
import Testing

@testable import StreamEngine

@Suite("Pull requests")
struct ConsumerPullTests {
    private func fixture(
        _ messages: Int,
        _ configure: (inout ConsumerPolicy) -> Void = { _ in }
    ) -> ConsumerFixture {
        ConsumerFixture([String](repeating: "s.a", count: messages), configure)
    }

    @Test("An empty request gets one message under its stored subject, with the ack subject as reply")
    func one() throws {
        let frame = try #require(self.fixture(3).pull().first)
        #expect(frame.route == "in")
        #expect(frame.subject == "s.a")
        #expect(frame.reply == "$JS.ACK.S.c.1.1.1.10000000.2")
        #expect(frame.headers == "")
        #expect(frame.payload == "p1")
    }

    @Test(
        "Forms of the request",
        arguments: [
            ("2", 2), ("hello", 1), ("{}", 1), ("{\"batch\":3}", 3), ("{\"batch\":0}", 1),
            ("{\"batch\":-5}", 1),
            ("{\"batch\":2,\"unknown\":{\"a\":[1]}}", 2), ("{\"group\":\"A\"}", 1), ("{\"priority\":5}", 1),
        ]
    )
    func forms(body: String, count: Int) {
        let frames = self.fixture(5).pull(body)
        #expect(frames.count == count)
        #expect(frames.sequences.count == count)
    }

    @Test(
        "Refusals have exact texts and no further headers",
        arguments: [
            ("{x", "in: 400 Bad Request - invalid JSON"),
            ("{\"batch\":\"x\"}", "in: 400 Bad Request - invalid JSON"),
            (
                "{\"expires\":100,\"idle_heartbeat\":60}",
                "in: 400 Bad Request - heartbeat value too large"
            ),
            ("{\"batch\":3}", "in: 409 Exceeded MaxRequestBatch of 2"),
            ("3", "in: 409 Exceeded MaxRequestBatch of 2"),
            ("{\"expires\":3000000000}", "in: 409 Exceeded MaxRequestExpires of 2s"),
            ("{\"max_bytes\":1001}", "in: 409 Exceeded MaxRequestMaxBytes of 1000"),
            ("{\"min_pending\":1}", "in: 400 Bad Request - Not a Overflow Priority consumer"),
            ("{\"id\":\"x\"}", "in: 400 Bad Request - Not a Pinned Client Priority consumer"),
            ("{\"priority\":10}", "in: 400 Bad Request - Priority must be between 0 and 9"),
            ("{\"no_wait\":true}", "in: 404 No Messages"),
        ]
    )
    func refusals(body: String, text: String) {
        let fixture = self.fixture(0) {
            $0.maxBatch = 2
            $0.maxExpires = 2_000_000_000
            $0.maxBytes = 1_000
        }
        #expect(fixture.pull(body).texts == [text])
        #expect(fixture.progress.waiting == 0)
    }

    @Test("Group rules apply to JSON requests of a consumer with a priority policy")
    func groups() {
        let fixture = self.fixture(1) {
            $0.priority = .prioritized
            $0.priorityGroups = [Array("A".utf8)]
        }
        #expect(fixture.pull("{}").texts == ["in: 400 Bad Request - Priority Group missing"])
        #expect(fixture.pull("{\"group\":\"B\"}").texts == ["in: 400 Bad Request - Invalid Priority Group"])
        #expect(fixture.pull("{\"group\":\"A\"}").sequences == [1])
    }

    @Test("A level that is too high and a push consumer are answered first")
    func first() {
        #expect(self.fixture(1).pull("{", level: true).texts == ["in: 412 Required Api Level"])
        let push = self.fixture(1) { $0.isPull = false }
        #expect(push.pull("{").texts == ["in: 409 Consumer is push based"])
    }

    @Test("A request without an inbox is ignored")
    func noReply() {
        let fixture = self.fixture(1)
        #expect(fixture.pull("", inbox: "").isEmpty)
        #expect(fixture.progress.waiting == 0)
    }

    @Test("no_wait ends with 404 after what there is")
    func noWait() {
        let frames = self.fixture(7).pull("{\"batch\":100,\"no_wait\":true}")
        #expect(frames.sequences == Array(1...7))
        #expect(frames.last?.description == "in: 404 No Messages")
        #expect(frames.count == 8)
    }

    @Test("no_wait with a lifetime waits for the first message and ends after it")
    func noWaitExpires() {
        let body = "{\"batch\":100,\"no_wait\":true,\"expires\":1000000000}"
        let fixture = self.fixture(0)
        #expect(fixture.pull(body).isEmpty)
        #expect(
            fixture.wait(1_000).texts
                == ["in: 408 Request Timeout; Nats-Pending-Messages: 100; Nats-Pending-Bytes: 0"]
        )
        #expect(fixture.pull(body).isEmpty)
        fixture.publish("s.a")
        #expect(fixture.deliver().texts == ["in: s.a 1/1/1 0", "in: 404 No Messages"])
    }

    @Test("no_wait is refused while others want more than there is")
    func requestsPending() {
        let fixture = self.fixture(0)
        #expect(fixture.pull("{\"batch\":5,\"expires\":5000000000}").isEmpty)
        fixture.publish("s.a")
        fixture.publish("s.a")
        let body = Array("{\"batch\":1,\"no_wait\":true}".utf8)
        let reply = Array("other".utf8)
        var effects = EffectBuffer()
        fixture.consumer.pull(
            body: body.span.bytes,
            reply: reply.span.bytes,
            now: fixture.now,
            interest: { _ in .max },
            effects: &effects
        )
        let header = effects.effects.first.map(\.headers) ?? 0..<0
        #expect(
            effects.arena.getString(at: header.lowerBound, length: header.count)
                == "NATS/1.0 408 Requests Pending\r\n\r\n"
        )
    }

    @Test(
        "At the end of its lifetime a request is told what it still wanted",
        arguments: [(10, 10), (0, 0), (-1, -1)] as [(Int, Int)]
    )
    func expiry(batch: Int, pending: Int) {
        let fixture = self.fixture(0)
        #expect(fixture.pull("{\"batch\":\(batch),\"expires\":300000000}").isEmpty)
        #expect(fixture.wait(299).isEmpty)
        #expect(
            fixture.wait(1).texts
                == ["in: 408 Request Timeout; Nats-Pending-Messages: \(pending); Nats-Pending-Bytes: 0"]
        )
        #expect(fixture.progress.waiting == 0)
    }

    @Test("A negative lifetime is over at once")
    func negativeExpiry() {
        #expect(
            self.fixture(3).pull("{\"batch\":4,\"expires\":-1}").texts
                == ["in: 408 Request Timeout; Nats-Pending-Messages: 4; Nats-Pending-Bytes: 0"]
        )
    }

    @Test("Heartbeats come between messages and say how far the consumer is")
    func heartbeats() {
        let fixture = self.fixture(1)
        let frames = fixture.pull("{\"batch\":5,\"expires\":1100000000,\"idle_heartbeat\":300000000}")
        #expect(frames.sequences == [1])
        let heartbeat = "in: 100 Idle Heartbeat; Nats-Last-Consumer: 1; Nats-Last-Stream: 1"
        #expect(
            fixture.wait(1_100).texts
                == [
                    heartbeat, heartbeat, heartbeat,
                    "in: 408 Request Timeout; Nats-Pending-Messages: 4; Nats-Pending-Bytes: 0",
                ]
        )
    }

    @Test("A heartbeat's stream sequence passes what does not match")
    func heartbeatPosition() {
        let fixture = ConsumerFixture([String](repeating: "a", count: 8)) { $0.filter = filter("b") }
        fixture.pull("{\"batch\":5,\"expires\":1000000000,\"idle_heartbeat\":300000000}")
        #expect(
            fixture.wait(300).texts
                == ["in: 100 Idle Heartbeat; Nats-Last-Consumer: 0; Nats-Last-Stream: 8"]
        )
    }

    @Test("A byte budget ends a request that the next message does not fit")
    func maxBytes() {
        #expect(
            self.fixture(1).pull("{\"batch\":10,\"max_bytes\":10}").texts
                == [
                    "in: 409 Message Size Exceeds MaxBytes; Nats-Pending-Messages: 10; Nats-Pending-Bytes: 10"
                ]
        )
        // Each message is 3 bytes of subject, 28 of reply and 2 of payload: 33.
        let fixture = self.fixture(5)
        let frames = fixture.pull("{\"batch\":10,\"max_bytes\":110}")
        #expect(frames.sequences == [1, 2, 3])
        #expect(
            frames.last?.description
                == "in: 409 Message Size Exceeds MaxBytes; Nats-Pending-Messages: 7; Nats-Pending-Bytes: 11"
        )
        #expect(fixture.pull().sequences == [4])
    }

    @Test("A request that ends by count says what is left of its byte budget; by bytes it says nothing")
    func batchCompleted() {
        #expect(
            self.fixture(1).pull("{\"batch\":1,\"max_bytes\":1500}").texts
                == [
                    "in: s.a 1/1/1 0",
                    "in: 409 Batch Completed; Nats-Pending-Messages: 0; Nats-Pending-Bytes: 1467",
                ]
        )
        let exact = self.fixture(3).pull("{\"batch\":5,\"max_bytes\":66}")
        #expect(exact.sequences == [1, 2])
        #expect(exact.count == 2)
    }

    @Test("The next request gets a message that is too large for the one before")
    func nextTakes() {
        let fixture = self.fixture(0)
        fixture.pull("{\"batch\":2,\"max_bytes\":5}", inbox: "a")
        fixture.pull("1", inbox: "b")
        fixture.publish("s.a")
        #expect(
            fixture.deliver().texts
                == [
                    "a: 409 Message Size Exceeds MaxBytes; Nats-Pending-Messages: 2; Nats-Pending-Bytes: 5",
                    "b: s.a 1/1/1 0",
                ]
        )
    }

    @Test("A full queue refuses, silently if the request has a heartbeat")
    func maxWaiting() {
        let fixture = self.fixture(0) { $0.maxWaiting = 2 }
        fixture.pull("{\"expires\":100000000}", inbox: "a")
        fixture.pull("1", inbox: "b")
        #expect(fixture.pull("1", inbox: "c").texts == ["c: 409 Exceeded MaxWaiting"])
        #expect(fixture.pull("{\"expires\":1000000000,\"idle_heartbeat\":100000000}", inbox: "d").isEmpty)
        #expect(fixture.progress.waiting == 2)
        // What is over makes room at once.
        fixture.takers["b"] = 0
        #expect(fixture.pull("1", inbox: "e").isEmpty)
        #expect(fixture.progress.waiting == 2)
    }

    @Test("Requests take turns, each by one message")
    func roundRobin() {
        let fixture = self.fixture(0)
        fixture.pull("3", inbox: "a")
        fixture.pull("3", inbox: "b")
        for _ in 0..<6 { fixture.publish("s.a") }
        #expect(fixture.deliver().map(\.route) == ["a", "b", "a", "b", "a", "b"])
    }

    @Test("Requests of one inbox are separate requests")
    func sameInbox() {
        let fixture = self.fixture(0)
        for _ in 0..<3 { fixture.pull("{\"batch\":1,\"expires\":1000000}") }
        #expect(fixture.progress.waiting == 3)
        #expect(fixture.wait(1).count == 3)
    }

    @Test("Nobody's request is dropped silently and the message goes to the next")
    func interestLost() {
        let fixture = self.fixture(0)
        fixture.pull("3", inbox: "gone")
        fixture.pull("3", inbox: "here")
        fixture.takers["gone"] = 0
        #expect(fixture.progress.waiting == 1)
        fixture.publish("s.a")
        #expect(fixture.deliver().texts == ["here: s.a 1/1/1 0"])
        fixture.takers["here"] = 0
        fixture.publish("s.a")
        #expect(fixture.deliver().isEmpty)
        #expect(fixture.progress.pending == 1)
        #expect(fixture.progress.waiting == 0)
    }

    @Test("A subscription that takes one more gets one")
    func unsubscribeAfter() {
        let fixture = self.fixture(3)
        fixture.takers["in"] = 1
        #expect(fixture.pull("3").sequences == [1])
        #expect(fixture.progress.pending == 2)
        #expect(fixture.progress.waiting == 0)
    }

    @Test(
        "New messages wait for acknowledgements at the limit; a request without waiting is not ended by that"
    )
    func stalled() throws {
        let fixture = self.fixture(3) { $0.maxAckPending = 1 }
        let frames = fixture.pull("{\"batch\":100}")
        #expect(frames.sequences == [1])
        #expect(
            fixture.pull("{\"batch\":1,\"no_wait\":true}", inbox: "b").texts == ["b: 408 Requests Pending"]
        )
        #expect(fixture.ack(try #require(frames.first).reply).sent.sequences == [2])
    }

    @Test("Paused: requests wait and are kept alive, and messages come at the end of the pause")
    func paused() {
        let fixture = self.fixture(1) { $0.pauseUntil = Timestamp(rawValue: 1_000_400 * 1_000_000) }
        #expect(fixture.pull("{\"batch\":1,\"no_wait\":true}").texts == ["in: 404 No Messages"])
        #expect(fixture.pull("{\"batch\":2,\"expires\":1000000000,\"idle_heartbeat\":300000000}").isEmpty)
        #expect(
            fixture.wait(399).texts
                == ["in: 100 Idle Heartbeat; Nats-Last-Consumer: 0; Nats-Last-Stream: 0"]
        )
        #expect(fixture.wait(1).sequences == [1])
        #expect(fixture.events == [.resumed])
    }

    @Test("headers_only replaces the payload by its size")
    func headersOnly() {
        let fixture = self.fixture(0) { $0.headersOnly = true }
        fixture.publish("s.a", "four")
        fixture.publish("s.a", "", headers: "NATS/1.0\r\nA: 1\r\n\r\n")
        let frames = fixture.pull("5")
        #expect(
            frames.map(\.headers) == [
                "NATS/1.0\r\nNats-Msg-Size: 4\r\n\r\n", "NATS/1.0\r\nA: 1\r\nNats-Msg-Size: 0\r\n\r\n",
            ]
        )
        #expect(frames.map(\.payload) == ["", ""])
        #expect(frames.map(\.subject) == ["s.a", "s.a"])
    }

    @Test("A client that is behind keeps its request, and gets messages again when it has caught up")
    func behind() {
        let fixture = self.fixture(6)
        let request = #"{"batch":2,"expires":30000000000}"#
        fixture.takers["slow"] = -1
        #expect(fixture.pull(request, inbox: "slow").isEmpty)
        #expect(fixture.isHeldUp)
        #expect(fixture.pull(request, inbox: "slow").isEmpty)
        #expect(fixture.pull(request, inbox: "in").map(\.route) == ["in", "in"], "others need not wait")
        #expect(fixture.isHeldUp)
        fixture.takers["slow"] = 3
        #expect(fixture.deliver().map(\.route) == ["slow", "slow", "slow", "slow"])
        #expect(!fixture.isHeldUp)
        #expect(fixture.pull(request, inbox: "slow").isEmpty)
        #expect(!fixture.isHeldUp, "there is nothing to keep back")
    }

    @Test("A request ends at its time, however far its client is behind")
    func behindForLong() {
        let fixture = self.fixture(1)
        fixture.takers["in"] = -1
        #expect(fixture.pull(#"{"batch":1,"expires":1000000000}"#).isEmpty)
        let frames = fixture.wait(1100)
        #expect(
            frames.map(\.description) == [
                "in: 408 Request Timeout; Nats-Pending-Messages: 1; Nats-Pending-Bytes: 0"
            ]
        )
    }
}
