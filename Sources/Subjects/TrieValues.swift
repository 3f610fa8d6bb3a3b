/// The values at the nodes of a trie: a ring of entries per node, and a table that finds one by (node, value).
///
/// The ring keeps the order of insertion; the table makes inserting and removing independent of how many values one
/// node has. Entry 0 is not used, so that 0 can say "none".
struct TrieValues: Sendable {
    struct Entry: Sendable {
        var node: UInt32
        var value: UInt32
        var previous: UInt32
        var next: UInt32
    }

    /// The node of an entry that is free; its `next` is the free one after it.
    static let free = UInt32.max

    private(set) var entries: [Entry] = []
    /// Entries by hash of (node, value); 0 is an empty slot.
    ///
    /// At most three quarters full.
    private var slots: [UInt32] = []
    private var firstFree: UInt32 = 0
    private(set) var count = 0

    /// The bytes the entries and the table take.
    var byteCount: Int {
        self.entries.capacity * MemoryLayout<Entry>.stride + self.slots.capacity * MemoryLayout<UInt32>.stride
    }

    /// Whether there is room for one more value.
    var hasRoom: Bool { self.firstFree != 0 || self.entries.count < Int(UInt32.max) }

    func contains(node: UInt32, value: UInt32) -> Bool { self.find(node: node, value: value) != 0 }

    /// Adds a value that is not there yet; `ring` is the node's first entry, 0 for none.
    mutating func append(_ value: UInt32, node: UInt32, ring: inout UInt32) {
        if (self.count + 1) * 4 > self.slots.count * 3 { self.grow() }
        let entry = self.allocate(node: node, value: value)
        if ring == 0 {
            self.entries[Int(entry)].previous = entry
            self.entries[Int(entry)].next = entry
            ring = entry
        } else {
            let last = self.entries[Int(ring)].previous
            self.entries[Int(entry)].previous = last
            self.entries[Int(entry)].next = ring
            self.entries[Int(last)].next = entry
            self.entries[Int(ring)].previous = entry
        }
        self.place(entry)
        self.count += 1
    }

    /// Removes a value and says whether it was there; `ring` is the node's first entry.
    mutating func remove(_ value: UInt32, node: UInt32, ring: inout UInt32) -> Bool {
        let entry = self.find(node: node, value: value)
        if entry == 0 { return false }
        self.unplace(entry)
        let removed = self.entries[Int(entry)]
        if removed.next == entry {
            ring = 0
        } else {
            self.entries[Int(removed.previous)].next = removed.next
            self.entries[Int(removed.next)].previous = removed.previous
            if ring == entry { ring = removed.next }
        }
        self.entries[Int(entry)] = Entry(node: Self.free, value: 0, previous: 0, next: self.firstFree)
        self.firstFree = entry
        self.count -= 1
        return true
    }

    /// Appends the values of the ring that begins at `ring`, which is not 0, in the order they were inserted.
    func collect(_ ring: UInt32, into values: inout [UInt32]) {
        var entry = ring
        repeat {
            let current = self.entries[Int(entry)]
            values.append(current.value)
            entry = current.next
        } while entry != ring
    }

    mutating func removeAll() { self = TrieValues() }

    private mutating func allocate(node: UInt32, value: UInt32) -> UInt32 {
        let new = Entry(node: node, value: value, previous: 0, next: 0)
        if self.firstFree != 0 {
            let entry = self.firstFree
            self.firstFree = self.entries[Int(entry)].next
            self.entries[Int(entry)] = new
            return entry
        }
        if self.entries.isEmpty {
            self.entries.append(Entry(node: Self.free, value: 0, previous: 0, next: 0))
        }
        self.entries.append(new)
        return UInt32(self.entries.count - 1)
    }

    private func home(node: UInt32, value: UInt32) -> Int {
        let product = (UInt64(node) << 32 | UInt64(value)).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return Int(truncatingIfNeeded: product.high ^ product.low) & (self.slots.count - 1)
    }

    private func find(node: UInt32, value: UInt32) -> UInt32 {
        if self.slots.isEmpty { return 0 }
        let mask = self.slots.count - 1
        var slot = self.home(node: node, value: value)
        while true {
            let entry = self.slots[slot]
            if entry == 0 { return 0 }
            if self.entries[Int(entry)].value == value, self.entries[Int(entry)].node == node { return entry }
            slot = (slot + 1) & mask
        }
    }

    private mutating func place(_ entry: UInt32) {
        let mask = self.slots.count - 1
        var slot = self.home(node: self.entries[Int(entry)].node, value: self.entries[Int(entry)].value)
        while self.slots[slot] != 0 { slot = (slot + 1) & mask }
        self.slots[slot] = entry
    }

    private mutating func unplace(_ entry: UInt32) {
        let mask = self.slots.count - 1
        var hole = self.home(node: self.entries[Int(entry)].node, value: self.entries[Int(entry)].value)
        while self.slots[hole] != entry {
            precondition(self.slots[hole] != 0, "the value is not in the table")
            hole = (hole + 1) & mask
        }
        var next = (hole + 1) & mask
        while self.slots[next] != 0 {
            let moved = self.entries[Int(self.slots[next])]
            let home = self.home(node: moved.node, value: moved.value)
            if (next - home) & mask >= (next - hole) & mask {
                self.slots[hole] = self.slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        self.slots[hole] = 0
    }

    private mutating func grow() {
        let old = self.slots
        self.slots = [UInt32](repeating: 0, count: max(16, old.count * 2))
        for entry in old where entry != 0 { self.place(entry) }
    }
}
