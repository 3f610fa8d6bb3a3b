/// Message ids that a layer has seen, by their hashes: open addressing, nothing is ever taken out.
struct DedupTable {
    /// One id.
    struct Entry {
        /// The id's hash.
        var hash: Hash128
        /// The message stored under it.
        var sequence: UInt64
        /// When.
        var time: Int64
    }

    private(set) var entries: ContiguousArray<Entry> = []
    private var buckets: ContiguousArray<UInt32> = []
    private var mask = 0

    /// Memory in bytes, about.
    var memoryBytes: Int { self.entries.count * MemoryLayout<Entry>.stride + self.buckets.count * 4 }

    /// The entry with that hash.
    func find(_ hash: Hash128) -> Entry? {
        if self.mask == 0 { return nil }
        var bucket = Int(truncatingIfNeeded: hash.low) & self.mask
        while self.buckets[bucket] != 0 {
            let entry = self.entries[Int(self.buckets[bucket]) - 1]
            if entry.hash == hash { return entry }
            bucket = (bucket + 1) & self.mask
        }
        return nil
    }

    /// Adds an id, or gives one that is there its newer message.
    mutating func insert(_ hash: Hash128, sequence: UInt64, time: Int64) {
        if self.mask == 0 || self.entries.count * 4 >= (self.mask + 1) * 3 { self.grow() }
        var bucket = Int(truncatingIfNeeded: hash.low) & self.mask
        while self.buckets[bucket] != 0 {
            let index = Int(self.buckets[bucket]) - 1
            if self.entries[index].hash == hash {
                self.entries[index].sequence = sequence
                self.entries[index].time = time
                return
            }
            bucket = (bucket + 1) & self.mask
        }
        self.entries.append(Entry(hash: hash, sequence: sequence, time: time))
        self.buckets[bucket] = UInt32(self.entries.count)
    }

    private mutating func grow() {
        let size = Swift.max(64, self.buckets.count * 2)
        self.mask = size - 1
        self.buckets = ContiguousArray(repeating: 0, count: size)
        for index in self.entries.indices {
            var bucket = Int(truncatingIfNeeded: self.entries[index].hash.low) & self.mask
            while self.buckets[bucket] != 0 { bucket = (bucket + 1) & self.mask }
            self.buckets[bucket] = UInt32(index + 1)
        }
    }
}
