/// Where the messages of some subjects go instead, by chance where there are several places (core.md §1.13).
public struct SubjectMapping: Sendable {
    /// One of the places.
    public struct Destination: Hashable, Sendable {
        /// The subject, perhaps with functions.
        public var subject: String
        /// Its share in percent.
        public var weight: Int
        /// The cluster in which it holds; nil: in all that have none of their own.
        public var cluster: String?

        /// A destination that takes `weight` percent.
        public init(_ subject: String, weight: Int = 100, cluster: String? = nil) {
            self.subject = subject
            self.weight = weight
            self.cluster = cluster
        }
    }

    /// A place, and the numbers of 0 ..< 100 that choose it: those below `limit` that choose none before it.
    private struct Choice {
        var limit: Int
        /// Nil: the message keeps its subject.
        var transform: SubjectTransform?
    }

    /// What becomes of one message.
    public enum Outcome: Hashable, Sendable {
        /// It keeps its subject.
        case unchanged
        /// It gets another one.
        case mapped
        /// It reaches nobody.
        case dropped
    }

    /// The subjects.
    public let source: SubjectPattern
    /// Whether every message for a subject gets the same one, or none.
    public let isFixed: Bool
    private let choices: [Choice]

    /// A mapping of `source`, in the cluster of that name.
    ///
    /// - Throws: ``SubjectMappingError``, whose text says what is wrong.
    public init(
        from source: String,
        to destinations: [Destination],
        cluster: String? = nil
    ) throws(SubjectMappingError) {
        let bytes = Array(source.utf8)
        guard unsafe Subject.isValidInConfiguration(bytes.span.bytes), let pattern = SubjectPattern(bytes)
        else { throw .invalidSource(source) }
        self.source = pattern
        var names: Set<String> = []
        var totals: [String?: Int] = [:]
        var transforms: [SubjectTransform?] = []
        for destination in destinations {
            guard names.insert(destination.subject).inserted else { throw .duplicate(destination.subject) }
            guard (0...100).contains(destination.weight) else { throw .invalidWeight(destination.weight) }
            let total = (totals[destination.cluster] ?? 0) + destination.weight
            if total > 100 { throw .totalWeight }
            totals[destination.cluster] = total
            transforms.append(try Self.transform(from: pattern, to: destination.subject))
        }
        // The places of the own cluster, if it has some, else those of no cluster.
        let own = cluster.flatMap { totals[$0] == nil ? nil : $0 }
        var shares = zip(destinations, transforms).filter { $0.0.cluster == own }
            .map { (weight: $0.0.weight, transform: $0.1) }
        let total = totals[own] ?? 0
        if total < 100, !names.contains(source) { shares.append((100 - total, nil)) }
        shares.sort { $0.weight < $1.weight }
        var choices: [Choice] = []
        var limit = 0
        for share in shares {
            limit += share.weight
            choices.append(Choice(limit: limit, transform: share.transform))
        }
        self.choices = choices
        // One place for all numbers, or none for any.
        self.isFixed =
            choices.allSatisfy { $0.limit == 0 }
            || choices.contains { $0.limit == 100 && $0.transform?.isRandom != true }
                && choices.allSatisfy { $0.limit == 0 || $0.limit == 100 }
    }

    private static func transform(
        from source: SubjectPattern,
        to destination: String
    ) throws(SubjectMappingError) -> SubjectTransform? {
        if source.isLiteral, source.bytes == Array(destination.utf8) { return nil }
        do {
            return try SubjectTransform(from: source.description, to: destination)
        } catch {
            throw .transform(destination: destination, error)
        }
    }

    /// Appends to `output` what becomes of `subject`, which matches ``source``.
    ///
    /// - Parameter random: any number, from which the place is chosen.
    public func map(_ subject: RawSpan, random: UInt64, into output: inout [UInt8]) -> Outcome {
        // The low half chooses the place, the high half is for `{{random(n)}}`.
        let number = Int(random & 0xffff_ffff) % 100
        for index in self.choices.indices where number < self.choices[index].limit {
            guard let transform = self.choices[index].transform else { return .unchanged }
            transform.apply(to: subject, random: random >> 32, into: &output)
            return .mapped
        }
        return .dropped
    }
}

/// Why a subject cannot be mapped as asked; the texts are those of core.md §1.13.
public enum SubjectMappingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The subject mapped is none.
    case invalidSource(String)
    /// A destination is none.
    case transform(destination: String, SubjectTransformError)
    /// A share is no percentage.
    case invalidWeight(Int)
    /// More than all messages are given away.
    case totalWeight
    /// A destination is there twice.
    case duplicate(String)

    /// What is wrong, as the reference says it.
    public var description: String {
        switch self {
        case .invalidSource(let source): "Subject \"\(source)\" is not a valid subject"
        case .transform(_, let error): error.description
        case .invalidWeight(let weight): "Invalid weight \(weight) for mapping destination"
        case .totalWeight: "total weight needs to be <= 100"
        case .duplicate(let destination): "duplicate entry for \"\(destination)\""
        }
    }
}
