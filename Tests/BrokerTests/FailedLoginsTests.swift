import StreamModel
import Testing

@testable import Broker

@Suite("Failed logins")
struct FailedLoginsTests {
    private func time(_ milliseconds: Int64) -> Timestamp {
        Timestamp(nanoseconds: 1_000_000_000_000_000 + milliseconds * 1_000_000)
    }

    @Test("A hundred failures are free, then each waits a tenth of a second longer, up to five seconds")
    func excess() {
        let failed = FailedLogins()
        for _ in 0..<100 { #expect(failed.note("a", at: self.time(0)) == 0) }
        #expect(failed.note("a", at: self.time(0)) == 100_000_000)
        #expect(failed.note("a", at: self.time(0)) == 200_000_000)
        #expect(failed.note("b", at: self.time(0)) == 0, "another host is not concerned")
        for _ in 0..<1000 { _ = failed.note("a", at: self.time(0)) }
        #expect(failed.note("a", at: self.time(0)) == 5_000_000_000)
        #expect(failed.note("a", at: self.time(5100)) == 0, "they come back")
        #expect(failed.note("a", at: self.time(5100)) == 100_000_000)
    }

    @Test("Hosts are forgotten when their failures have come back, and too many share one count")
    func hosts() {
        let failed = FailedLogins()
        for number in 0..<FailedLogins.hostsMax { #expect(failed.note("\(number)", at: self.time(0)) == 0) }
        for _ in 0..<100 { #expect(failed.note("x", at: self.time(1)) == 0) }
        #expect(failed.note("y", at: self.time(1)) > 0, "it shares a count with x")
        #expect(failed.note("0", at: self.time(1)) == 0, "a known host does not")
        #expect(failed.note("z", at: self.time(60_000)) == 0, "there is room again")
    }
}
