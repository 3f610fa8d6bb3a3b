/// Which subjects a reader wants: all of them, or those that match at least one of some patterns.
public struct SubjectFilter: Hashable, Sendable {
    /// The patterns; empty means every subject.
    public let patterns: [SubjectPattern]

    /// Every subject.
    public static let all = SubjectFilter([])

    /// The subjects that match one of `patterns`; all of them if there is none.
    public init(_ patterns: [SubjectPattern]) { self.patterns = patterns }

    /// Whether every subject matches.
    @inlinable
    public var isAll: Bool { self.patterns.isEmpty }

    /// Whether the literal `subject` matches.
    public func matches(_ subject: RawSpan) -> Bool {
        if self.patterns.isEmpty { return true }
        for index in self.patterns.indices where self.patterns[index].matches(subject) { return true }
        return false
    }
}
