/// The mappings of an account, in their order: the first one that fits a subject counts, and no other after it.
public struct SubjectMappings: Sendable {
    private let mappings: [SubjectMapping]

    /// Those mappings, of which at most one is applied to a message.
    public init(_ mappings: [SubjectMapping]) { self.mappings = mappings }

    /// Whether there are none.
    public var isEmpty: Bool { self.mappings.isEmpty }

    /// Replaces `output` by what becomes of `subject`; nil where no mapping fits it, now and always.
    ///
    /// - Parameter random: any number, from which one of several places is chosen.
    public func map(
        _ subject: RawSpan,
        random: UInt64,
        into output: inout [UInt8]
    ) -> SubjectMapping.Outcome? {
        output.removeAll(keepingCapacity: true)
        for index in self.mappings.indices where self.mappings[index].source.matches(subject) {
            let outcome = self.mappings[index].map(subject, random: random, into: &output)
            // core.md §1.8: a subject with an empty token reaches nobody. `split` may have left nothing.
            if outcome == .mapped, unsafe Subject.hasEmptyToken(output.span.bytes) { return .dropped }
            return outcome
        }
        return nil
    }
}
