import Subjects

/// How two subjects with wildcards relate, asked when configurations are checked.
enum SubjectRelation {
    /// Whether `subject` may be configured: no empty token, no blank or control byte, `>` only at the end.
    static func isValid(_ subject: String) -> Bool {
        for byte in subject.utf8 where byte <= 0x20 || byte == 0x7f { return false }
        return SubjectPattern(subject) != nil
    }

    /// Whether `subject` is valid and holds no wildcard.
    static func isValidLiteral(_ subject: String) -> Bool {
        Self.isValid(subject) && !Self.hasWildcard(subject)
    }

    /// Whether a token of `subject` is `*` or `>`.
    static func hasWildcard(_ subject: String) -> Bool {
        Self.tokens(subject).contains { $0 == "*" || $0 == ">" }
    }

    /// Whether some literal subject matches both.
    static func overlap(_ one: String, _ other: String) -> Bool {
        let ones = Self.tokens(one)
        let others = Self.tokens(other)
        var index = 0
        while index < ones.count, index < others.count {
            if ones[index] == ">" || others[index] == ">" { return true }
            if ones[index] != "*", others[index] != "*", ones[index] != others[index] { return false }
            index += 1
        }
        return ones.count == others.count
    }

    /// Whether every literal subject that matches `narrow` matches `wide`.
    static func isSubset(_ narrow: String, of wide: String) -> Bool {
        let narrows = Self.tokens(narrow)
        let wides = Self.tokens(wide)
        var index = 0
        while index < narrows.count, index < wides.count {
            if wides[index] == ">" { return true }
            if narrows[index] == ">" { return false }
            if wides[index] != "*", wides[index] != narrows[index] { return false }
            index += 1
        }
        return narrows.count == wides.count
    }

    /// Whether an empty filter, which means everything, or a subject overlaps with the other.
    static func filtersOverlap(_ one: String, _ other: String) -> Bool {
        one.isEmpty || other.isEmpty || Self.overlap(one, other)
    }

    private static func tokens(_ subject: String) -> [Substring] {
        subject.split(separator: ".", omittingEmptySubsequences: false)
    }
}

/// Questions about lists of subjects, which clients may make long.
///
/// Two literals are related only if they are the same, so only subjects with wildcards are compared with all.
extension SubjectRelation {
    /// The first two of `subjects` of which some literal subject matches both.
    static func overlappingPair(_ subjects: [String]) -> (String, String)? {
        Self.firstPair(subjects) { Self.overlap($0, $1) }
    }

    /// Whether one of `filters` selects a part of what another one selects, or the same.
    static func hasSubset(_ filters: [String]) -> Bool {
        Self.firstPair(filters) { Self.isSubset($0, of: $1) || Self.isSubset($1, of: $0) } != nil
    }

    private static func firstPair(
        _ subjects: [String],
        where isRelated: (String, String) -> Bool
    ) -> (String, String)? {
        var later: [String: Int] = [:]
        for subject in subjects { later[subject, default: 0] += 1 }
        let wildcards = subjects.indices.filter { Self.hasWildcard(subjects[$0]) }
        for (index, subject) in subjects.enumerated() {
            later[subject, default: 0] -= 1
            if later[subject, default: 0] > 0 { return (subject, subject) }
            if Self.hasWildcard(subject) {
                for other in subjects[(index + 1)...] where isRelated(subject, other) {
                    return (subject, other)
                }
            } else {
                for other in wildcards where other > index {
                    if isRelated(subject, subjects[other]) { return (subject, subjects[other]) }
                }
            }
        }
        return nil
    }
}
