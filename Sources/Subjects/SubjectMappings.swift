/// The mappings of an account, in their order: the first one that fits a subject counts, and no other after it.
public struct SubjectMappings: Sendable {
    private let mappings: [SubjectMapping]
    /// The places of the mappings, found by the subjects that fit them.
    ///
    /// Copies share it, and have the marks of a search for themselves.
    private var places: SubjectTrie
    private var fitting: [UInt32] = []

    /// Those mappings, of which at most one is applied to a message; `seed` is for hashes of their tokens.
    public init(_ mappings: [SubjectMapping], seed: UInt64 = 0) {
        self.mappings = mappings
        self.places = SubjectTrie(seed: seed)
        for (place, mapping) in mappings.enumerated() {
            unsafe self.places.insert(mapping.source.bytes.span.bytes, value: UInt32(place))
        }
    }

    /// Whether there are none.
    public var isEmpty: Bool { self.mappings.isEmpty }

    /// Replaces `output` by what becomes of `subject`; nil where no mapping fits it, now and always.
    ///
    /// `isFixed` says whether the same becomes of every message for it.
    ///
    /// - Parameter random: any number, from which one of several places is chosen.
    public mutating func map(
        _ subject: RawSpan,
        random: UInt64,
        into output: inout [UInt8]
    ) -> (outcome: SubjectMapping.Outcome, isFixed: Bool)? {
        output.removeAll(keepingCapacity: true)
        self.fitting.removeAll(keepingCapacity: true)
        self.places.match(subject, into: &self.fitting)
        guard let first = self.fitting.min() else { return nil }
        let place = Int(first)
        let outcome = self.mappings[place].map(subject, random: random, into: &output)
        let isFixed = self.mappings[place].isFixed
        // core.md §1.8: a subject with an empty token reaches nobody. `split` may have left nothing.
        if outcome == .mapped, unsafe Subject.hasEmptyToken(output.span.bytes) { return (.dropped, isFixed) }
        return (outcome, isFixed)
    }
}
