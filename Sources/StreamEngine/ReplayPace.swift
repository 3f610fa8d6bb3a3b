import StreamModel

/// Holds stored messages back so that they are delivered at the pace at which they came (`replay_policy: original`).
struct ReplayPace {
    /// Messages after this one came when the consumer was there, and are delivered at once.
    private let last: StreamSequence
    private var previous: (stored: Timestamp, delivered: Timestamp)?
    /// Until when nothing new is delivered.
    private(set) var heldUntil: Timestamp?

    /// For a consumer of a stream whose last sequence is `last` now.
    init(until last: StreamSequence = .zero) { self.last = last }

    /// Whether the next new message is not due yet.
    func isHeld(at now: Timestamp) -> Bool {
        if let due = self.heldUntil { due > now } else { false }
    }

    /// Whether the message has to wait; remembers until when.
    mutating func holds(_ sequence: StreamSequence, stored: Timestamp, at now: Timestamp) -> Bool {
        guard sequence <= self.last, let previous = self.previous else { return false }
        let gap = stored.nanoseconds(since: previous.stored)
        let due = previous.delivered.advanced(byNanoseconds: gap)
        guard gap > 1_000_000, due > now else { return false }
        self.heldUntil = due
        return true
    }

    /// Notes a delivery.
    mutating func deliver(stored: Timestamp, at now: Timestamp) {
        self.previous = (stored, now)
        self.heldUntil = nil
    }
}
