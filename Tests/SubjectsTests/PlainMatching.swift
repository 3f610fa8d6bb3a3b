/// Matching by the words of the specification, on lists of tokens, to compare the fast code with.
enum PlainMatching {
    static func tokens(_ text: String) -> [String] {
        text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    static func matches(_ pattern: String, _ subject: String) -> Bool {
        let subjectTokens = self.tokens(subject)
        if subjectTokens.contains("") { return false }
        return self.matches(self.tokens(pattern)[...], subjectTokens[...])
    }

    private static func matches(_ pattern: ArraySlice<String>, _ subject: ArraySlice<String>) -> Bool {
        guard let first = pattern.first else { return subject.isEmpty }
        guard let token = subject.first else { return false }
        if first == ">", pattern.count == 1 { return true }
        return (first == "*" || first == token) && self.matches(pattern.dropFirst(), subject.dropFirst())
    }

    /// All subjects of 1 to `length` of those tokens.
    static func subjects(of alphabet: [String], length: Int) -> [String] {
        var all: [String] = []
        var last = [""]
        for _ in 1...length {
            last = last.flatMap { start in alphabet.map { start.isEmpty ? $0 : start + "." + $0 } }
            all += last
        }
        return all
    }

    /// All patterns of 1 to `length` of those tokens, `*`, and `>` in the last place.
    static func patterns(of alphabet: [String], length: Int) -> [String] {
        self.subjects(of: alphabet + ["*", ">"], length: length)
            .filter { !self.tokens($0).dropLast().contains(">") }
    }
}
