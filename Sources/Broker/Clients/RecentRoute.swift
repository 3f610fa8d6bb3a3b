import Subjects
import WireProtocol

/// Where a client's last message went, for the next one to the same subject.
struct RecentRoute {
    /// The line that the next message has to begin with.
    private(set) var line = RepeatedPublish()
    private var last: Route?
    /// The subject under which they are published, where a mapping made it; empty: the one that they are sent with.
    private(set) var mapped: [UInt8] = []
    /// Tells the subjects of the last messages apart, mostly.
    private var mark: UInt64 = 0

    /// The route of messages that begin with ``line``; nil when there is none, or the interest has changed since.
    func route(_ interest: Interest) -> Route? {
        guard !self.line.isEmpty, let last = self.last else { return nil }
        return last.generation == interest.generation ? last : nil
    }

    /// Notes where `publish` goes, which begins at `offset`.
    ///
    /// Its line is remembered when it seems to be the second to the same subject: who never repeats one pays nothing.
    mutating func note(
        _ publish: ClientOperation.Publish,
        along route: Route,
        mapped: [UInt8],
        in bytes: RawSpan,
        from offset: Int
    ) {
        let subject = publish.subject
        let count = min(8, subject.count)
        let mark =
            bytes.word(subject.lowerBound, count: count) &* 31
            &+ bytes.word(subject.upperBound - count, count: count) ^ UInt64(subject.count)
        if self.last === route, self.mark == mark {
            self.line.remember(publish, in: bytes, from: offset)
            self.mapped = mapped
        } else {
            self.line.forget()
            self.last = route.isLasting ? route : nil
            self.mark = mark
        }
    }
}
