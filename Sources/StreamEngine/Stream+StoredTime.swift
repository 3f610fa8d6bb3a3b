import NIOCore
public import StreamModel
import StreamStore

extension Stream {
    /// When the message under `sequence` was stored; nil if it is not there or does not verify.
    ///
    /// Reads the message.
    public func storedTime(of sequence: StreamSequence) -> Timestamp? {
        var bytes = ByteBuffer()
        guard case .message(let message) = self.store.load(sequence, into: &bytes) else { return nil }
        return message.timestamp
    }
}
