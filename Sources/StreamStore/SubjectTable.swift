/// The subjects that a layer has touched, found by their bytes.
///
/// Open addressing over a table of indexes; the texts lie one behind the other in one arena.
struct SubjectTable {
    /// What a layer knows of one subject.
    ///
    /// Counts and ends are absolute: they say all there is to say, whatever the layers below hold.
    struct Entry {
        /// Hash of the text.
        var hash: UInt64
        /// Messages stored.
        var count: UInt64 = 0
        /// No message of the subject is stored below it.
        var first: UInt64 = 0
        /// The newest message stored; zero with count 0.
        var last: UInt64 = 0
        /// Where the text starts in the arena.
        var textStart: UInt32
        /// Its length.
        var textLength: UInt32
        /// Index + 1 of the oldest message of the subject in this layer; 0: none.
        var head: UInt32 = 0
        /// Index + 1 of the newest.
        var tail: UInt32 = 0
        /// Index + 1 of the newest of its removals; 0: none.
        var removal: UInt32 = 0
        /// Whether `first` is stored.
        var isFirstExact = true
    }

    private(set) var entries: ContiguousArray<Entry> = []
    private(set) var arena: ContiguousArray<UInt8> = []
    private var buckets: ContiguousArray<UInt32> = []
    private var mask = 0

    /// Memory in bytes, about.
    var memoryBytes: Int {
        self.entries.count * MemoryLayout<Entry>.stride + self.arena.count + self.buckets.count * 4
    }

    /// Where the text of entry `index` is in the arena.
    @inline(__always)
    func textRange(_ index: Int) -> Range<Int> {
        let start = Int(self.entries[index].textStart)
        return start..<start + Int(self.entries[index].textLength)
    }

    /// The text of entry `index`.
    @inline(__always)
    func withText<Result: ~Copyable>(_ index: Int, _ body: (RawSpan) -> Result) -> Result {
        unsafe body(self.arena.span.bytes.extracting(self.textRange(index)))
    }

    /// A copy of the text of entry `index`.
    func text(_ index: Int) -> [UInt8] { self.withText(index) { $0.copied() } }

    /// The entry of `text`, whose hash is `hash`.
    @inline(__always)
    func find(_ text: RawSpan, hash: UInt64) -> Int? {
        if self.mask == 0 { return nil }
        var bucket = Int(truncatingIfNeeded: hash) & self.mask
        while true {
            let mark = self.buckets[bucket]
            if mark == 0 { return nil }
            let index = Int(mark) - 1
            if self.entries[index].hash == hash, self.withText(index, { $0.isSame(as: text) }) {
                return index
            }
            bucket = (bucket + 1) & self.mask
        }
    }

    /// Adds an entry for `text`, which has none.
    mutating func insert(_ text: RawSpan, hash: UInt64) -> Int {
        if self.mask == 0 || self.entries.count * 4 >= (self.mask + 1) * 3 { self.grow() }
        let index = self.entries.count
        let start = self.arena.count
        unsafe text.withUnsafeBytes { unsafe self.arena.append(contentsOf: $0) }
        // A layer is bounded far below four gigabytes.
        self.entries.append(
            Entry(hash: hash, textStart: UInt32(start), textLength: UInt32(text.byteCount))
        )
        self.place(index, hash: hash)
        return index
    }

    /// Changes entry `index`.
    @inline(__always)
    mutating func update(_ index: Int, _ body: (inout Entry) -> Void) { body(&self.entries[index]) }

    /// Entry `index` has a newer message than all others, number `mark` of the layer.
    ///
    /// Returns how many messages the subject has now, and the number of the one before in the layer.
    @inline(__always)
    mutating func didAppend(_ sequence: UInt64, mark: UInt32, to index: Int) -> (
        count: UInt64, previous: UInt32
    ) {
        var entry = self.entries[index]
        let previous = entry.tail
        if entry.count == 0 {
            entry.first = sequence
            entry.isFirstExact = true
        }
        entry.count += 1
        entry.last = sequence
        entry.tail = mark
        if previous == 0 { entry.head = mark }
        self.entries[index] = entry
        return (entry.count, previous)
    }

    private mutating func place(_ index: Int, hash: UInt64) {
        var bucket = Int(truncatingIfNeeded: hash) & self.mask
        while self.buckets[bucket] != 0 { bucket = (bucket + 1) & self.mask }
        self.buckets[bucket] = UInt32(index + 1)
    }

    private mutating func grow() {
        let size = Swift.max(64, self.buckets.count * 2)
        self.mask = size - 1
        self.buckets = ContiguousArray(repeating: 0, count: size)
        for index in self.entries.indices { self.place(index, hash: self.entries[index].hash) }
    }
}

/// A fast keyed hash for tables in memory; the key keeps a client from choosing subjects that collide.
struct SubjectHash {
    private let seed: UInt64

    /// Makes the function with that key.
    init(seed: UInt64) { self.seed = seed }

    /// The hash of `bytes`.
    @inline(__always)
    func hash(_ bytes: RawSpan) -> UInt64 {
        let count = bytes.byteCount
        var state = self.seed ^ UInt64(count)
        var offset = 0
        while count - offset >= 8 {
            state = Self.fold(state ^ bytes.littleEndian64(at: offset), 0x9e37_79b9_7f4a_7c15)
            offset += 8
        }
        if offset < count {
            var last: UInt64 = 0
            if count >= 8 {
                // The last eight bytes, some of them a second time.
                last = bytes.littleEndian64(at: count - 8)
            } else {
                while offset < count {
                    last = last << 8 | UInt64(bytes.octet(offset))
                    offset += 1
                }
            }
            state = Self.fold(state ^ last, 0xd6e8_feb8_6659_fd93)
        }
        // Not multiplied by the key: one with a pattern in its bits would leave most of the result alike.
        return Self.fold(state ^ self.seed, 0xa076_1d64_78bd_642f)
    }

    @inline(__always)
    private static func fold(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let product = one.multipliedFullWidth(by: other)
        return product.high ^ product.low
    }
}
