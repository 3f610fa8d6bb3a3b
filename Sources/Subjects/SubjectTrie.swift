/// Patterns and the values stored under them, found by the subjects that match; core.md §1.8.
///
/// A node is one token after those of its parents. Literal children of all nodes share one hash table, `*` and `>`
/// are fields of the node: a literal subscription among many costs about 100 bytes (100 000 subjects that share
/// prefixes: under 200 with the slack of growing arrays), and a match touches one table slot and one node per
/// token. Nothing recurses: a subject may have thousands of tokens.
///
/// Each pattern holds a set of values; a value may stand under many patterns. The numbers mean what the caller
/// wants. The queries are `mutating` because they use scratch arrays of the trie, so that they allocate nothing.
public struct SubjectTrie: Sendable {
    /// What an insertion did.
    public enum Insertion: Hashable, Sendable {
        /// The value is under the pattern now.
        case inserted
        /// It was there already; nothing changed.
        case alreadyPresent
        /// The pattern has an empty token or a `>` that is not last; nothing changed.
        case invalidPattern
        /// The trie has no number left for another node or value (2^32); nothing changed.
        case full
    }

    /// A token of the subject or pattern at hand.
    struct Token: Sendable {
        var start: Int
        var end: Int
        var hash: UInt64
    }

    /// Work put off while a search goes down another branch: a node, and the number of tokens that led to it.
    struct Branch: Sendable {
        var node: UInt32
        var level: Int
    }

    var nodes = TrieNodes()
    var edges = TrieEdges()
    var values = TrieValues()
    /// Scratch of one call: the tokens of its subject.
    var tokens: [Token] = []
    /// Scratch of one call: what is left to search.
    var branches: [Branch] = []
    /// Whether the last call of ``match(_:into:)`` would have found the same with any other last token.
    public internal(set) var isLastTokenFree = false
    let hash: SubjectHash
    /// The number of patterns that have a value.
    public private(set) var patternCount = 0

    /// An empty trie.
    ///
    /// `seed` is random, so that clients cannot choose tokens that collide.
    public init(seed: UInt64) { self.hash = SubjectHash(seed: seed) }

    /// The number of pairs of a pattern and a value.
    public var count: Int { self.values.count }
    /// Whether no pattern is stored.
    public var isEmpty: Bool { self.values.count == 0 }
    /// The number of nodes: distinct beginnings of patterns.
    public var nodeCount: Int { self.nodes.count - 1 }
    /// The bytes of memory the trie takes, with what is reserved for growth.
    public var byteCount: Int { self.nodes.byteCount + self.edges.byteCount + self.values.byteCount }

    /// Puts `value` under `pattern`.
    @discardableResult
    public mutating func insert(_ pattern: RawSpan, value: UInt32) -> Insertion {
        guard self.readPattern(pattern) else { return .invalidPattern }
        guard self.values.hasRoom,
            self.nodes.hasRoom(nodeCount: self.tokens.count, textCount: pattern.byteCount)
        else { return .full }
        var node: UInt32 = 0
        for index in self.tokens.indices {
            let token = self.tokens[index]
            let child = self.child(of: node, for: token, in: pattern)
            node = child == 0 ? self.makeChild(of: node, for: token, in: pattern) : child
        }
        var ring = self.nodes.all[Int(node)].values
        if ring == 0 {
            self.patternCount += 1
        } else if self.values.contains(node: node, value: value) {
            return .alreadyPresent
        }
        self.values.append(value, node: node, ring: &ring)
        self.nodes.all[Int(node)].values = ring
        return .inserted
    }

    /// Takes `value` from under `pattern`, and says whether it was there.
    @discardableResult
    public mutating func remove(_ pattern: RawSpan, value: UInt32) -> Bool {
        guard self.readPattern(pattern) else { return false }
        var node: UInt32 = 0
        for index in self.tokens.indices {
            node = self.child(of: node, for: self.tokens[index], in: pattern)
            if node == 0 { return false }
        }
        var ring = self.nodes.all[Int(node)].values
        guard self.values.remove(value, node: node, ring: &ring) else { return false }
        self.nodes.all[Int(node)].values = ring
        if ring == 0 {
            self.patternCount -= 1
            self.prune(node, of: pattern)
        }
        return true
    }

    /// Whether `value` is under `pattern`.
    public mutating func contains(_ pattern: RawSpan, value: UInt32) -> Bool {
        guard self.readPattern(pattern) else { return false }
        var node: UInt32 = 0
        for index in self.tokens.indices {
            node = self.child(of: node, for: self.tokens[index], in: pattern)
            if node == 0 { return false }
        }
        return self.values.contains(node: node, value: value)
    }

