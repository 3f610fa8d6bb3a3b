/// The literal edges of all nodes of a trie, in one open-addressed table: key of (parent, token) to child.
///
/// A slot is `key << 32 | child`; a child is never 0, so an empty slot is 0. The key says where a slot belongs, so
/// that growing and removing need no look at the nodes. Linear probing, at most three quarters full.
struct TrieEdges: Sendable {
    private var slots: [UInt64] = []
    private(set) var count = 0

    /// The bytes the table takes.
    var byteCount: Int { self.slots.capacity * MemoryLayout<UInt64>.stride }

    /// Where a search for `key` begins, or -1 if there is no edge at all.
    func firstSlot(of key: UInt32) -> Int { self.slots.isEmpty ? -1 : Int(key) & (self.slots.count - 1) }

    /// The next child whose key is `key`, at or after `slot`, which is moved behind it; 0 when there is none left.
    func nextChild(of key: UInt32, slot: inout Int) -> UInt32 {
        let mask = self.slots.count - 1
        while true {
            let entry = self.slots[slot]
            if entry == 0 { return 0 }
            slot = (slot + 1) & mask
            if UInt32(truncatingIfNeeded: entry >> 32) == key { return UInt32(truncatingIfNeeded: entry) }
        }
    }

    mutating func insert(key: UInt32, child: UInt32) {
        if (self.count + 1) * 4 > self.slots.count * 3 { self.grow() }
        self.place(UInt64(key) << 32 | UInt64(child))
        self.count += 1
    }

    /// Removes an edge that is there.
    mutating func remove(key: UInt32, child: UInt32) {
        let mask = self.slots.count - 1
        let wanted = UInt64(key) << 32 | UInt64(child)
        var hole = Int(key) & mask
        while self.slots[hole] != wanted {
            precondition(self.slots[hole] != 0, "the edge is not in the table")
            hole = (hole + 1) & mask
        }
        // Move back what a search would no longer reach over the hole.
        var next = (hole + 1) & mask
        while self.slots[next] != 0 {
            let home = Int(self.slots[next] >> 32) & mask
            if (next - home) & mask >= (next - hole) & mask {
                self.slots[hole] = self.slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        self.slots[hole] = 0
        self.count -= 1
    }

    mutating func removeAll() { self = TrieEdges() }

    private mutating func grow() {
        let old = self.slots
        self.slots = [UInt64](repeating: 0, count: max(16, old.count * 2))
        for entry in old where entry != 0 { self.place(entry) }
    }

    private mutating func place(_ entry: UInt64) {
        let mask = self.slots.count - 1
        var slot = Int(entry >> 32) & mask
        while self.slots[slot] != 0 { slot = (slot + 1) & mask }
        self.slots[slot] = entry
    }
}
