import Broker
import Testing

@testable import Monitoring

@Suite("Health report")
struct HealthReportTests {
    @Test("A stream that takes no writes makes the server unavailable")
    func frozenStream() {
        let report = HealthReport(frozen: .init(name: "ORDERS", reason: "the disk failed"))
        #expect(!report.isHealthy)
        #expect(
            String(decoding: report.json(), as: UTF8.self)
                == #"{"status":"unavailable","error":"JetStream stream 'ORDERS' takes no writes: the disk failed"}"#
        )
    }

    @Test("Streams that could not be opened make it unavailable, and the first is named")
    func unopenedStreams() {
        let one = HealthReport(frozen: nil, unavailable: ["ORDERS"])
        let two = HealthReport(frozen: nil, unavailable: ["ORDERS", "PAYMENTS"])
        #expect(!one.isHealthy)
        #expect(
            String(decoding: one.json(), as: UTF8.self)
                == #"{"status":"unavailable","error":"JetStream stream 'ORDERS' could not be opened"}"#
        )
        #expect(String(decoding: two.json(), as: UTF8.self).contains("'ORDERS' and 1 more"))
    }

    @Test("A full disk makes it unavailable")
    func fullDisk() {
        let report = HealthReport(frozen: nil, isDiskFull: true)
        #expect(!report.isHealthy)
        #expect(String(decoding: report.json(), as: UTF8.self).contains("the disk is full"))
    }

    @Test("Without one it is fine")
    func healthy() {
        let report = HealthReport(frozen: nil)
        #expect(report.isHealthy)
        #expect(String(decoding: report.json(), as: UTF8.self) == #"{"status":"ok"}"#)
    }
}
