internal import SegmentLog

/// What happened since a checkpoint, in memory.
///
/// There are up to three layers over each other: the `tail`, which takes every change; while a checkpoint runs,
/// the `frozen` one, which nobody changes; and LMDB. A question goes down until a layer knows the answer. What a
/// layer says of a subject or of a chunk of holes is absolute and hides the layers below; of messages it holds
/// only its own.
final class IndexLayer {
    /// The messages appended, and the subjects touched.
    var messages = LayerMessages()
    /// The chunks of holes touched.
    var holes = HoleMap()
    /// Message ids seen.
    var dedup = DedupTable()
    /// Times to live of the messages appended.
    var timers = LayerTimers()
    /// Whether everything below is gone: a purge of the whole stream.
    var isReset = false
    /// Whether something changed that is in none of the above.
    var isTouched = false
    /// Bytes of journal entries since the layer began.
    var journalBytes = 0
    /// The time of the first change, as far as the owner was told it.
    var since: Int64?

    /// Whether nothing happened.
    var isEmpty: Bool {
        self.entries.isEmpty && self.subjects.entries.isEmpty && self.holes.isEmpty && !self.isReset
            && !self.isTouched && self.journalBytes == 0 && self.dedup.entries.isEmpty
    }

    /// Memory in bytes, about.
    var memoryBytes: Int {
        self.messages.memoryBytes + self.holes.memoryBytes + self.dedup.memoryBytes
            + self.timers.memoryBytes
    }

    /// The messages, by sequence.
    @inline(__always)
    var entries: ContiguousArray<LayerMessages.Entry> { self.messages.entries }

    /// The subjects touched.
    @inline(__always)
    var subjects: SubjectTable { self.messages.subjects }

    /// Index of the message `sequence`; nil if this layer did not get it.
    @inline(__always)
    func index(of sequence: UInt64) -> Int? { self.messages.index(of: sequence) }

    /// Index of the first message at or after `sequence`; the count if there is none.
    @inline(__always)
    func index(atOrAfter sequence: UInt64) -> Int { self.messages.index(atOrAfter: sequence) }

    /// Calls `body` with the text of subject `index`.
    ///
    /// `body` must not add subjects to this layer.
    @inline(__always)
    func withText(_ index: Int, _ body: (RawSpan) -> Void) {
        // The arena by itself: nothing of this object is being accessed while `body` runs, which the compiler would
        // otherwise check with each access.
        let arena = self.subjects.arena
        let range = self.subjects.textRange(index)
        unsafe body(arena.span.bytes.extracting(range))
    }
}
