import NIOCore
import Testing
import WireProtocol

@Suite("What a proxy says of a client")
struct ProxyHeaderTests {
    private static let signature: [UInt8] = [
        0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
    ]
    private static let four: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 0x04, 0x57, 0x10, 0x7e]
    private static let six: [UInt8] =
        [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [5] + [UInt8](repeating: 0, count: 16)
        + [0x08, 0xae, 0x10, 0x7e]

    private static func binary(_ command: UInt8, _ family: UInt8, _ detail: [UInt8], count: Int? = nil)
        -> [UInt8]
    {
        let count = count ?? detail.count
        return Self.signature + [command, family, UInt8(count >> 8), UInt8(count & 0xff)] + detail
    }

    /// A short text for what is found in `bytes`.
    private static func find(_ bytes: [UInt8]) -> String {
        switch ProxyHeader.find(in: bytes.span.bytes) {
        case .absent: "absent"
        case .needsMore: "more"
        case .malformed: "malformed"
        case .found(let source, let length):
            source.map { "\($0.ipAddress ?? "") \($0.port ?? 0) \(length)" } ?? "itself \(length)"
        }
    }

    @Test(
        "A line of text is understood, and what follows is left alone",
        arguments: [
            ("PROXY TCP4 1.2.3.4 5.6.7.8 1111 4222\r\nPING\r\n", "1.2.3.4 1111 38"),
            ("PROXY TCP6 2001:db8::5 ::1 2222 4222\r\n", "2001:db8::5 2222 38"),
            ("PROXY UNKNOWN\r\nPING\r\n", "itself 15"), ("PROXY UNKNOWN a b c d\r\n", "itself 23"),
            ("PROXY TCP4 x 5.6.7.8 1111 4222\r\n", "malformed"),
            ("PROXY TCP4 1.2.3.4 x 1111 4222\r\n", "malformed"),
            ("PROXY TCP4 1.2.3.4 5.6.7.8 99999 4222\r\n", "malformed"),
            ("PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n", "malformed"), ("PROXY TCP4 ::1 ::1 1 2\r\n", "malformed"),
            ("PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n", "malformed"), ("PROXY \r\n", "malformed"),
            ("PROXY TCP4 1.2.3.4 5.6.7.8 1111 4222\n", "malformed"), ("PROXY \n", "malformed"),
            ("PROXY " + String(repeating: "1", count: 200), "malformed"),
            ("PING\r\n", "absent"), ("PUB a 1", "absent"), ("CONNECT {}", "absent"), ("\r\nPING", "absent"),
        ]
    )
    func line(text: String, expected: String) {
        #expect(Self.find(Array(text.utf8)) == expected)
    }

    @Test("The form in bytes is understood")
    func bytes() {
        #expect(Self.find(Self.binary(0x21, 0x11, Self.four) + [80]) == "1.2.3.4 1111 28")
        #expect(Self.find(Self.binary(0x21, 0x11, Self.four + [4, 0, 0])) == "1.2.3.4 1111 31")
        #expect(Self.find(Self.binary(0x21, 0x21, Self.six)) == "2001:db8::5 2222 52")
        #expect(Self.find(Self.binary(0x20, 0x11, Self.four)) == "itself 28")
        #expect(Self.find(Self.binary(0x20, 0, [])) == "itself 16")
        for (command, family): (UInt8, UInt8) in [
            (0x31, 0x11), (0x22, 0x11), (0x21, 0), (0x21, 0x12), (0x21, 0x31),
        ] {
            #expect(Self.find(Self.binary(command, family, Self.four)) == "malformed")
        }
        #expect(Self.find(Self.binary(0x21, 0x11, [1, 2, 3, 4])) == "malformed")
        #expect(Self.find(Self.binary(0x21, 0x11, Self.four, count: 60_000)) == "malformed")
    }

    @Test("Every beginning of a header is waited for, and none is taken for something else")
    func beginnings() {
        let line = Array("PROXY TCP4 1.2.3.4 5.6.7.8 1111 4222\r\n".utf8)
        for whole in [line, Self.binary(0x21, 0x11, Self.four), Self.binary(0x21, 0x21, Self.six)] {
            for count in 0..<whole.count { #expect(Self.find(Array(whole[..<count])) == "more", "\(count)") }
        }
    }
}
