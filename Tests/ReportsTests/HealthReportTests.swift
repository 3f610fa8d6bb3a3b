import Broker
import StreamModel
import Testing

@testable import Reports

@Suite("Health report")
struct HealthReportTests {
    private func text(_ report: HealthReport, details: Bool = false, showsStatus: Bool = false) -> String {
        var writer = JSONWriter()
        report.write(details: details, showsStatus: showsStatus, to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test("A stream that takes no writes makes the server unavailable")
    func frozenStream() {
        let report = HealthReport(frozen: .init(name: "ORDERS", reason: "the disk failed"))
        #expect(report.status == 503)
        #expect(
            self.text(report)
                == #"{"status":"unavailable","error":"JetStream stream 'ORDERS' takes no writes: the disk failed"}"#
        )
    }

    @Test("Streams that could not be opened make it unavailable, and the first is named")
    func unopenedStreams() {
        let one = HealthReport(frozen: nil, unavailable: ["ORDERS"])
        let two = HealthReport(frozen: nil, unavailable: ["ORDERS", "PAYMENTS"])
        #expect(one.status == 503)
        #expect(
            self.text(one)
                == #"{"status":"unavailable","error":"JetStream stream 'ORDERS' could not be opened"}"#
        )
        #expect(self.text(two).contains("'ORDERS' and 1 more"))
    }

    @Test("A full disk makes it unavailable")
    func fullDisk() {
        let report = HealthReport(frozen: nil, isDiskFull: true)
        #expect(report.status == 503)
        #expect(self.text(report).contains("the disk is full"))
    }

    @Test("Without one it is fine")
    func healthy() {
        let report = HealthReport(frozen: nil)
        #expect(report.status == 200)
        #expect(self.text(report) == #"{"status":"ok"}"#)
    }

    @Test("Details name every fault, and the status is told to those who see no head")
    func details() {
        let report = HealthReport(frozen: .init(name: "ORDERS", reason: "r"), isDiskFull: true)
        #expect(
            self.text(report, details: true, showsStatus: true)
                == #"{"status":"error","status_code":503,"errors":[{"type":"STREAM","stream":"ORDERS","error":"#
                + #""JetStream stream 'ORDERS' takes no writes: r"},{"type":"JETSTREAM","error":"#
                + #""JetStream takes no messages: the disk is full"}]}"#
        )
    }

    @Test("A request that makes no sense is an error")
    func badRequest() {
        let report = HealthReport(status: 400, .init(kind: .badRequest, text: "no"))
        #expect(self.text(report) == #"{"status":"error","error":"no"}"#)
    }
}
