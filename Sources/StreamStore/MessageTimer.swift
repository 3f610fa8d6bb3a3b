internal import LMDB

/// Something that is to happen to a message at some time: a row of database `timers`.
///
/// Key: due time (8 bytes, big-endian, its highest bit inverted so that it sorts), sequence (8 bytes, big-endian).
/// Value: kind (1 byte): 1 = the message goes. At the end of time are those that never go by age.
///
/// A timer of a message that is gone means nothing. It stays until it is due, or until it is swept out.
struct MessageTimer: Comparable {
    /// Nanoseconds since 1970.
    var due: Int64
    /// Whose it is.
    var sequence: UInt64

    /// When a message is due that `max_age` does not remove.
    static let never = Int64.max
    /// The kind in the value.
    static let expiryKind: UInt8 = 1
    /// Bytes of a key.
    static let keyBytes = 16

    /// By time, and those due together by sequence.
    static func < (one: MessageTimer, other: MessageTimer) -> Bool {
        one.due == other.due ? one.sequence < other.sequence : one.due < other.due
    }

    /// Replaces `key` by the timer's.
    func encodeKey(into key: inout [UInt8]) {
        key.removeAll(keepingCapacity: true)
        key.appendBigEndian(UInt64(bitPattern: self.due) ^ 1 << 63)
        key.appendBigEndian(self.sequence)
    }

    init(due: Int64, sequence: UInt64) {
        self.due = due
        self.sequence = sequence
    }

    /// The timer of that key; nil if it is none.
    init?(key: RawSpan) {
        guard key.byteCount == Self.keyBytes else { return nil }
        self.due = Int64(bitPattern: key.bigEndian64(at: 0) ^ 1 << 63)
        self.sequence = key.bigEndian64(at: 8)
    }
}

/// Timers in memory, the earliest at hand: a binary heap.
struct TimerHeap {
    private(set) var timers: ContiguousArray<MessageTimer> = []

    /// The earliest.
    var first: MessageTimer? { self.timers.first }
    /// Memory in bytes, about.
    var memoryBytes: Int { self.timers.count * MemoryLayout<MessageTimer>.stride }

    /// Adds a timer.
    mutating func insert(_ timer: MessageTimer) {
        var index = self.timers.count
        self.timers.append(timer)
        while index > 0 {
            let parent = (index - 1) / 2
            if self.timers[parent] <= timer { break }
            self.timers[index] = self.timers[parent]
            index = parent
        }
        self.timers[index] = timer
    }

    /// Takes the earliest out.
    mutating func removeFirst() {
        guard let last = self.timers.popLast(), !self.timers.isEmpty else { return }
        var index = 0
        while true {
            var child = 2 * index + 1
            if child >= self.timers.count { break }
            if child + 1 < self.timers.count, self.timers[child + 1] < self.timers[child] { child += 1 }
            if last <= self.timers[child] { break }
            self.timers[index] = self.timers[child]
            index = child
        }
        self.timers[index] = last
    }
}
