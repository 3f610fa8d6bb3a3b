extension SubjectTrie {
    /// Appends the values of all patterns that `subject` matches.
    ///
    /// A value comes once for each of its patterns that match; those of one pattern come in the order they were
    /// inserted. A subject with an empty token matches nothing, and wildcards in it are ordinary tokens.
    ///
    /// ``isLastTokenFree`` then tells whether subjects that differ in the last token alone match the same.
    public mutating func match(_ subject: RawSpan, into matches: inout [UInt32]) {
        self.isLastTokenFree = false
        guard self.startMatch(subject) else { return }
        self.isLastTokenFree = true
        while let ring = self.nextMatch(in: subject) { self.values.collect(ring, into: &matches) }
    }

    /// Whether some pattern matches `subject`.
    public mutating func hasMatch(_ subject: RawSpan) -> Bool {
        self.startMatch(subject) && self.nextMatch(in: subject) != nil
    }

    /// Reads the tokens and puts the root on the list of what to search; false when nothing can match.
    private mutating func startMatch(_ subject: RawSpan) -> Bool {
        guard self.values.count > 0, self.readTokens(subject) else { return false }
        self.branches.removeAll(keepingCapacity: true)
        self.branches.append(Branch(node: 0, level: 0))
        return true
    }

    /// The values of the next pattern that matches, or nil.
    ///
    /// Goes down one branch as far as it leads, and keeps the others for later: at most two per token of the
    /// subject, however many patterns there are.
    private mutating func nextMatch(in subject: RawSpan) -> UInt32? {
        while let branch = self.branches.popLast() {
            var number = branch.node
            var level = branch.level
            while true {
                if level == self.tokens.count {
                    let ring = self.nodes.all[Int(number)].values
                    if ring != 0 { return ring }
                    break
                }
                let tail = self.nodes.all[Int(number)].tail
                let star = self.nodes.all[Int(number)].star
                let hasLiterals = self.nodes.all[Int(number)].firstChild != 0
                // A pattern's `>` takes all the tokens that are left, of which there is at least one.
                if tail != 0 { self.branches.append(Branch(node: tail, level: self.tokens.count)) }
                let literal =
                    hasLiterals ? self.literalChild(of: number, for: self.tokens[level], in: subject) : 0
                level += 1
                if hasLiterals, level == self.tokens.count { self.isLastTokenFree = false }
                if literal != 0 {
                    if star != 0 { self.branches.append(Branch(node: star, level: level)) }
                    number = literal
                } else if star != 0 {
                    number = star
                } else {
                    break
                }
            }
        }
        return nil
    }
}
