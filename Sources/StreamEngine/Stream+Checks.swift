import NIOCore
import StreamModel
import StreamStore
import Subjects

/// Checks of a publish that are not about its id; streams.md §4.3.
extension Stream {
    /// What a message with `Nats-Rollup` removes once it is stored.
    enum Rollup {
        /// Nothing: the header is absent.
        case none
        /// Older messages of its subject.
        case subject
        /// All older messages.
        case all
    }

    /// The most bytes of a header block.
    static let headerBytesMax = 65_535

    /// Refuses headers that ask for a feature the stream does not have, and the wrong stream; rows 1 to 6.
    func checkFeatures(_ control: PublishHeaders, headers: RawSpan) -> APIError? {
        if control.batchID.isPresent { return .atomicPublishDisabled }
        if control.increment.isPresent {
            return Self.isInteger(headers.value(control.increment))
                ? .messageCounterDisabled : .messageIncrementInvalid
        }
        let expected = headers.value(control.expectedStream)
        if !expected.isEmpty, expected.text != self.name { return .streamNotMatch }
        if control.timeToLive.isPresent, Self.isLifetime(headers.value(control.timeToLive)) {
            return .messageTTLDisabled
        }
        return nil
    }

    /// Refuses what only the server may write, and schedules; rows 10 and 11.
    func checkReserved(_ control: PublishHeaders) -> APIError? {
        if control.schedule.isPresent { return .messageSchedulesDisabled }
        if control.scheduler.isPresent { return .messageSchedulesSchedulerInvalid }
        if control.streamSource.isPresent { return .messageSourceHeaderNotAllowed }
        return nil
    }

    /// Whether the text is decimal digits, perhaps with a sign before them.
    private static func isInteger(_ value: RawSpan) -> Bool {
        var digits = value.array()[...]
        if digits.first == UInt8(ascii: "+") || digits.first == UInt8(ascii: "-") {
            digits = digits.dropFirst()
        }
        return !digits.isEmpty && digits.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }

    /// Whether the text is a time to live: `never`, whole seconds, or a duration of a second at least
    /// (streams.md §3.10).
    private static func isLifetime(_ value: RawSpan) -> Bool {
        if value.text == "never" { return true }
        if let seconds = Decimal.parse(value, 0..<value.byteCount) { return seconds > 0 }
        guard let span = Nanoseconds(text: value) else { return false }
        return span >= Nanoseconds.seconds(1)
    }

    /// Compares what the publisher expects with what is stored.
    func checkExpectations(_ control: PublishHeaders, subject: RawSpan, headers: RawSpan) -> APIError? {
        let expectedOfSubject = headers.value(control.expectedLastSubjectSequence)
        let otherSubject = headers.value(control.expectedLastSubjectSequenceSubject)
        if !expectedOfSubject.isEmpty {
            let pattern = SubjectPattern((otherSubject.isEmpty ? subject : otherSubject).array())
            let last = pattern.flatMap {
                self.store.last(matching: SubjectFilter([$0]), atOrBefore: self.store.state.lastSequence)
            }
            if Decimal.parse(expectedOfSubject, 0..<expectedOfSubject.byteCount) != (last ?? .zero).rawValue {
                return .wrongLastSequence((last ?? .zero).rawValue)
            }
        } else if !otherSubject.isEmpty {
            return .streamExpectedLastSequencePerSubjectInvalid
        }
        let expected = headers.value(control.expectedLastSequence)
        let last = self.store.state.lastSequence.rawValue
        if !expected.isEmpty, Decimal.parse(expected, 0..<expected.byteCount) != last {
            return .wrongLastSequence(last)
        }
        return nil
    }

    /// Reads `Nats-Rollup`.
    func checkRollup(_ value: RawSpan) -> Result<Rollup, APIError> {
        guard self.configuration.allowRollup, !self.configuration.denyPurge else {
            return .failure(.streamRollupFailed("rollup not permitted"))
        }
        switch value.text.lowercased() {
        case "sub": return .success(.subject)
        case "all": return .success(.all)
        default: return .failure(.streamRollupFailed("rollup value invalid: \(value.text.debugDescription)"))
        }
    }

