/// The tokens of a subject in turn: what stands between its dots, empty ones too.
///
/// Holds a position only, and allocates nothing; the same bytes are given to each call.
public struct SubjectTokens: Sendable {
    /// Where the next token begins; past the end of the subject once the last token was given.
    public private(set) var position = 0

    /// Starts before the first token.
    @inlinable
    public init() {}

    /// The place of the next token in `subject`, or nil after the last one.
    ///
    /// A subject has at least one token: the one of an empty subject is empty.
    public mutating func next(in subject: RawSpan) -> Range<Int>? {
        let start = self.position
        let count = subject.byteCount
        if start > count { return nil }
        let end = subject.firstIndex(of: Subject.dot, from: start, to: count)
        self.position = end + 1
        return start..<end
    }

    /// Whether the token given last was the last one of `subject`.
    @inlinable
    public func isAtEnd(of subject: RawSpan) -> Bool { self.position > subject.byteCount }
}
