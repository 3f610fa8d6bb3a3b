/// A queue of plain values in one array whose length is a power of two: both ends are cheap, any place is readable.
struct Ring<Element: BitwiseCopyable> {
    private var storage: [Element] = []
    private var head = 0
    private(set) var count = 0

    /// Whether it holds nothing.
    var isEmpty: Bool { self.count == 0 }

    /// The oldest element.
    var first: Element? { self.count == 0 ? nil : self.storage[self.head] }

    /// The newest element.
    var last: Element? { self.count == 0 ? nil : self[self.count - 1] }

    /// The element at place `index`, the oldest being 0.
    ///
    /// - Precondition: `index < count`.
    subscript(_ index: Int) -> Element {
        get {
            assert(index >= 0 && index < self.count)
            // Safe: the mask keeps the place inside the array, whatever the sum wraps to.
            return self.storage[(self.head &+ index) & (self.storage.count &- 1)]
        }
        set {
            assert(index >= 0 && index < self.count)
            self.storage[(self.head &+ index) & (self.storage.count &- 1)] = newValue  // Safe: as above.
        }
    }

    /// Adds the newest element.
    mutating func append(_ element: Element) {
        if self.count == self.storage.count { self.grow(filler: element) }
        self.count += 1
        self[self.count - 1] = element
    }

    /// Removes the oldest element.
    ///
    /// - Precondition: Not empty.
    mutating func removeFirst() {
        precondition(self.count > 0, "a ring is never read when empty")
        self.head = (self.head &+ 1) & (self.storage.count &- 1)  // Safe: the mask keeps it inside.
        self.count -= 1
    }

    /// Removes the newest elements down to `count`.
    mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count, "a ring is only shortened")
        self.count = count
    }

    /// Removes everything; a large array is given back.
    mutating func removeAll() {
        self.head = 0
        self.count = 0
        if self.storage.count > 8192 { self.storage = [] }
    }

    private mutating func grow(filler: Element) {
        var larger: [Element] = []
        larger.reserveCapacity(max(8, self.storage.count * 2))
        for index in 0..<self.count { larger.append(self[index]) }
        while larger.count < max(8, self.storage.count * 2) { larger.append(filler) }
        self.storage = larger
        self.head = 0
    }
}
