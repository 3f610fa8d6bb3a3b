/// What is always true of a trie; run by the tests after each step, and by nothing else.
///
/// - Each node but the root hangs on its parent once: as `*`, as `>`, or among the literal children, whose chain is
///   linked both ways and whose edges are in the table. A `>` has no children. No node but the root is bare.
/// - Each value is in the ring of its node, once, and the ring is linked both ways.
/// - The counts are those of what is reachable from the root.
extension SubjectTrie {
    /// The first thing found that should not be so, or nil.
    ///
    /// Takes time and memory in proportion to the trie.
    public func firstBrokenInvariant() -> String? {
        var census = Census()
        var open: [UInt32] = [0]
        while let number = open.popLast() {
            let node = self.nodes.all[Int(number)]
            if node.length == TrieNode.free { return "node \(number) is reachable and free" }
            census.nodeCount += 1
            if number != 0, node.isBare { return "node \(number) is bare" }
            if let broken = self.brokenChild(of: number, census: &census, open: &open) { return broken }
            if let broken = self.brokenText(of: number, census: &census) { return broken }
            if node.values != 0 {
                census.patternCount += 1
                if let broken = self.brokenRing(of: number, census: &census) { return broken }
            }
        }
        if census.nodeCount != self.nodes.count {
            return "\(self.nodes.count) nodes, \(census.nodeCount) found"
        }
        if census.edgeCount != self.edges.count {
            return "\(self.edges.count) edges, \(census.edgeCount) found"
        }
        if census.valueCount != self.values.count {
            return "\(self.values.count) values, \(census.valueCount) found"
        }
        if census.patternCount != self.patternCount {
            return "\(self.patternCount) patterns, \(census.patternCount) found"
        }
        if census.textCount + self.nodes.deadTextCount != self.nodes.text.count {
            return "\(self.nodes.text.count) bytes of text, \(census.textCount) found"
        }
        return nil
    }

    /// What was found from the root.
    private struct Census {
        var nodeCount = 0
        var edgeCount = 0
        var valueCount = 0
        var patternCount = 0
        var textCount = 0
    }

    private func brokenChild(of number: UInt32, census: inout Census, open: inout [UInt32]) -> String? {
        let node = self.nodes.all[Int(number)]
        for wildcard in [node.star, node.tail] where wildcard != 0 {
            if self.nodes.all[Int(wildcard)].parent != number {
                return "wildcard \(wildcard) of \(number) strays"
            }
            open.append(wildcard)
        }
        if node.tail != 0 {
            let tail = self.nodes.all[Int(node.tail)]
            if tail.firstChild != 0 || tail.star != 0 || tail.tail != 0 {
                return "`>` \(node.tail) has children"
            }
        }
        var previous: UInt32 = 0
        var child = node.firstChild
        while child != 0 {
            let current = self.nodes.all[Int(child)]
            if current.parent != number { return "child \(child) of \(number) strays" }
            if current.previous != previous { return "child \(child) of \(number) is not linked back" }
            if self.edgeCount(of: child) != 1 { return "child \(child) of \(number) has no single edge" }
            census.edgeCount += 1
            if census.edgeCount > self.edges.count { return "more children than edges" }
            open.append(child)
            previous = child
            child = current.next
        }
        return nil
    }

    /// How often the table leads to a node.
    private func edgeCount(of child: UInt32) -> Int {
        let node = self.nodes.all[Int(child)]
        var hash: UInt64
        if node.length <= 8 {
            var word = node.token.littleEndian
            // The bytes are those of a local value, and not used beyond the call.
            hash = unsafe withUnsafeBytes(of: &word) { bytes in
                unsafe self.hash.hash(RawSpan(_unsafeBytes: bytes), from: 0, to: Int(node.length))
            }
        } else {
            let start = Int(node.token)
            hash = unsafe self.hash.hash(
                self.nodes.text.span.bytes,
                from: start,
                to: start + Int(node.length)
            )
        }
        let key = Self.edgeKey(parent: node.parent, hash: hash)
        var slot = self.edges.firstSlot(of: key)
        if slot < 0 { return 0 }
        var count = 0
        while true {
            let found = self.edges.nextChild(of: key, slot: &slot)
            if found == 0 { return count }
            if found == child { count += 1 }
        }
    }

    private func brokenText(of number: UInt32, census: inout Census) -> String? {
        let node = self.nodes.all[Int(number)]
        if node.length <= 8 { return nil }
        if Int(node.token) + Int(node.length) > self.nodes.text.count {
            return "token of \(number) is cut off"
        }
        census.textCount += Int(node.length)
        return nil
    }

    private func brokenRing(of number: UInt32, census: inout Census) -> String? {
        let first = self.nodes.all[Int(number)].values
        var seen: Set<UInt32> = []
        var entry = first
        repeat {
            let current = self.values.entries[Int(entry)]
            if current.node != number { return "value entry \(entry) is not of node \(number)" }
            if self.values.entries[Int(current.next)].previous != entry {
                return "entry \(entry) is not linked back"
            }
            if !self.values.contains(node: number, value: current.value) {
                return "entry \(entry) is not in the table"
            }
            if !seen.insert(current.value).inserted {
                return "value \(current.value) stands twice at \(number)"
            }
            census.valueCount += 1
            entry = current.next
        } while entry != first
        return nil
    }
}
