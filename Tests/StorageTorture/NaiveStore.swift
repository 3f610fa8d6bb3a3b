import StreamModel
import StreamStore
import Subjects

/// What a store shall do, in the plainest way: a list of messages.
struct NaiveStore {
    struct Message: Equatable {
        var sequence: UInt64
        var subject: String
        var headers: [UInt8]
        var payload: [UInt8]
        var time: Int64
        /// When it goes by itself; nil: by age alone.
        ///
        /// At the end of time: never, and not by age either.
        var due: Int64?

        var size: UInt64 {
            UInt64(self.subject.utf8.count + self.headers.count + self.payload.count)
                + (self.headers.isEmpty ? 30 : 34)
        }
    }

    var messages: [Message] = []
    var first: UInt64 = 1
    var last: UInt64 = 0
    var lastTime: Int64?
    var limits = StoreLimits()
    var ids: [String: (sequence: UInt64, time: Int64)] = [:]

    var state: StoreState {
        var state = StoreState()
        state.messages = UInt64(self.messages.count)
        state.bytes = self.messages.reduce(0) { $0 + $1.size }
        state.firstSequence = StreamSequence(self.messages.isEmpty && self.last == 0 ? 0 : self.first)
        state.lastSequence = StreamSequence(self.last)
        state.firstTime = self.messages.first.map { Timestamp(rawValue: $0.time) }
        state.lastTime = self.lastTime.map { Timestamp(rawValue: $0) }
        state.subjects = Set(self.messages.map { $0.subject }).count
        return state
    }

    mutating func append(
        _ subject: String,
        _ headers: [UInt8],
        _ payload: [UInt8],
        _ id: String,
        _ time: Int64,
        timeToLive: TimeToLive? = nil
    ) {
        self.last += 1
        let time = max(time, self.lastTime ?? .min)
        self.lastTime = time
        self.messages.append(
            Message(
                sequence: self.last,
                subject: subject,
                headers: headers,
                payload: payload,
                time: time,
                due: timeToLive?.expiry(storedAt: Timestamp(rawValue: time)).rawValue
            )
        )
        if !id.isEmpty { self.ids[id] = (self.last, time) }
        self.enforce()
    }

    mutating func enforce() {
        if let most = self.limits.messagesPerSubject {
            var counts: [String: UInt64] = [:]
            self.messages = self.messages.reversed()
                .filter { message in
                    counts[message.subject, default: 0] += 1
                    return counts[message.subject, default: 0] <= most
                }
                .reversed()
        }
        if let most = self.limits.messages, UInt64(self.messages.count) > most {
            self.messages.removeFirst(self.messages.count - Int(most))
        }
        if let most = self.limits.bytes {
            while self.state.bytes > most, !self.messages.isEmpty { self.messages.removeFirst() }
        }
        self.settle()
    }

    /// First is that of the first message, or the one after the last.
    mutating func settle() { self.first = self.messages.first?.sequence ?? self.last + 1 }

    mutating func skip(_ sequence: UInt64) {
        if sequence <= self.last { return }
        self.last = sequence
        self.settle()
    }

    mutating func remove(_ sequence: UInt64) -> Bool {
        guard let index = self.messages.firstIndex(where: { $0.sequence == sequence }) else { return false }
        self.messages.remove(at: index)
        self.settle()
        return true
    }

    mutating func purge(_ filter: SubjectFilter, _ below: UInt64?, _ keep: UInt64) -> UInt64 {
        let matching = self.messages.filter {
            $0.sequence < below ?? .max && Self.matches(filter, $0.subject)
        }
        let gone = Set(matching.dropLast(Int(keep)).map { $0.sequence })
        self.messages.removeAll { gone.contains($0.sequence) }
        self.settle()
        if filter.isAll, keep == 0, let below, below > self.last + 1 {
            self.last = below - 1
            self.settle()
        }
        return UInt64(gone.count)
    }

    mutating func expire(_ time: Int64) {
        self.messages.removeAll { $0.time < time && $0.due != .max }
        self.settle()
    }

    /// Removes what is due, the earliest first, at most so many; returns how many.
    mutating func expire(dueBy now: Int64, limit: Int) -> Int {
        let gone = Set(self.expiring(by: now, limit: limit))
        self.messages.removeAll { gone.contains($0.sequence) }
        self.settle()
        return gone.count
    }

    func expiring(by now: Int64, limit: Int) -> [UInt64] {
        let due = self.messages.filter { $0.due.map { $0 <= now } ?? false }
        let ordered = due.sorted { ($0.due ?? 0, $0.sequence) < ($1.due ?? 0, $1.sequence) }
        return ordered.prefix(limit).map { $0.sequence }
    }

    var oldestAging: Int64? { self.messages.first { $0.due != .max }?.time }
    var nextExpiry: Int64? { self.messages.compactMap { $0.due == .max ? nil : $0.due }.min() }

    static func matches(_ filter: SubjectFilter, _ subject: String) -> Bool {
        filter.matches(subject.bytes.span.bytes)
    }

    func message(_ sequence: UInt64) -> Message? { self.messages.first { $0.sequence == sequence } }

    func next(_ from: UInt64, _ filter: SubjectFilter) -> UInt64? {
        self.messages.first { $0.sequence >= from && Self.matches(filter, $0.subject) }?.sequence
    }

    func last(_ filter: SubjectFilter, _ limit: UInt64) -> UInt64? {
        self.messages.last { $0.sequence <= limit && Self.matches(filter, $0.subject) }?.sequence
    }

    func lastPerSubject(_ filter: SubjectFilter, _ limit: UInt64) -> [UInt64] {
        var newest: [String: UInt64] = [:]
        for message in self.messages where message.sequence <= limit && Self.matches(filter, message.subject)
        {
            newest[message.subject] = message.sequence
        }
        return newest.values.sorted()
    }

    func count(_ from: UInt64, _ filter: SubjectFilter) -> UInt64 {
        UInt64(self.messages.filter { $0.sequence >= from && Self.matches(filter, $0.subject) }.count)
    }

    func subjects(_ filter: SubjectFilter) -> [String: UInt64] {
        var counts: [String: UInt64] = [:]
        for message in self.messages where Self.matches(filter, message.subject) {
            counts[message.subject, default: 0] += 1
        }
        return counts
    }

    func first(_ time: Int64) -> UInt64? { self.messages.first { $0.time >= time }?.sequence }

    var deleted: [UInt64] {
        if self.messages.isEmpty { return [] }
        let stored = Set(self.messages.map { $0.sequence })
        return (self.first...self.last).filter { !stored.contains($0) }
    }
}