    /// Takes everything out and gives the memory back.
    public mutating func removeAll() {
        self.nodes = TrieNodes()
        self.edges.removeAll()
        self.values.removeAll()
        self.patternCount = 0
    }

    // MARK: - Tokens

    /// Reads the tokens of `subject` into the scratch; false when one is empty.
    mutating func readTokens(_ subject: RawSpan) -> Bool {
        self.tokens.removeAll(keepingCapacity: true)
        let count = subject.byteCount
        var start = 0
        while true {
            let end = subject.firstIndex(of: Subject.dot, from: start, to: count)
            if end == start { return false }
            let hash = self.hash.hash(subject, from: start, to: end)
            self.tokens.append(Token(start: start, end: end, hash: hash))
            if end == count { return true }
            start = end + 1
        }
    }

    /// Reads the tokens of `pattern` into the scratch; false when it is no valid pattern.
    mutating func readPattern(_ pattern: RawSpan) -> Bool {
        pattern.byteCount < Int(UInt32.max) && Subject.isValidPattern(pattern) && self.readTokens(pattern)
    }

    /// Whether the token is that one wildcard byte.
    static func isWildcard(_ token: Token, _ wildcard: UInt8, in pattern: RawSpan) -> Bool {
        token.end - token.start == 1 && pattern.byte(token.start) == wildcard
    }

    // MARK: - Nodes

    /// Where the edge of a token with that hash belongs in the table.
    static func edgeKey(parent: UInt32, hash: UInt64) -> UInt32 {
        // The hash is keyed and well mixed; the parent only has to move it. The multiplier is odd, so that two
        // parents never meet at the same place for every token.
        UInt32(truncatingIfNeeded: hash) ^ (parent &* 0x9e37_79b1)
    }

    /// The literal child of `parent` for a token of `subject`, or 0.
    func literalChild(of parent: UInt32, for token: Token, in subject: RawSpan) -> UInt32 {
        let key = Self.edgeKey(parent: parent, hash: token.hash)
        var slot = self.edges.firstSlot(of: key)
        if slot < 0 { return 0 }
        let length = token.end - token.start
        let word = length <= 8 ? subject.word(token.start, count: length) : 0
        while true {
            let child = self.edges.nextChild(of: key, slot: &slot)
            if child == 0 { return 0 }
            if self.nodes.all[Int(child)].parent == parent,
                self.nodes.isToken(child, word: word, of: subject, from: token.start, to: token.end)
            {
                return child
            }
        }
    }

    /// The child of `parent` for a token of a pattern, wildcards being what they are, or 0.
    private func child(of parent: UInt32, for token: Token, in pattern: RawSpan) -> UInt32 {
        if Self.isWildcard(token, Subject.star, in: pattern) { return self.nodes.all[Int(parent)].star }
        if Self.isWildcard(token, Subject.tail, in: pattern) { return self.nodes.all[Int(parent)].tail }
        return self.literalChild(of: parent, for: token, in: pattern)
    }

    private mutating func makeChild(of parent: UInt32, for token: Token, in pattern: RawSpan) -> UInt32 {
        let child = self.nodes.make(parent: parent, subject: pattern, from: token.start, to: token.end)
        if Self.isWildcard(token, Subject.star, in: pattern) {
            self.nodes.all[Int(parent)].star = child
        } else if Self.isWildcard(token, Subject.tail, in: pattern) {
            self.nodes.all[Int(parent)].tail = child
        } else {
            self.nodes.linkChild(child)
            self.edges.insert(key: Self.edgeKey(parent: parent, hash: token.hash), child: child)
        }
        return child
    }

    /// Takes out the nodes, from `last` upwards, that nothing needs any more; the tokens are those of `pattern`.
    private mutating func prune(_ last: UInt32, of pattern: RawSpan) {
        var node = last
        var level = self.tokens.count
        while node != 0, self.nodes.all[Int(node)].isBare {
            level -= 1
            let token = self.tokens[level]
            let parent = self.nodes.all[Int(node)].parent
            if Self.isWildcard(token, Subject.star, in: pattern) {
                self.nodes.all[Int(parent)].star = 0
            } else if Self.isWildcard(token, Subject.tail, in: pattern) {
                self.nodes.all[Int(parent)].tail = 0
            } else {
                self.nodes.unlinkChild(node)
                self.edges.remove(key: Self.edgeKey(parent: parent, hash: token.hash), child: node)
            }
            self.nodes.free(node)
            node = parent
        }
        // An empty trie starts afresh: its arrays may be large.
        if self.values.count == 0 { self.removeAll() }
    }
}
