import StreamEngine
import Synchronization

/// What every event loop may know of a stream: where it lives, and how far behind its disk is.
final class StreamHandle: Sendable {
    /// The stream's name.
    let name: String
    /// Where it lives.
    let address: StreamAddress
    /// Bytes published to it that are not durable yet, those on their way included.
    let queuedBytes = Atomic<Int>(0)

    init(name: String, address: StreamAddress) {
        self.name = name
        self.address = address
    }
}
