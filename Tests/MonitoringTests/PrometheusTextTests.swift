import Testing

@testable import Monitoring

@Suite("Prometheus text")
struct PrometheusTextTests {
    private func text(_ body: (inout PrometheusText) -> Void) -> String {
        var text = PrometheusText()
        body(&text)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    @Test("A family begins with help and type")
    func family() {
        let text = self.text {
            $0.family("a", .gauge, "Help.")
            $0.sample(3, [])
            $0.sample(0.25, [("x", "1"), ("y", "")])
        }
        #expect(text == "# HELP a Help.\n# TYPE a gauge\na 3\na{x=\"1\",y=\"\"} 0.25\n")
    }

    @Test("Labels are escaped")
    func escapes() {
        let text = self.text {
            $0.family("a", .counter, "Help.")
            $0.sample(1, [("x", "q\"b\\n\nü")])
        }
        #expect(text.hasSuffix("a{x=\"q\\\"b\\\\n\\nü\"} 1\n"))
    }

    @Test("Numbers are named by the members down to them")
    func generalMetrics() {
        let json =
            #"{"server_name":"s","mem":5,"http_req_stats":{"/varz":2},"tls":true,"start":"2026-01-01T00:00:00Z"}"#
        let text = self.text {
            GeneralMetrics(identity: [("server_id", "N")]).write(Array(json.utf8), to: &$0)
        }
        let samples = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(
            samples == [
                #"gnatsd_varz_server_name{server_id="N",value="s"} 1"#, #"gnatsd_varz_mem{server_id="N"} 5"#,
                #"gnatsd_varz_http_req_stats_varz{server_id="N"} 2"#,
                #"gnatsd_varz_start{server_id="N"} 1767225600"#,
            ]
        )
    }
}
