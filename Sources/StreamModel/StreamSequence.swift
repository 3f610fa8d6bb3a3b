/// A message's position in its stream.
///
/// The first message stored has sequence 1 unless the stream's `first_seq` says otherwise. A sequence is
/// never reused and never reordered, so `last - first + 1` counts the messages *and* the gaps left by
/// deletes. Zero stands for "no message yet".
public struct StreamSequence: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number as clients see it.
    public let rawValue: UInt64

    /// Makes the sequence with that number.
    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Makes the sequence with that number.
    @inlinable
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// Before the first message of any stream.
    public static let zero = StreamSequence(0)

    /// The sequence after this one.
    ///
    /// - Precondition: The sequence space is not exhausted.
    @inlinable
    public var next: StreamSequence {
        precondition(self.rawValue < .max, "stream sequence space exhausted")
        return StreamSequence(self.rawValue &+ 1)  // Safe: the precondition excludes overflow.
    }

    /// The sequence before this one; zero stays zero.
    @inlinable
    public var previous: StreamSequence {
        self.rawValue == 0 ? self : StreamSequence(self.rawValue &- 1)  // Safe: zero is excluded.
    }

    /// Orders by number.
    @inlinable
    public static func < (one: StreamSequence, other: StreamSequence) -> Bool {
        one.rawValue < other.rawValue
    }

    /// The number in decimal.
    public var description: String { String(self.rawValue) }
}
