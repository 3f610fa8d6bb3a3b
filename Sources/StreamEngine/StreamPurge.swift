public import StreamModel
import StreamStore
import Subjects

/// A purge on its way: of one subject with many messages it is done in slices, and others are served in between.
///
/// What a slice costs is in proportion to what it removes, wherever it is: each goes on where the last one ended.
///
/// What is published after it began stays. A crash in between leaves a part of it done, and nobody was told that it is.
public struct StreamPurge: Sendable {
    fileprivate enum Way {
        /// The filter can match nothing.
        case nothing
        /// In one step: whole segments or subjects go.
        case whole(below: StreamSequence?, keep: UInt64)
        /// Step by step, up to a sequence.
        case slices(end: StreamSequence)
    }

    fileprivate let filter: SubjectFilter
    fileprivate let way: Way
    /// Messages removed so far.
    public fileprivate(set) var purged: UInt64 = 0

    /// Where the next slice begins: nothing that is to go is left below.
    fileprivate var position = StreamSequence.zero
    /// Sequences that the next slice goes on.
    fileprivate var length = sliceLength

    /// Sequences that the first slice goes on: a millisecond's work, if all of them are to be removed.
    public static let sliceLength: UInt64 = 4096
    /// Sequences that a slice goes on at the least, and at the most where few of them are to be removed.
    private static let sliceLengths: ClosedRange<UInt64> = 512...65_536

    /// Makes the next slice as long as fits the time it is given, at most twice as long as the last one.
    ///
    /// - Parameters:
    ///   - took: nanoseconds that the last slice took.
    ///   - next: nanoseconds that the next one may take; up to a second is told apart.
    public mutating func pace(took: Int64, next: Int64) {
        let took = UInt64(min(max(took, 1), 1_000_000_000))
        let next = UInt64(min(max(next, 0), 1_000_000_000))
        // No product is beyond 65 536 seconds.
        let length = min(self.length * next / took, 2 * self.length)
        self.length = min(max(length, Self.sliceLengths.lowerBound), Self.sliceLengths.upperBound)
    }
}

extension Stream {
    /// Begins a purge (streams.md §2.7): checks the request, and removes nothing yet.
    ///
    /// - Throws: an ``APIError`` if the stream may not be purged or the request contradicts itself.
    public func beginPurge(_ request: StreamPurgeRequest) throws(APIError) -> StreamPurge {
        if request.sequence != .zero, request.keep > 0 { throw .badRequest }
        if self.configuration.sealed { throw .streamSealed }
        if self.configuration.denyPurge { throw .streamPurgeFailed("stream purge not permitted") }
        let below = request.sequence == .zero ? nil : request.sequence
        // A filter of `>` is none: with it, too, a purge may move the stream forward, as on the reference.
        if request.filter.isEmpty || request.filter == ">" {
            return StreamPurge(filter: .all, way: .whole(below: below, keep: request.keep))
        }
        guard let pattern = SubjectPattern(request.filter) else {
            return StreamPurge(filter: .all, way: .nothing)
        }
        let filter = SubjectFilter([pattern])
        guard pattern.isLiteral, request.keep == 0 else {
            return StreamPurge(filter: filter, way: .whole(below: below, keep: request.keep))
        }
        let behind = self.store.state.lastSequence.next
        return StreamPurge(filter: filter, way: .slices(end: min(below ?? behind, behind)))
    }

    /// Does the next slice of a purge; false once all of it is done.
    public func goOn(_ purge: inout StreamPurge) -> Bool {
        switch purge.way {
        case .nothing:
            return false
        case .whole(let below, let keep):
            purge.purged = self.store.purge(matching: purge.filter, below: below, keep: keep)
            self.passOnRemovals()
        case .slices(let end):
            if let first = self.store.next(from: purge.position, matching: purge.filter), first < end {
                let below = min(StreamSequence(first.rawValue + purge.length), end)
                purge.position = below
                purge.purged += self.store.purge(matching: purge.filter, below: below, keep: 0)
                self.passOnRemovals()
                if below < end { return true }
            }
        }
        for entry in self.consumers.all { entry.consumer.didPurge(matching: purge.filter) }
        return false
    }
}
