import NIOCore
import Testing

@testable import Broker

@Suite("Local addresses")
struct LocalAddressesTests {
    @Test(
        "Loopback addresses are this machine, those of documentation are not",
        arguments: [
            ("127.0.0.1", true), ("127.8.9.10", true), ("::1", true), ("::ffff:127.0.0.1", true),
            ("192.0.2.1", false), ("198.51.100.7", false), ("2001:db8::1", false),
            ("::ffff:192.0.2.1", false),
            ("0.0.0.0", false), ("128.0.0.1", false),
        ]
    )
    func addresses(text: String, isLocal: Bool) throws {
        #expect(LocalAddresses.contains(try SocketAddress(ipAddress: text, port: 4222)) == isLocal)
    }

    @Test("A local socket, or none, is this machine")
    func noAddress() throws {
        #expect(LocalAddresses.contains(nil))
        #expect(LocalAddresses.contains(try SocketAddress(unixDomainSocketPath: "/tmp/weir.sock")))
    }

    @Test("The machine's own addresses are this machine")
    func ownAddresses() throws {
        for device in try System.enumerateDevices() {
            guard let address = device.address, address.ipAddress != nil else { continue }
            #expect(LocalAddresses.contains(address), "\(address)")
        }
    }
}
