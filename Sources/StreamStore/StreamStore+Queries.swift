public import StreamModel
public import Subjects

/// Shorter forms of what a store is asked.
extension StreamStore {
    /// Stores a message that has no time to live.
    @inlinable
    public func append(
        subject: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        messageID: RawSpan,
        timestamp: Timestamp
    ) -> StreamSequence {
        self.append(
            subject: subject,
            headers: headers,
            payload: payload,
            messageID: messageID,
            timestamp: timestamp,
            timeToLive: nil
        )
    }

    /// The first stored sequence at or after `sequence` whose subject matches.
    @inlinable
    public func next(from sequence: StreamSequence, matching filter: SubjectFilter) -> StreamSequence? {
        self.next(from: sequence, since: nil, matching: filter)
    }

    /// The first stored sequence whose timestamp is at or after `time`.
    public func first(atOrAfter time: Timestamp) -> StreamSequence? {
        self.next(from: .zero, since: time, matching: .all)
    }

    /// Calls `body` with each stored subject that matches and its count of messages, in no stated order.
    public func forEachSubject(
        matching filter: SubjectFilter,
        _ body: (_ subject: RawSpan, _ count: UInt64) -> Void
    ) {
        self.forEachSubject(matching: filter, atOrBefore: nil) { subject, count, _ in body(subject, count) }
    }

    /// The newest stored sequence at or before `limit` of each matching subject, ascending.
    public func lastPerSubject(
        matching filter: SubjectFilter,
        atOrBefore limit: StreamSequence
    ) -> [StreamSequence] {
        var found: [StreamSequence] = []
        self.forEachSubject(matching: filter, atOrBefore: limit) { _, _, last in found.append(last) }
        found.sort()
        return found
    }
}
