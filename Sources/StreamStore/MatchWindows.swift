internal import Subjects

/// Recent answers to "which messages match this filter", so that a reader that goes forward through the few messages
/// it wants does not look for each of them anew.
///
/// A window says which sequences in a range matched when it was made. It is never wrong later: a sequence is not
/// reused and what is appended lies behind the range, so a message can only go, which whoever asks looks up.
struct MatchWindows {
    /// One answer.
    struct Window {
        /// The filter.
        var filter: SubjectFilter
        /// The sequences it speaks of.
        var range: ClosedRange<UInt64>
        /// Those that matched, ascending.
        var sequences: [UInt64]
        /// When it was used last.
        var lastUse: UInt64

        /// This one and the one it goes on in; the latter alone if that would be too long.
        func joined(_ next: Window) -> Window {
            if self.sequences.count + next.sequences.count > MatchWindows.sequencesMax { return next }
            var joined = next
            joined.range = self.range.lowerBound...next.range.upperBound
            joined.sequences = self.sequences + next.sequences
            return joined
        }
    }

    /// The most windows: as many filtered readers are served well.
    private static let countMax = 16
    /// The most sequences of a window.
    static let sequencesMax = 4_096

    private var windows: [Window] = []
    private var uses: UInt64 = 0

    /// Index of the window of `filter` that `sequence` is in.
    @inline(__always)
    mutating func find(_ filter: SubjectFilter, _ sequence: UInt64) -> Int? {
        for index in self.windows.indices
        where self.windows[index].range.contains(sequence) && self.windows[index].filter == filter {
            self.uses += 1
            self.windows[index].lastUse = self.uses
            return index
        }
        return nil
    }

    /// Sequence `place` of window `index`; nil if it has no more.
    @inline(__always)
    func sequence(_ index: Int, _ place: Int) -> UInt64? {
        place < self.windows[index].sequences.count ? self.windows[index].sequences[place] : nil
    }

    /// The last sequence that window `index` speaks of.
    @inline(__always)
    func end(_ index: Int) -> UInt64 { self.windows[index].range.upperBound }

    /// Place of the first sequence of window `index` at or after `sequence`.
    @inline(__always)
    func place(_ index: Int, _ sequence: UInt64) -> Int {
        var low = 0
        var high = self.windows[index].sequences.count
        while low < high {
            let middle = (low + high) / 2
            if self.windows[index].sequences[middle] < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Adds a window; an older one of the same filter that it goes on from, or the least used one, makes room.
    mutating func add(_ filter: SubjectFilter, _ range: ClosedRange<UInt64>, _ sequences: [UInt64]) {
        self.uses += 1
        let window = Window(filter: filter, range: range, sequences: sequences, lastUse: self.uses)
        if let behind = self.windows.firstIndex(where: {
            $0.range.upperBound < .max && $0.range.upperBound + 1 == range.lowerBound && $0.filter == filter
        }) {
            self.windows[behind] = self.windows[behind].joined(window)
        } else if self.windows.count < Self.countMax {
            self.windows.append(window)
        } else if let oldest = self.windows.indices.min(by: {
            self.windows[$0].lastUse < self.windows[$1].lastUse
        }) {
            self.windows[oldest] = window
        }
    }
}
