public import StreamModel

/// A place in a consumer's progress: how many deliveries, and how far in the stream.
public struct SequencePair: Sendable, Hashable {
    /// The consumer sequence: deliveries made, redeliveries included.
    public var consumer: UInt64
    /// The stream sequence.
    public var stream: StreamSequence

    /// Makes the pair.
    public init(consumer: UInt64 = 0, stream: StreamSequence = .zero) {
        self.consumer = consumer
        self.stream = stream
    }
}
