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

    @Test("Without one it is fine")
    func healthy() {
        let report = HealthReport(frozen: nil)
        #expect(report.isHealthy)
        #expect(String(decoding: report.json(), as: UTF8.self) == #"{"status":"ok"}"#)
    }
}
