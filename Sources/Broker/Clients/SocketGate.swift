import Glibc
import NIOCore
import Synchronization

/// A client's socket, as far as other event loops than its own may write to it.
///
/// Waking the client's loop takes longer than writing a few bytes. Another loop writes them itself while nothing else
/// waits for that client; whatever does not fit, or comes while the socket's own loop is at it, goes there by mail.
///
/// The lock is held over one write that does not block. Other loops only try it; the socket's own loop takes it to say
/// that it begins and ends to write, and then waits for such a write at most.
final class SocketGate: Sendable {
    private struct State {
        /// A descriptor of its own for the socket, so that it cannot be another's after the channel closed; -1 without.
        var descriptor: CInt = -1
        /// Whether bytes of the socket's own loop are on their way: nobody else's may come between.
        var isBusy = false
        /// What a write of another loop left over: the beginning of it is at the client already.
        var rest = ByteBuffer()
    }

    private let state = Mutex(State())

    /// Bytes that are written from another loop at most; more is worth waking the client's loop for.
    static let directBytesMax = 1 << 10
    private static let flags = CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL)

    deinit { self.close() }

    /// Lets other loops write from now on; called on the channel's loop, and may be called again.
    ///
    /// Does nothing for a channel that shows no socket, or when no descriptor is left: then all goes by mail.
    func open(_ channel: any Channel) {
        let descriptor = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable {
            (handle: NIOBSDSocket.Handle) in fcntl(handle, F_DUPFD_CLOEXEC, 0)
        }
        if let descriptor, descriptor >= 0 { self.open(descriptor) }
    }

    /// Lets other loops write to `descriptor`, which is the gate's from now on.
    func open(_ descriptor: CInt) {
        self.state.withLock { state in
            if state.descriptor >= 0 { _ = Glibc.close(state.descriptor) }
            state.descriptor = descriptor
        }
    }

    /// Ends that: the channel is gone.
    func close() {
        self.state.withLock { state in
            if state.descriptor >= 0 { _ = Glibc.close(state.descriptor) }
            state.descriptor = -1
            state.rest = ByteBuffer()
        }
    }

    /// What became of bytes that another loop wanted to write.
    enum Outcome {
        /// All are at the client.
        case written
        /// The beginning is; the rest waits here for the client's loop, which has to be told.
        case begun
        /// None are: they go by mail.
        case refused
    }

    /// Writes `bytes` from a loop that is not the socket's.
    func write(_ bytes: ByteBuffer) -> Outcome {
        self.state.withLockIfAvailable { state -> Outcome in
            guard state.descriptor >= 0, !state.isBusy, state.rest.readableBytes == 0 else { return .refused }
            let descriptor = state.descriptor
            let count = unsafe bytes.withUnsafeReadableBytes { bytes in
                // The bytes are valid for the call, which copies them.
                unsafe send(descriptor, bytes.baseAddress, bytes.count, Self.flags)
            }
            // An error is the channel's to find.
            if count <= 0 { return .refused }
            if count == bytes.readableBytes { return .written }
            state.rest = bytes
            state.rest.moveReaderIndex(forwardBy: count)
            return .begun
        } ?? .refused
    }

    /// Keeps other loops out while the socket's own writes.
    ///
    /// - Returns: What has to be written first.
    func begin() -> ByteBuffer {
        self.state.withLock { state in
            state.isBusy = true
            var rest = ByteBuffer()
            swap(&rest, &state.rest)
            return rest
        }
    }

    /// Lets them in again: nothing waits at the socket.
    func end() { self.state.withLock { $0.isBusy = false } }
}
