import Subjects

/// One event loop's copy of an account's subject mappings, and what it remembers of them.
///
/// As in the ``RouteCache``, a subject gets a place when it is asked for the second time, so that subjects used once
/// cost no allocation and push nothing out. What is a matter of chance is not remembered.
final class SubjectMapper {
    /// What becomes of a message.
    enum Outcome {
        /// No mapping fits it: it keeps its subject, as all messages for that do.
        case unmatched
        /// It keeps its subject; `isFixed` says whether all messages for that do.
        case unchanged(isFixed: Bool)
        /// It gets this one; `isFixed` says whether all messages for its subject do.
        case mapped([UInt8], isFixed: Bool)
        /// It reaches nobody.
        case dropped
    }

    private struct Place {
        var hash: UInt64 = 0
        var subject: [UInt8] = []
        var outcome = Outcome.unmatched
    }

    /// Subjects that are remembered.
    private static let placeCount = 1024
    /// The longest that is remembered, in bytes.
    private static let subjectBytesMax = 256

    private var mappings: SubjectMappings
    private var subject: [UInt8] = []
    private let hash: SubjectHash
    private var places: [Place] = []
    private var seen: [UInt32] = []

    init(_ mappings: SubjectMappings, seed: UInt64) {
        self.mappings = mappings
        self.hash = SubjectHash(seed: seed)
    }

    /// What becomes of a message for `subject`.
    ///
    /// - Parameter random: any number, from which one of several places is chosen.
    func map(_ subject: RawSpan, random: UInt64) -> Outcome {
        if subject.byteCount > Self.subjectBytesMax { return self.decide(subject, random: random).outcome }
        if self.places.isEmpty {
            self.places = Array(repeating: Place(), count: Self.placeCount)
            self.seen = Array(repeating: 0, count: Self.placeCount)
        }
        let hash = self.hash.hash(subject)
        let index = Int(truncatingIfNeeded: hash & UInt64(Self.placeCount - 1))
        if self.places[index].hash == hash, subject.equals(self.places[index].subject) {
            return self.places[index].outcome
        }
        let (outcome, isFixed) = self.decide(subject, random: random)
        guard isFixed else { return outcome }
        let mark = UInt32(truncatingIfNeeded: hash >> 32) | 1
        if self.seen[index] == mark {
            self.places[index] = Place(hash: hash, subject: subject.array(), outcome: outcome)
        }
        self.seen[index] = mark
        return outcome
    }

    private func decide(_ subject: RawSpan, random: UInt64) -> (outcome: Outcome, isFixed: Bool) {
        guard let found = self.mappings.map(subject, random: random, into: &self.subject) else {
            return (.unmatched, true)
        }
        let outcome: Outcome =
            switch found.outcome {
            case .unchanged: .unchanged(isFixed: found.isFixed)
            case .mapped: .mapped(self.subject, isFixed: found.isFixed)
            case .dropped: .dropped
            }
        return (outcome, found.isFixed)
    }
}
