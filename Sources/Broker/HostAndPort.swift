/// An address of the form `host:port`, `host`, `[v6]:port` or `v6`.
struct HostAndPort: Equatable {
    /// The name or address, without brackets.
    let host: String
    /// The port.
    let port: Int

    /// Reads `text`; the port is `defaultPort` where the text has none that is a port.
    init(_ text: String, defaultPort: Int) {
        let isBracketed = text.hasPrefix("[")
        let colon = text.lastIndex(of: ":")
        let port = colon.flatMap { UInt16(text[text.index(after: $0)...]) }
        let host = if let colon, port != nil { text[..<colon] } else { text[...] }
        if !isBracketed, host.contains(":") {
            // Several colons without brackets: all of it is an address of IPv6.
            self.host = text
            self.port = defaultPort
            return
        }
        self.host = isBracketed ? String(host.dropFirst().prefix { $0 != "]" }) : String(host)
        self.port = port.map { Int($0) } ?? defaultPort
    }
}
