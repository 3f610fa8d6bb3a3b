public import StreamModel
import StreamStore
import Subjects

/// What became of a message of which a report is wanted.
public enum TracedOutcome: Hashable, Sendable {
    /// It is stored, or would be.
    case stored
    /// Its id was stored before.
    case duplicate
    /// It is refused.
    case refused(APIError)
}

extension Stream {
    /// Publishes a message as ``publish(subject:reply:headers:payload:lane:now:)`` does, and says what became of it.
    ///
    /// A rehearsal makes the checks of the headers alone and answers where they fail; nothing is stored.
    public func publish(
        isRehearsal: Bool,
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        lane: Int? = nil,
        now: Timestamp
    ) -> TracedOutcome {
        let outcome = self.admit(
            isRehearsal: isRehearsal,
            subject: subject,
            headers: headers,
            payload: payload,
            rules: self.rules,
            now: now
        )
        switch outcome {
        case .stored:
            if !isRehearsal { self.answer(outcome, to: reply, lane: lane) }
            return .stored
        case .duplicate:
            self.answer(outcome, to: reply, lane: lane)
            return .duplicate
        case .refused(let error):
            self.answer(outcome, to: reply, lane: lane)
            return .refused(error)
        }
    }
}
