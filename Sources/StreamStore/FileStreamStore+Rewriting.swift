internal import SegmentLog
public import StreamModel
internal import Synchronization

/// Rewriting one segment.
final class FileRewrite: StoreRewrite, @unchecked Sendable {
    // Unchecked: as its superclass.

    let segment: SegmentRewrite
    /// Bytes of the records wanted when it was planned.
    let liveBytes: UInt64
    /// Held while it is performed, so that its end can be waited for.
    private let running = Mutex(())

    init(_ segment: SegmentRewrite, liveBytes: UInt64) {
        self.segment = segment
        self.liveBytes = liveBytes
    }

    override func perform(pausing pause: (Int) -> Void) {
        self.running.withLock { _ in
            // Ended before it began, and given back already.
            if self.segment.outcome == nil { self.segment.perform(pausing: pause) }
        }
    }

    /// Calls it off and waits until it is over, whether it had begun or not.
    func end() {
        self.segment.cancel()
        self.running.withLock { _ in
            if self.segment.outcome == nil { self.segment.giveUp() }
        }
    }
}

/// A segment of which little is wanted, as a checkpoint found it.
struct SparseSegment {
    /// Its number.
    var number: UInt64
    /// What is wanted.
    var live: LiveSequences
    /// Bytes of that.
    var liveBytes: UInt64
}

/// What decides whether there is something to rewrite, apart from time.
struct RewriteLook: Equatable {
    /// Bytes that nobody wants.
    var garbage: UInt64
    /// Segments that are full.
    var segments: Int
    /// How many of them are to be compressed.
    var plain: Int
}

/// When a store rewrites segments.
enum RewritePolicy {
    /// A stream is quiet when nothing was appended for so many nanoseconds.
    static let quietAge: Int64 = 10_000_000_000
    /// How often a store looks for something to rewrite, in nanoseconds, if it found something the last time, and if
    /// it did not.
    static let busyLook: Int64 = 1_000_000_000
    static let idleLook: Int64 = 5_000_000_000
    /// After a failure a segment is left alone for so many nanoseconds.
    static let retryAge: Int64 = 10_000_000_000
    /// The most segments that one checkpoint plans for.
    static let segmentsMax = 8
    /// The most words of sequences that one checkpoint gathers, on the loop.
    static let wordsMax = 1 << 16
}

extension FileStreamStore {
    // MARK: Choosing

    /// When there may be something for ``makeRewrite(now:)``; nil while there is nothing.
    public var rewriteDeadline: Timestamp? {
        if self.rewrite != nil || self.refusal != nil || self.reader.failure != nil { return nil }
        if self.segments.older.isEmpty { return nil }
        let hasWork =
            !self.sparse.isEmpty || self.segments.deadCount > 0
            || self.compresses && self.segments.plainCount > 0
            || self.segments.garbage >= self.garbageMin
        if !hasWork || self.vainLook == self.lookState { return nil }
        return Timestamp(rawValue: Swift.max(self.nextLook, 0))
    }

    private var lookState: RewriteLook {
        RewriteLook(
            garbage: self.segments.garbage,
            segments: self.segments.older.count,
            plain: self.compresses ? self.segments.plainCount : 0
        )
    }

    /// Garbage of a segment that is not worth rewriting it while the stream is busy.
    private var garbageMin: UInt64 { UInt64(self.log.options.segmentBytes / 64) }

    /// The segment to write anew now, or nil: there is none, one is under way, or a checkpoint has to be made before.
    ///
    /// A message is only left out when index and state file both say that it is gone: so a segment is planned for at
    /// a checkpoint, which ``wantsCheckpoint`` then asks for.
    public func makeRewrite(now: Timestamp) -> StoreRewrite? {
        if self.sparse.isEmpty, now.rawValue < self.nextLook { return nil }
        if self.rewrite != nil || self.refusal != nil || self.reader.failure != nil { return nil }
        self.tell(now.rawValue)
        while let next = self.sparse.popLast() {
            if let rewrite = self.begin(next.number, live: next.live, liveBytes: next.liveBytes) {
                return rewrite
            }
        }
        if let number = self.nextUncompressed(), let rewrite = self.begin(number, live: nil, liveBytes: 0) {
            return rewrite
        }
        self.wantsReclaim =
            !self.chooseSparse().isEmpty || self.segments.deadCount > 0
            // Messages to overwrite had to wait for a rewriting.
            || !self.erasures.isEmpty
        // In a quiet stream looking again would find the same, unless a segment is only left alone for a while.
        let isVain =
            !self.wantsReclaim && self.isQuiet
            && !self.segments.older.contains { $0.retryAt > self.clock && $0.retryAt < .max }
        self.vainLook = isVain ? self.lookState : nil
        let age = self.wantsReclaim ? RewritePolicy.busyLook : RewritePolicy.idleLook
        self.nextLook = self.clock.addingReportingOverflow(age).partialValue
        return nil
    }

    private func nextUncompressed() -> UInt64? {
        if !self.compresses { return nil }
        let found = self.segments.older.first { !$0.isCompressed && $0.live > 0 && $0.retryAt <= self.clock }
        return found?.number
    }

