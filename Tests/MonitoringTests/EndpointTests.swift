import Reports
import Testing

@testable import Monitoring

@Suite("Endpoints")
struct EndpointTests {
    @Test(
        "Paths name endpoints; slashes may be doubled",
        arguments: [
            ("", Endpoint.index), ("/", .index), ("//", .index), ("/varz", .report(.general)),
            ("//varz", .report(.general)), ("/subscriptionsz", .report(.subscriptions)),
            ("/metrics", .metrics), ("/stacksz", .threads), ("/debug/vars", .report(.variables)),
        ]
    )
    func paths(path: String, endpoint: Endpoint) { #expect(Endpoint(path: path) == endpoint) }

    @Test("Other paths name none", arguments: ["/varz/", "/VARZ", "/a/varz", "/varz/x", "/nope", "/debug"])
    func others(path: String) { #expect(Endpoint(path: path) == nil) }

    @Test("What makes no sense in the parameters of metrics counts as not said")
    func metricOptions() {
        var expected = MetricOptions([])
        #expect(MetricOptions([("streams", "perhaps"), ("limit", "x"), ("nope", "1")]) == expected)
        expected.streams = false
        expected.clients = true
        expected.limit = 0
        #expect(MetricOptions([("streams", "0"), ("connections", "1"), ("limit", "-5")]) == expected)
    }
}
