import Testing

@testable import Broker

@Suite("Trace request")
struct TraceRequestTests {
    private func request(_ text: String, account: MessageTraceOptions? = nil, random: UInt64 = 0)
        -> TraceRequest?
    {
        let block = Array(text.utf8)
        guard TraceRequest.mayBeAsked(by: block.span.bytes, account: account) else { return nil }
        return TraceRequest(block.span.bytes, account: account, random: random)
    }

    @Test(
        "A block that is cut off anywhere is no trap, and asks for a report only if the destination is whole",
        arguments: ["\r\n", "\n", "\r", ":"]
    )
    func cut(ending: String) {
        let text =
            "NATS/1.0\r\nA:b\r\nNats-Trace-Dest: trace.x\r\nNats-Trace-Only: on\r\ntraceparent: a-b-c-01\r\n\r\n"
        let whole = text.utf8.count - "\r\nNats-Trace-Only: on\r\ntraceparent: a-b-c-01\r\n\r\n".utf8.count
        for length in 0...text.utf8.count {
            let found = self.request(String(text.prefix(length)) + ending, account: nil)
            if length >= whole + 2 { #expect(found?.destination == "trace.x") }
            if let found { #expect("trace.x".hasPrefix(found.destination)) }
        }
    }

    @Test("Bytes at random are no trap")
    func random() {
        var generator = SeededNumbers(seed: 7)
        let words = [
            "NATS/1.0", "\r\n", "\r", "\n", ":", " ", "Nats-Trace-Dest", "traceparent", "-", "01", "\u{1}",
        ]
        for _ in 0..<5000 {
            let text = (0..<Int(generator.next() % 12)).map { _ in words[Int(generator.next() % 11)] }
                .joined()
            _ = self.request(text, account: MessageTraceOptions(destination: "t"), random: generator.next())
        }
    }

    @Test("An account traces as many of a hundred messages as it says")
    func sampling() {
        let account = MessageTraceOptions(destination: "t", sampling: 30)
        let text = "NATS/1.0\r\nTRACEPARENT: a-b-c-01\r\n\r\n"
        let traced = (0..<100 as Range<UInt64>)
            .filter { self.request(text, account: account, random: $0) != nil }
        #expect(traced.count == 30)
        #expect(self.request(text) == nil)
    }

    private struct SeededNumbers {
        var numbers: RandomNumbers
        init(seed: UInt64) { self.numbers = RandomNumbers(seed: seed) }
        mutating func next() -> UInt64 { self.numbers.next() >> 32 }
    }
}
