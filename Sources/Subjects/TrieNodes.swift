/// One token of a pattern in a trie; 40 bytes.
///
/// Every number that names a node is 0 for "none": the root, node 0, is nobody's child.
struct TrieNode: Sendable {
    /// The length of a node that is free; its `next` is the free one after it.
    static let free = UInt32.max

    /// The token: its bytes if it has at most 8 of them, else where they begin in the text of the nodes.
    var token: UInt64
    /// The token's length in bytes.
    var length: UInt32
    /// The node of the token before this one.
    var parent: UInt32
    /// The child for `*`.
    var star: UInt32 = 0
    /// The child for `>`; it has no children.
    var tail: UInt32 = 0
    /// The first value of the patterns that end here.
    var values: UInt32 = 0
    /// The first of the children with literal tokens, which are chained by `previous` and `next`.
    var firstChild: UInt32 = 0
    var previous: UInt32 = 0
    var next: UInt32 = 0

    /// Whether nothing hangs on the node, so that it can go.
    var isBare: Bool { self.values == 0 && self.firstChild == 0 && self.star == 0 && self.tail == 0 }
}

/// The nodes of a trie and the text of their tokens.
struct TrieNodes: Sendable {
    /// All nodes; the root is the first.
    var all: [TrieNode] = [TrieNode(token: 0, length: 0, parent: 0)]
    /// The tokens longer than 8 bytes, one behind the other.
    private(set) var text: [UInt8] = []
    /// How many bytes of `text` belong to no node any more.
    private(set) var deadTextCount = 0
    private var firstFree: UInt32 = 0
    private(set) var freeCount = 0

    /// The bytes the nodes and their text take.
    var byteCount: Int { self.all.capacity * MemoryLayout<TrieNode>.stride + self.text.capacity }

    /// The nodes in use, with the root.
    var count: Int { self.all.count - self.freeCount }

    /// Whether `nodeCount` more nodes with `textCount` bytes of token text can be numbered.
    func hasRoom(nodeCount: Int, textCount: Int) -> Bool {
        self.all.count + nodeCount < Int(UInt32.max) && self.text.count + textCount < Int(UInt32.max)
    }

    /// A new node for the token `start ..< end` of `subject`, not linked to anything but its parent's number.
    mutating func make(parent: UInt32, subject: RawSpan, from start: Int, to end: Int) -> UInt32 {
        let length = end - start
        var node = TrieNode(token: 0, length: UInt32(length), parent: parent)
        if length <= 8 {
            node.token = subject.word(start, count: length)
        } else {
            node.token = UInt64(self.text.count)
            for index in start..<end { self.text.append(subject.byte(index)) }
        }
        if self.firstFree == 0 {
            self.all.append(node)
            return UInt32(self.all.count - 1)
        }
        let number = self.firstFree
        self.firstFree = self.all[Int(number)].next
        self.freeCount -= 1
        self.all[Int(number)] = node
        return number
    }

    /// Gives a node back that nothing refers to any more.
    mutating func free(_ number: UInt32) {
        let length = self.all[Int(number)].length
        if length > 8 { self.deadTextCount += Int(length) }
        var node = TrieNode(token: 0, length: TrieNode.free, parent: 0)
        node.next = self.firstFree
        self.all[Int(number)] = node
        self.firstFree = number
        self.freeCount += 1
        if self.deadTextCount > 4096, self.deadTextCount > self.text.count / 2 { self.compactText() }
    }

    /// Whether the token of `number` is `start ..< end` of `subject`; `word` holds it if it has at most 8 bytes.
    func isToken(_ number: UInt32, word: UInt64, of subject: RawSpan, from start: Int, to end: Int) -> Bool {
        let node = self.all[Int(number)]
        if Int(node.length) != end - start { return false }
        if node.length <= 8 { return node.token == word }
        let text = unsafe self.text.span.bytes
        return subject.equals(text, from: start, to: end, at: Int(node.token))
    }

    /// Puts `child` in front of its parent's literal children.
    mutating func linkChild(_ child: UInt32) {
        let parent = Int(self.all[Int(child)].parent)
        let second = self.all[parent].firstChild
        self.all[Int(child)].next = second
        self.all[Int(child)].previous = 0
        if second != 0 { self.all[Int(second)].previous = child }
        self.all[parent].firstChild = child
    }

    /// Takes `child` out of its parent's literal children.
    mutating func unlinkChild(_ child: UInt32) {
        let node = self.all[Int(child)]
        if node.previous == 0 {
            self.all[Int(node.parent)].firstChild = node.next
        } else {
            self.all[Int(node.previous)].next = node.next
        }
        if node.next != 0 { self.all[Int(node.next)].previous = node.previous }
    }

    private mutating func compactText() {
        var kept: [UInt8] = []
        kept.reserveCapacity(self.text.count - self.deadTextCount)
        for index in self.all.indices {
            let node = self.all[index]
            if node.length == TrieNode.free || node.length <= 8 { continue }
            self.all[index].token = UInt64(kept.count)
            kept.append(contentsOf: self.text[Int(node.token)..<Int(node.token) + Int(node.length)])
        }
        self.text = kept
        self.deadTextCount = 0
    }
}
