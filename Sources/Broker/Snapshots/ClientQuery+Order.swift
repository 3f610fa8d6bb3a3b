import StreamModel
import Subjects

/// Which clients a query wants, and in which order.
extension ClientQuery {
    /// What a client is ordered by.
    struct Key: Sendable {
        var number: Int64 = 0
        var text = ""
    }

    /// Whether a client that is there passes the filters; its account was looked at before.
    func matches(_ session: ClientSession, _ filter: SubjectPattern?) -> Bool {
        if let id = self.id, id != session.connection.id { return false }
        if let user = self.user, user != session.shownUser { return false }
        if self.filterSubject == nil { return true }
        guard let filter else { return false }
        return session.subscriptions.values.contains { subscription in
            SubjectPattern(subscription.pattern)?.overlaps(filter) ?? false
        }
    }

    /// Whether a client that is gone passes the filters; its account was looked at before.
    func matches(_ client: ClientSnapshot) -> Bool {
        if let id = self.id, id != client.id { return false }
        if let user = self.user, user != client.user { return false }
        return self.filterSubject == nil
    }
}

extension ClientQuery.Order {
    /// What a client is ordered by.
    func key(of client: ClientSnapshot, now: Timestamp) -> ClientQuery.Key {
        let end = client.end?.time ?? now
        let number: Int64 =
            switch self {
            case .id: 0
            case .start: client.start.rawValue
            case .subscriptions: Int64(client.subscriptionCount)
            case .pending: Int64(client.pendingBytes)
            case .messagesTo: Int64(client.sent.messages)
            case .messagesFrom: Int64(client.received.messages)
            case .bytesTo: Int64(client.sent.bytes)
            case .bytesFrom: Int64(client.received.bytes)
            case .lastActivity: client.lastActivity.rawValue
            case .idle: now.nanoseconds(since: client.lastActivity)
            case .uptime: end.nanoseconds(since: client.start)
            case .end: end.rawValue
            case .reason: 0
            case .roundTrip: client.roundTrip
            }
        return ClientQuery.Key(
            number: number,
            text: self == .reason ? client.end?.reason.rawValue ?? "" : ""
        )
    }

    /// Whether small values come first.
    private var isAscending: Bool {
        switch self {
        case .id, .start, .uptime, .reason: true
        default: false
        }
    }

    /// Whether `one` stands before `other`; among equals the older client does.
    func precedes(_ one: Candidate, _ other: Candidate) -> Bool {
        if one.key.number != other.key.number {
            return (one.key.number < other.key.number) == self.isAscending
        }
        if one.key.text != other.key.text { return one.key.text < other.key.text }
        return one.id < other.id
    }
}
