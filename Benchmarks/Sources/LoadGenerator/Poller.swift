import Glibc

/// Waits for any of many connections, each known by its index.
///
/// `poll` and not `epoll`, which the C library's Swift module does not have: 64 connections cost it a
/// few microseconds per call, and a call finds many of them ready when there is much to do.
struct Poller: ~Copyable {
    private var entries: [pollfd]

    /// Watches `connections` for what they receive.
    init(_ connections: [Connection]) {
        self.entries = connections.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    }

    /// Sets whether the connection at `index` also waits until it can send.
    mutating func watch(_ index: Int, toSend: Bool) {
        self.entries[index].events = Int16(toSend ? POLLIN | POLLOUT : POLLIN)
    }

    /// Waits until something can be done and fills `ready` with the connections' indices.
    mutating func wait(_ ready: inout [Int]) throws(LoadError) {
        ready.removeAll(keepingCapacity: true)
        // The kernel fills in as many entries as the array has.
        let count = unsafe poll(&self.entries, nfds_t(self.entries.count), Connection.patience)
        if count == 0 { throw .stalled("no connection moved for \(Connection.patience / 1000) s") }
        if count < 0 {
            if errno == EINTR { return }
            throw .system(call: "poll", errno: errno)
        }
        for index in self.entries.indices where self.entries[index].revents != 0 {
            ready.append(index)
        }
    }
}
