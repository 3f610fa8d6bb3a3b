/// Where a consumer begins; consumers.md §2.2.
public enum DeliverPolicy: String, CaseIterable, Sendable {
    /// At the first message.
    case all
    /// At the last message.
    case last
    /// Behind the last message.
    case new
    /// At a given sequence.
    case byStartSequence = "by_start_sequence"
    /// At the first message of a given time or later.
    case byStartTime = "by_start_time"
    /// With the last message of each subject.
    case lastPerSubject = "last_per_subject"
}
