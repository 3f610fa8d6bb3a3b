internal import SegmentLog

/// The messages that a layer got and the subjects that it touched, linked to each other.
///
/// A struct, so that storing a message is one access to the property that holds it, however much it changes.
struct LayerMessages {
    /// A message appended since the layer began.
    struct Entry {
        /// Its sequence.
        var sequence: UInt64
        /// Number of the segment it is in.
        var segment: UInt64
        /// When it was stored.
        var time: Int64
        /// Where in the segment.
        var offset: UInt32
        /// Its bytes by the formula of streams.md §8.4.
        var size: UInt32
        /// Index of its subject; `UInt32.max` once it was removed while the layer was the tail.
        var subject: UInt32
        /// Index + 1 of the message of the same subject before it in this layer; 0: none.
        var previous: UInt32
        /// Index + 1 of the one after it; 0: none.
        var next: UInt32
    }

    /// A message of a lower layer that was removed from between others of its subject.
    struct Removal {
        /// Its sequence.
        var sequence: UInt64
        /// Index + 1 of the subject's removal before; 0: none.
        var previous: UInt32
    }

    /// The messages, by sequence.
    private(set) var entries: ContiguousArray<Entry> = []
    /// The subjects touched.
    var subjects = SubjectTable()
    /// Removals below.
    private(set) var removals: ContiguousArray<Removal> = []

    /// Memory in bytes, about.
    var memoryBytes: Int {
        self.entries.count * MemoryLayout<Entry>.stride + self.subjects.memoryBytes
            + self.removals.count * MemoryLayout<Removal>.stride
    }

    /// Index of the message `sequence`; nil if this layer did not get it.
    @inline(__always)
    func index(of sequence: UInt64) -> Int? {
        let index = self.index(atOrAfter: sequence)
        return index < self.entries.count && self.entries[index].sequence == sequence ? index : nil
    }

    /// Index of the first message at or after `sequence`; the count if there is none.
    @inline(__always)
    func index(atOrAfter sequence: UInt64) -> Int {
        guard let first = self.entries.first?.sequence, sequence > first else { return 0 }
        // Without skipped sequences the place is known.
        let guess = sequence - first
        if guess < UInt64(self.entries.count), self.entries[Int(guess)].sequence == sequence {
            return Int(guess)
        }
        return self.search(sequence)
    }

    private func search(_ sequence: UInt64) -> Int {
        var low = 0
        var high = self.entries.count
        while low < high {
            let middle = (low + high) / 2
            if self.entries[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Adds the newest message of subject `subject`, links it to the one before, and returns how many the subject
    /// has.
    @inline(__always)
    mutating func append(sequence: UInt64, time: Int64, position: LogPosition, size: UInt32, subject: Int)
        -> UInt64
    {
        let mark = UInt32(self.entries.count + 1)
        let (count, previous) = self.subjects.didAppend(sequence, mark: mark, to: subject)
        self.entries.append(
            Entry(
                sequence: sequence,
                segment: position.segment,
                time: time,
                offset: position.offset,
                size: size,
                subject: UInt32(subject),
                previous: previous,
                next: 0
            )
        )
        if previous != 0 { self.entries[Int(previous) - 1].next = mark }
        return count
    }

    /// Adds the newest message of the subject `text`; nil if the subject was not touched yet.
    ///
    /// Returns the subject's index and how many messages it has now.
    @inline(__always)
    mutating func append(
        sequence: UInt64,
        time: Int64,
        position: LogPosition,
        size: UInt32,
        text: RawSpan,
        hash: UInt64
    ) -> (subject: Int, count: UInt64)? {
        guard let subject = self.subjects.find(text, hash: hash) else { return nil }
        let count = self.append(
            sequence: sequence,
            time: time,
            position: position,
            size: size,
            subject: subject
        )
        return (subject, count)
    }

    /// Takes the message at `index` out of its subject's chain.
    mutating func unlink(_ index: Int) {
        let entry = self.entries[index]
        if entry.previous != 0 { self.entries[Int(entry.previous) - 1].next = entry.next }
        if entry.next != 0 { self.entries[Int(entry.next) - 1].previous = entry.previous }
        self.subjects.update(Int(entry.subject)) { subject in
            if entry.previous == 0 { subject.head = entry.next }
            if entry.next == 0 { subject.tail = entry.previous }
        }
        self.entries[index].subject = .max
    }

    /// Takes the messages up to `sequence` out of the subject's chain.
    mutating func cutFront(of subject: Int, through sequence: UInt64) {
        var mark = self.subjects.entries[subject].head
        while mark != 0, self.entries[Int(mark) - 1].sequence <= sequence {
            self.entries[Int(mark) - 1].subject = .max
            mark = self.entries[Int(mark) - 1].next
        }
        if mark != 0 { self.entries[Int(mark) - 1].previous = 0 }
        self.subjects.update(subject) { entry in
            entry.head = mark
            if mark == 0 { entry.tail = 0 }
        }
    }

    /// Notes that `sequence`, in a lower layer, went from between others of the subject.
    mutating func addRemoval(_ sequence: UInt64, subject: Int) {
        self.removals.append(Removal(sequence: sequence, previous: self.subjects.entries[subject].removal))
        let mark = UInt32(self.removals.count)
        self.subjects.update(subject) { $0.removal = mark }
    }

    /// How many removals of the subject are at or after `sequence`.
    func removals(of subject: Int, from sequence: UInt64) -> UInt64 {
        var count: UInt64 = 0
        var mark = self.subjects.entries[subject].removal
        while mark != 0 {
            let removal = self.removals[Int(mark) - 1]
            if removal.sequence >= sequence { count += 1 }
            mark = removal.previous
        }
        return count
    }
}
