/// A subject that may hold wildcards: `*` for one token, a final `>` for one or more.
///
/// Matching is by bytes and case-sensitive (core.md §1.8). A pattern is valid: no empty token, `>` last only.
public struct SubjectPattern: Hashable, Sendable, CustomStringConvertible {
    /// The pattern as written.
    public let bytes: [UInt8]
    /// Whether no token is a wildcard, so that the pattern matches exactly one subject.
    public let isLiteral: Bool
    /// How many bytes stand before the first wildcard; all of them if there is none.
    private let literalPrefixCount: Int

    /// The pattern with those bytes, or nil when a token is empty or `>` is not last.
    public init?(_ bytes: [UInt8]) {
        let span = unsafe bytes.span.bytes
        guard Subject.isValidPattern(span) else { return nil }
        var tokens = SubjectTokens()
        var prefixCount = bytes.count
        while let token = tokens.next(in: span) {
            if Subject.isStar(token, in: span) || Subject.isTail(token, in: span) {
                prefixCount = token.lowerBound
                break
            }
        }
        self.bytes = bytes
        self.isLiteral = prefixCount == bytes.count
        self.literalPrefixCount = prefixCount
    }

    /// The pattern with that text, or nil when a token is empty or `>` is not last.
    public init?(_ text: String) { self.init(Array(text.utf8)) }

    /// The pattern as text.
    public var description: String { String(decoding: self.bytes, as: UTF8.self) }

    /// Whether the literal `subject` matches.
    ///
    /// One with an empty token matches nothing.
    public func matches(_ subject: RawSpan) -> Bool {
        let pattern = unsafe self.bytes.span.bytes
        if self.isLiteral { return pattern.equals(subject) }
        let patternEnd = pattern.byteCount
        let subjectEnd = subject.byteCount
        var p = self.literalPrefixCount
        var s = p
        // A wildcard takes at least one byte.
        if subjectEnd <= p || !pattern.equals(subject, from: 0, to: p, at: 0) { return false }
        while true {
            // Both stand at the start of a token, and the pattern's is not empty.
            let isSingle = p + 1 == patternEnd || pattern.byte(p + 1) == Subject.dot
            if isSingle, pattern.byte(p) == Subject.tail {
                return !Subject.hasEmptyToken(subject, from: s)
            }
            let tokenEnd = subject.firstIndex(of: Subject.dot, from: s, to: subjectEnd)
            if isSingle, pattern.byte(p) == Subject.star {
                if tokenEnd == s { return false }
                p += 1
            } else {
                let count = tokenEnd - s
                if patternEnd - p < count || !subject.equals(pattern, from: s, to: tokenEnd, at: p) {
                    return false
                }
                p += count
                if p < patternEnd, pattern.byte(p) != Subject.dot { return false }
            }
            s = tokenEnd
            if p == patternEnd { return s == subjectEnd }
            if s == subjectEnd { return false }
            p += 1  // Both stand on a dot.
            s += 1
        }
    }

    /// Whether some subject matches both.
    public func overlaps(_ other: SubjectPattern) -> Bool {
        Self.overlap(unsafe self.bytes.span.bytes, unsafe other.bytes.span.bytes)
    }

    /// Whether every subject that matches this pattern matches `other` too.
    public func isSubset(of other: SubjectPattern) -> Bool {
        Self.isSubset(unsafe self.bytes.span.bytes, of: unsafe other.bytes.span.bytes)
    }

    /// Whether some subject matches both; the bytes are those of valid patterns.
    public static func overlap(_ one: RawSpan, _ other: RawSpan) -> Bool {
        var ones = SubjectTokens()
        var others = SubjectTokens()
        while true {
            guard let a = ones.next(in: one) else { return others.isAtEnd(of: other) }
            guard let b = others.next(in: other) else { return false }
            if Subject.isTail(a, in: one) || Subject.isTail(b, in: other) { return true }
            if Subject.isStar(a, in: one) || Subject.isStar(b, in: other) { continue }
            if a.count != b.count { return false }
            if !one.equals(other, from: a.lowerBound, to: a.upperBound, at: b.lowerBound) { return false }
        }
    }

    /// Whether every subject that matches `one` matches `other`; the bytes are those of valid patterns.
    public static func isSubset(_ one: RawSpan, of other: RawSpan) -> Bool {
        var ones = SubjectTokens()
        var others = SubjectTokens()
        while true {
            guard let a = ones.next(in: one) else { return others.isAtEnd(of: other) }
            guard let b = others.next(in: other) else { return false }
            if Subject.isTail(b, in: other) { return true }
            if Subject.isTail(a, in: one) { return false }
            if Subject.isStar(b, in: other) { continue }
            if Subject.isStar(a, in: one) || a.count != b.count { return false }
            if !one.equals(other, from: a.lowerBound, to: a.upperBound, at: b.lowerBound) { return false }
        }
    }
}
