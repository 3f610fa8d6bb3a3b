import StreamModel
import Testing

@testable import Broker

@Suite("How fast hosts connect")
struct ConnectionRatesTests {
    private static let start = Timestamp(nanoseconds: 1_800_000_000_000_000_000)
    private static func later(_ seconds: Double) -> Timestamp {
        Timestamp(nanoseconds: Self.start.rawValue + Int64(seconds * 1e9))
    }

    @Test("Ten seconds' worth may come at once, then as many as the rate says; other hosts are not concerned")
    func burst() {
        let rates = ConnectionRates()
        for _ in 0..<1000 { #expect(rates.admit("10.0.0.1", rate: 100, at: Self.start) == .allowed) }
        #expect(rates.admit("10.0.0.1", rate: 100, at: Self.start) == .refused(untold: 1))
        #expect(rates.admit("10.0.0.1", rate: 100, at: Self.start) == .refused(untold: nil))
        #expect(rates.admit("10.0.0.2", rate: 100, at: Self.start) == .allowed)
        for _ in 0..<100 { #expect(rates.admit("10.0.0.1", rate: 100, at: Self.later(1)) == .allowed) }
        // The one that was not told of, and this one.
        #expect(rates.admit("10.0.0.1", rate: 100, at: Self.later(1)) == .refused(untold: 2))
    }

    @Test("A thousand at once pass with the default, and any number without a limit")
    func defaults() {
        let rates = ConnectionRates()
        let rate = ServerOptions().connectionRateLimit
        for _ in 0..<10_000 { #expect(rates.admit("127.0.0.1", rate: rate, at: Self.start) == .allowed) }
        #expect(rates.admit("127.0.0.1", rate: rate, at: Self.start) != .allowed)
        #expect(rates.admit("127.0.0.1", rate: 0, at: Self.start) == .allowed)
    }

    @Test("A clock that is set back keeps nobody out")
    func clock() {
        let rates = ConnectionRates()
        for _ in 0..<10 { #expect(rates.admit("a", rate: 1, at: Self.later(3600)) == .allowed) }
        #expect(rates.admit("a", rate: 1, at: Self.start) == .allowed)
        #expect(rates.admit("a", rate: 1, at: Self.later(1)) == .allowed)
    }

    @Test("Hosts beyond the limit share a count, until others are forgotten")
    func hosts() {
        let rates = ConnectionRates()
        for number in 0..<ConnectionRates.hostsMax {
            #expect(rates.admit("\(number)", rate: 1, at: Self.start) == .allowed)
        }
        for number in 0..<10 { #expect(rates.admit("x\(number)", rate: 1, at: Self.start) == .allowed) }
        #expect(rates.admit("y", rate: 1, at: Self.start) != .allowed)
        #expect(rates.admit("y", rate: 1, at: Self.later(2)) == .allowed)
    }

    @Test(
        "Addresses of IPv6 are one host if their first 64 bits are the same",
        arguments: [
            ("10.1.2.3", "10.1.2.3"), ("::ffff:10.1.2.3", "10.1.2.3"), ("::1", "0:0:0:0::"),
            ("::", "0:0:0:0::"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), ("2001:db8:1:2::", "2001:db8:1:2::"),
            ("2001:db8::1", "2001:db8:0:0::"), ("1::2:3:4:5:6", "1:0:0:2::"),
            ("fe80::1%eth0", "fe80:0:0:0::"), ("", ""),
        ]
    )
    func names(host: String, name: String) {
        #expect(ConnectionRates.name(of: host) == name)
    }
}
