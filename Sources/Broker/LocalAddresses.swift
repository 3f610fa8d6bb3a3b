import NIOCore

/// Which peers are this machine itself.
enum LocalAddresses {
    /// Whether `address` is a loopback address or one of the machine's own, or no address at all (a local socket).
    static func contains(_ address: SocketAddress?) -> Bool {
        guard let address, let ip = address.ipAddress else { return true }
        if ip == "127.0.0.1" || ip == "::1" || ip.hasPrefix("127.") || ip.hasPrefix("::ffff:127.") {
            return true
        }
        guard let devices = try? System.enumerateDevices() else { return false }
        let plain = ip.hasPrefix("::ffff:") ? String(ip.dropFirst(7)) : ip
        return devices.contains { $0.address?.ipAddress == plain }
    }
}
