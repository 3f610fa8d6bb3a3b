import Testing

@testable import Broker

@Suite("Advertised address")
struct HostAndPortTests {
    @Test(
        "Host and port are told apart",
        arguments: [
            ("nats.example.com:7777", "nats.example.com", 7777),
            ("nats.example.com", "nats.example.com", 4222),
            ("10.0.0.1:1", "10.0.0.1", 1), ("[::1]:80", "::1", 80), ("[::1]", "::1", 4222),
            ("::1", "::1", 4222), ("fe80::1:2", "fe80::1:2", 4222), ("host:99999", "host:99999", 4222),
            ("", "", 4222), (":", ":", 4222), ("[", "", 4222),
        ] as [(String, String, Int)]
    )
    func read(text: String, host: String, port: Int) {
        let address = HostAndPort(text, defaultPort: 4222)
        #expect(address.host == host)
        #expect(address.port == port)
    }
}
