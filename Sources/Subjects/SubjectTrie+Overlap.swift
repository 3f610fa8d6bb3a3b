extension SubjectTrie {
    /// The level of a branch of which every pattern below its node fits, whatever its tokens.
    private static var everything: Int { -1 }

    /// Appends the values of all patterns that overlap `pattern`: those that some subject matches together with it.
    ///
    /// A value comes once for each of its patterns that overlap. An invalid pattern overlaps nothing.
    public mutating func collectOverlaps(with pattern: RawSpan, into overlaps: inout [UInt32]) {
        guard self.startOverlap(pattern) else { return }
        while let ring = self.nextOverlap(of: pattern) { self.values.collect(ring, into: &overlaps) }
    }

    /// Whether some stored pattern overlaps `pattern`.
    public mutating func hasOverlap(with pattern: RawSpan) -> Bool {
        self.startOverlap(pattern) && self.nextOverlap(of: pattern) != nil
    }

    private mutating func startOverlap(_ pattern: RawSpan) -> Bool {
        guard self.values.count > 0, self.readPattern(pattern) else { return false }
        self.branches.removeAll(keepingCapacity: true)
        self.branches.append(Branch(node: 0, level: 0))
        return true
    }

    /// The values of the next pattern that overlaps, or nil.
    ///
    /// The list of branches is at most as long as the trie has nodes.
    private mutating func nextOverlap(of pattern: RawSpan) -> UInt32? {
        while let branch = self.branches.popLast() {
            let node = self.nodes.all[Int(branch.node)]
            if branch.level == Self.everything {
                self.pushChildren(of: node, level: Self.everything)
                if node.tail != 0 { self.branches.append(Branch(node: node.tail, level: Self.everything)) }
                if node.values != 0 { return node.values }
                continue
            }
            if branch.level == self.tokens.count {
                if node.values != 0 { return node.values }
                continue
            }
            // A stored `>` takes whatever is left of `pattern`, which is at least one token.
            if node.tail != 0 { self.branches.append(Branch(node: node.tail, level: self.tokens.count)) }
            let token = self.tokens[branch.level]
            let below = branch.level + 1
            if Self.isWildcard(token, Subject.tail, in: pattern) {
                self.pushChildren(of: node, level: Self.everything)
            } else if Self.isWildcard(token, Subject.star, in: pattern) {
                self.pushChildren(of: node, level: below)
            } else {
                if node.star != 0 { self.branches.append(Branch(node: node.star, level: below)) }
                let literal = self.literalChild(of: branch.node, for: token, in: pattern)
                if literal != 0 { self.branches.append(Branch(node: literal, level: below)) }
            }
        }
        return nil
    }

    /// Puts the children for `*` and for literal tokens on the list.
    private mutating func pushChildren(of node: TrieNode, level: Int) {
        if node.star != 0 { self.branches.append(Branch(node: node.star, level: level)) }
        var child = node.firstChild
        while child != 0 {
            self.branches.append(Branch(node: child, level: level))
            child = self.nodes.all[Int(child)].next
        }
    }
}
