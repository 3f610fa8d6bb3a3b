import Subjects

/// One event loop's copy of an account's subject mappings, with room for the subject they make.
final class SubjectMapper {
    /// What becomes of a message.
    enum Outcome {
        /// No mapping fits it: it keeps its subject, as all messages for that do.
        case unmatched
        /// It keeps its subject, this time.
        case unchanged
        /// It gets this one.
        case mapped([UInt8])
        /// It reaches nobody.
        case dropped
    }

    private let mappings: SubjectMappings
    private var subject: [UInt8] = []

    init(_ mappings: SubjectMappings) { self.mappings = mappings }

    /// What becomes of a message for `subject`.
    ///
    /// - Parameter random: any number, from which one of several places is chosen.
    func map(_ subject: RawSpan, random: UInt64) -> Outcome {
        switch self.mappings.map(subject, random: random, into: &self.subject) {
        case nil: .unmatched
        case .unchanged: .unchanged
        case .mapped: .mapped(self.subject)
        case .dropped: .dropped
        }
    }
}