    /// The segments to rewrite, the most rewarding one last.
    func chooseSparse() -> [UInt64] {
        if self.segments.garbage == 0 { return [] }
        let least = self.garbageMin
        var chosen: [SegmentTable.Row] = []
        var rest: [SegmentTable.Row] = []
        for row in self.segments.older where row.live > 0 && row.retryAt <= self.clock {
            if row.garbage >= least, row.garbage > 2 * row.liveBytes {
                chosen.append(row)
            } else if row.garbage > 0 {
                rest.append(row)
            }
        }
        if self.isQuiet {
            // What a full purge leaves goes with its segments.
            var garbage = self.segments.garbage
            for row in self.segments.older where row.live == 0 { garbage -= row.garbage }
            for row in chosen { garbage -= row.garbage }
            // As much again may be in the newest segment.
            let allowed = self.liveBytes / 4 + UInt64(self.log.options.segmentBytes)
            rest.sort { $0.garbage < $1.garbage }
            while garbage > allowed, let worst = rest.popLast() {
                chosen.append(worst)
                garbage -= worst.garbage
            }
        }
        chosen.sort { $0.garbage < $1.garbage }
        return chosen.suffix(RewritePolicy.segmentsMax).map { $0.number }
    }

    private var liveBytes: UInt64 { self.segments.rows.reduce(0) { $0 + $1.liveBytes } }

    /// Whether nothing was appended for a while.
    private var isQuiet: Bool {
        guard let last = self.lastTime else { return true }
        let age = self.clock.subtractingReportingOverflow(last)
        return age.overflow ? last < self.clock : age.partialValue >= RewritePolicy.quietAge
    }

    /// What is wanted of the segments to rewrite, as of now.
    func planSparse() -> [SparseSegment] {
        var planned: [SparseSegment] = []
        var words = 0
        for number in self.chooseSparse().reversed() {
            guard words < RewritePolicy.wordsMax, let row = self.segments.row(of: number) else { break }
            let live = self.liveSequences(from: number, to: Swift.min(row.last, self.last))
            words += live.count
            planned.append(SparseSegment(number: number, live: live, liveBytes: row.liveBytes))
        }
        return planned.reversed()
    }

    private func liveSequences(from first: UInt64, to last: UInt64) -> LiveSequences {
        var live = LiveSequences()
        var next = self.nextStored(first)
        while let sequence = next, sequence <= last {
            let start = sequence & ~63
            // From `sequence` on, and up to `last`.
            var word = ~self.holeWord(sequence) & (UInt64.max << (sequence & 63))
            if last - start < 63 { word &= UInt64.max >> (63 - (last - start)) }
            if !self.gaps.isEmpty {
                // A gap may begin inside the word.
                for bit in 0..<64 as Range<UInt64> where word & 1 << bit != 0 && !self.isStored(start + bit) {
                    word &= ~(1 << bit)
                }
            }
            live.append(word, at: start)
            next = self.nextStored(start + 64)
        }
        return live
    }

    // MARK: Beginning and ending

    private func begin(_ number: UInt64, live: LiveSequences?, liveBytes: UInt64) -> StoreRewrite? {
        let window = self.clock.subtractingReportingOverflow(self.duplicateWindow)
        let plan = RewritePlan(
            live: live,
            // The log is the only record of message ids should the index be lost.
            keptFlags: self.duplicateWindow > 0 ? Self.messageIDFlag : [],
            keptSince: window.overflow ? .min : window.partialValue,
            compresses: self.compresses
        )
        guard self.segments.row(of: number) != nil, let segment = self.log.makeRewrite(number, plan) else {
            self.postpone(number, RewritePolicy.busyLook)
            return nil
        }
        let rewrite = FileRewrite(segment, liveBytes: liveBytes)
        self.rewrite = rewrite
        return rewrite
    }

    private func postpone(_ number: UInt64, _ age: Int64) {
        self.segments.postpone(number, until: self.clock.addingReportingOverflow(age).partialValue)
    }

    /// Takes back a performed rewriting, on the loop.
    ///
    /// One that ``endRewrite()`` has ended is let go.
    ///
    /// - Throws: what a system call said. Nothing is lost: the segment is as it was, and its turn comes again.
    public func finish(_ rewrite: StoreRewrite) throws(StoreError) {
        guard let rewrite = rewrite as? FileRewrite, rewrite === self.rewrite else { return }
        self.rewrite = nil
        self.nextLook = .min
        // Messages of that segment may have waited to be overwritten.
        if !self.erasures.isEmpty { self.wantsReclaim = true }
        let number = rewrite.segment.number
        switch self.log.finish(rewrite.segment) {
        case .done(let keptBytes, _):
            let live = rewrite.segment.plan.live == nil ? UInt64(keptBytes) : rewrite.liveBytes
            // More was kept than is stored: message ids, until they are too old to be asked for.
            let age = UInt64(keptBytes) > live ? self.duplicateWindow : 0
            self.segments.didRewrite(
                number,
                keptBytes: UInt64(keptBytes),
                isCompressed: rewrite.segment.plan.compresses,
                retryAt: self.clock.addingReportingOverflow(age).partialValue
            )
            self.tail.isTouched = true
            self.rewrites += 1
        case .cancelled:
            self.postpone(number, RewritePolicy.busyLook)
        case .damaged:
            // Reads report the damage; the segment is as large as it was until the store is opened again.
            self.segments.postpone(number, until: .max)
        case .failed(let error):
            self.postpone(number, RewritePolicy.retryAge)
            throw StoreError(error)
        }
    }

    /// Calls off the rewriting under way, if there is one, and waits for its end.
    public func endRewrite() {
        self.sparse = []
        guard let rewrite = self.rewrite else { return }
        rewrite.end()
        do { try self.finish(rewrite) } catch {}
    }
}
