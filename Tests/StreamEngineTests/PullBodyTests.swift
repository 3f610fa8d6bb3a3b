import Subjects
import Testing

@testable import StreamEngine

@Suite("Pull body")
struct PullBodyTests {
    private func read(_ bytes: [UInt8]) -> PullBody? {
        guard case .body(let body) = PullBody.read(bytes.span.bytes, 0..<bytes.count) else { return nil }
        return body
    }

    private func read(_ text: String) -> PullBody? { self.read(Array(text.utf8)) }

    @Test(
        "A body that is not JSON is a number or nothing",
        arguments: [
            ("", 1), (" ", 1), ("2", 2), (" 30\r\n", 30), ("hello", 1), ("-1", -1),
            ("9999999999999999999", 1),
        ]
            as [(String, Int64)]
    )
    func plain(text: String, batch: Int64) { #expect(self.read(text)?.batch == batch) }

    @Test("All keys are read, in any order and case")
    func keys() {
        let body = self.read(
            """
             {"Batch": 5,"expires":1000, "no_wait":true,"max_bytes":7,"idle_heartbeat":500,
            "group":"A\\u00e9\\n\\ud83d\\ude00","min_pending":3,"min_ack_pending":4,"id":"x","priority":9}
            """
        )
        #expect(body?.batch == 5)
        #expect(body?.expires == 1000)
        #expect(body?.noWait == true)
        #expect(body?.maxBytes == 7)
        #expect(body?.idleHeartbeat == 500)
        #expect(body.map { String(decoding: $0.group, as: UTF8.self) } == "A\u{e9}\n\u{1f600}")
        #expect(body?.minPending == 3)
        #expect(body?.minAckPending == 4)
        #expect(body?.id == Array("x".utf8))
        #expect(body?.priority == 9)
    }

    @Test(
        "Unknown keys and null are skipped whatever their value",
        arguments: [
            "{\"x\":{\"y\":[1,2,{\"z\":\"a\\\"b\"}],\"batch\":9},\"batch\":3}",
            "{\"batch\":3,\"failover\":false,\"n\":-1.5e+3,\"e\":[],\"o\":{},\"l\":[[],[{}]]}",
            "{\"batch\":3,\"expires\":null,\"no_wait\":null,\"group\":null}", "{\"batch\":1,\"batch\":3}",
            "{ \"a\" : [ 1 , [ ] , { \"b\" : { } } ] , \"batch\" : 3 }",
        ]
    )
    func unknown(text: String) { #expect(self.read(text)?.batch == 3) }

    @Test(
        "What is not JSON, or of another type, is malformed",
        arguments: [
            "{", "{x", "{\"batch\"}", "{\"batch\":}", "{\"batch\":\"x\"}", "{\"batch\":1.5}",
            "{\"batch\":1e3}",
            "{\"batch\":1,}", "{\"batch\":1}x", "{\"batch\":1 2}", "{\"no_wait\":1}", "{\"group\":1}", "{,}",
            "{\"batch\":99999999999999999999}", "{\"batch\":true}", "{\"a\":[1,}", "{\"a\":[1}",
            "{\"a\":{1}}",
            "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":tru}", "{\"a\":1", "{\"a\":\"\n\"}",
            "{\"batch\":01}",
            "{\"a\":[1,2", "{\"a\" 1}", "{\"a\":-}", "{\"a\":1]", "{\"a\":[1}]",
        ]
    )
    func malformed(text: String) { #expect(self.read(text) == nil) }

    @Test("A heartbeat must fit twice into the lifetime")
    func heartbeat() {
        #expect(self.read("{\"expires\":100,\"idle_heartbeat\":50}") != nil)
        #expect(self.read("{\"expires\":100,\"idle_heartbeat\":51}") == nil)
        #expect(self.read("{\"idle_heartbeat\":1}") == nil)
        #expect(self.read("{\"expires\":9223372036854775807,\"idle_heartbeat\":9223372036854775807}") == nil)
    }

    @Test("Deep nesting ends the reading, not the program")
    func deep() {
        let text = "{\"a\":" + String(repeating: "[", count: 100_000)
        #expect(self.read(text) == nil)
    }

    @Test("Random bytes never trap", arguments: [1, 2, 3] as [UInt64])
    func fuzz(seed: UInt64) {
        var random = SplitMix(state: seed)
        let alphabet = Array("{}[]\",:\\u0129-+.eE truefalsn\"batchno_wait".utf8)
        var read = 0
        for _ in 0..<20_000 {
            var bytes: [UInt8] = [UInt8(ascii: "{")]
            for _ in 0..<random.below(40) {
                bytes.append(alphabet[Int(random.below(UInt64(alphabet.count)))])
            }
            if self.read(bytes) != nil { read += 1 }
        }
        #expect(read < 20_000)
    }
}
