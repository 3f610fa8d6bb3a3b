public import NIOCore
import Subjects

/// What a proxy says before the first byte of a client: whose connection it is; core.md §2.1.
///
/// Both forms of the PROXY protocol are read: a line of text (version 1), and bytes (version 2).
public enum ProxyHeader {
    /// What stands at the beginning of a connection.
    public enum Finding: Equatable {
        /// No such header: the bytes are the client's own.
        case absent
        /// Perhaps a header, and not all of it yet.
        case needsMore
        /// A header of `length` bytes; `source` is the client's address, nil where the proxy speaks for itself.
        case found(source: SocketAddress?, length: Int)
        /// A header that cannot be understood, and why.
        case malformed(String)
    }

    /// The longest line of version 1, with its end.
    static let lineBytesMax = 107
    /// The most bytes that may follow the fixed part of version 2.
    static let detailBytesMax = 4096
    private static let lineStart = Array("PROXY ".utf8)
    private static let signature: [UInt8] = [
        0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
    ]

    /// Reads the beginning of a connection.
    public static func find(in bytes: RawSpan) -> Finding {
        for start in [Self.lineStart, Self.signature] {
            var index = 0
            while index < min(start.count, bytes.byteCount), bytes.byte(index) == start[index] { index += 1 }
            if index == start.count {
                return start.count == Self.signature.count
                    ? Self.findBinary(in: bytes) : Self.findLine(in: bytes)
            }
            if index == bytes.byteCount { return .needsMore }
        }
        return .absent
    }

    private static func findLine(in bytes: RawSpan) -> Finding {
        let most = min(bytes.byteCount, Self.lineBytesMax)
        let newline = bytes.firstIndex(of: UInt8(ascii: "\n"), from: 0, to: most)
        guard newline < most else {
            return most == Self.lineBytesMax ? .malformed("the line is too long") : .needsMore
        }
        guard bytes.byte(newline - 1) == UInt8(ascii: "\r") else { return .malformed("the line has no end") }
        let line = String(decoding: bytes.extracting(0..<newline - 1).array(), as: UTF8.self)
        let fields = line.split(separator: " ", omittingEmptySubsequences: false)
        if fields.count >= 2, fields[1] == "UNKNOWN" { return .found(source: nil, length: newline + 1) }
        guard fields.count == 6, fields[1] == "TCP4" || fields[1] == "TCP6" else {
            return .malformed("the line is not understood")
        }
        let family = fields[1] == "TCP4" ? SocketAddress.Family.four : .six
        guard let source = Self.address(fields[2], fields[4], family),
            Self.address(fields[3], fields[5], family) != nil
        else { return .malformed("an address is not valid") }
        return .found(source: source, length: newline + 1)
    }

    private static func address(_ host: Substring, _ port: Substring, _ family: SocketAddress.Family)
        -> SocketAddress?
    {
        guard let port = UInt16(port),
            let address = try? SocketAddress(ipAddress: String(host), port: Int(port)),
            address.family == family
        else { return nil }
        return address
    }

    private static func findBinary(in bytes: RawSpan) -> Finding {
        guard bytes.byteCount >= 16 else { return .needsMore }
        let (command, family) = (bytes.byte(12), bytes.byte(13))
        let count = Int(bytes.byte(14)) << 8 | Int(bytes.byte(15))
        guard command >> 4 == 2 else { return .malformed("the version is not 2") }
        guard count <= Self.detailBytesMax else { return .malformed("it is too long") }
        let end = 16 + count
        switch command & 0x0f {
        case 0: return bytes.byteCount < end ? .needsMore : .found(source: nil, length: end)
        case 1: break
        default: return .malformed("the command is not known")
        }
        let width: Int
        switch family {
        case 0x11: width = 4
        case 0x21: width = 16
        default: return .malformed("only TCP is supported")
        }
        guard count >= 2 * width + 4 else { return .malformed("the addresses are not whole") }
        guard bytes.byteCount >= end else { return .needsMore }
        let host = bytes.extracting(16..<16 + width).array()
        let place = 16 + 2 * width
        let port = Int(bytes.byte(place)) << 8 | Int(bytes.byte(place + 1))
        guard let source = try? SocketAddress(packedIPAddress: ByteBuffer(bytes: host), port: port) else {
            return .malformed("an address is not valid")
        }
        return .found(source: source, length: end)
    }
}

extension SocketAddress {
    /// A family of addresses.
    fileprivate enum Family {
        case four, six
    }

    fileprivate var family: Family? {
        switch self {
        case .v4: .four
        case .v6: .six
        case .unixDomainSocket: nil
        }
    }
}