    /// Removes what a rollup replaces.
    func rollUp(_ rollup: Rollup, subject: RawSpan, below sequence: StreamSequence) {
        switch rollup {
        case .none: break
        case .subject:
            guard let pattern = SubjectPattern(subject.array()) else { return }
            _ = self.store.purge(matching: SubjectFilter([pattern]), below: sequence, keep: 0)
        case .all: _ = self.store.purge(matching: .all, below: sequence, keep: 0)
        }
    }

    /// Refuses messages that are too large.
    func checkSize(
        subject: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        rules: PublishRules
    ) -> APIError? {
        let most = rules.messageBytesMax
        if most >= 0, headers.byteCount + payload.byteCount > most { return .streamMessageExceedsMaximum }
        if headers.byteCount > Self.headerBytesMax { return .streamHeaderExceedsMaximum }
        let record = subject.byteCount + headers.byteCount + payload.byteCount
        if record > StoreLimits.recordBytesMax - 1024 { return .streamStoreFailed("message too large") }
        return nil
    }

    /// Refuses messages that the server or the account has no room for; rows 18 and 20.
    func checkQuota(subject: RawSpan, headers: RawSpan, payload: RawSpan) -> APIError? {
        if self.quota.isServerFull { return .insufficientResources }
        let size = self.configuration.storage.countedBytes(
            subject: subject.byteCount,
            headers: headers.byteCount,
            payload: payload.byteCount
        )
        return size > self.quota.accountBytes ? .accountResourcesExceeded : nil
    }

    /// Refuses messages for which there is no room, where the stream discards new ones (streams.md §3.6).
    func checkRoom(subject: RawSpan, headers: RawSpan, payload: RawSpan, rollsUp: Bool) -> APIError? {
        let state = self.store.state
        let size = self.configuration.storage.countedBytes(
            subject: subject.byteCount,
            headers: headers.byteCount,
            payload: payload.byteCount
        )
        let mostMessages = self.configuration.maxMessages
        let mostBytes = self.configuration.maxBytes
        let mostOfSubject = self.configuration.maxMessagesPerSubject
        let isFull = mostMessages >= 0 && state.messages >= UInt64(mostMessages)
        let isTooLarge = mostBytes >= 0 && state.bytes + UInt64(size) > UInt64(mostBytes)
        guard isFull || isTooLarge || (self.configuration.discardNewPerSubject && mostOfSubject >= 0) else {
            return nil
        }
        // A message that pushes out an old one of its subject needs no room of its own.
        var pushedOut: Int?
        if mostOfSubject > 0, let pattern = SubjectPattern(subject.array()) {
            let filter = SubjectFilter([pattern])
            let count = self.store.count(from: state.firstSequence, matching: filter)
            if count >= UInt64(mostOfSubject) {
                if self.configuration.discardNewPerSubject, !rollsUp {
                    return .streamStoreFailed("maximum messages per subject exceeded")
                }
                pushedOut = self.size(ofFirst: filter)
            }
        }
        if isFull, pushedOut == nil { return .streamStoreFailed("maximum messages exceeded") }
        if isTooLarge, (pushedOut ?? 0) < size { return .streamStoreFailed("maximum bytes exceeded") }
        return nil
    }

    private func size(ofFirst filter: SubjectFilter) -> Int? {
        guard let first = self.store.next(from: self.store.state.firstSequence, matching: filter) else {
            return nil
        }
        self.scratch.clear()
        guard case .message(let message) = self.store.load(first, into: &self.scratch) else { return nil }
        return self.configuration.storage.countedBytes(
            subject: message.subjectLength,
            headers: message.headerLength,
            payload: message.payloadLength
        )
    }
}
