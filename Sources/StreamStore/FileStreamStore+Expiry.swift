internal import SegmentLog
public import StreamModel

extension FileStreamStore {
    /// The flag of a record whose headers hold a time to live that counts.
    static let timerFlag = RecordFlags(rawValue: 2)
    /// The most messages that one call of ``expire(before:)`` looks at, unless all go.
    static let agingMax = 16_384
    /// The most messages whose time to live has ended that one call of ``expire(by:)`` removes.
    static let expiringMax = 65_536

    // MARK: Time to live

    /// When ``expire(by:)`` may have something to do; nil while nothing is to go by itself.
    ///
    /// Constant time, but for the first message: when it was stored is read once.
    public var nextExpiry: Timestamp? {
        let due = self.earliestTimer.map { Timestamp(rawValue: $0.due) }
        guard let age = self.limitsInForce.age, let oldest = self.oldestAging else { return due }
        let aged = oldest.advanced(byNanoseconds: age).advanced(byNanoseconds: 1)
        return due.map { Swift.min($0, aged) } ?? aged
    }

    /// Removes messages that are older than ``StoreLimits/age`` or whose time to live has ended at `now`, a bounded
    /// number of them; returns how many.
    ///
    /// Those whose time to live is ``TimeToLive/never`` stay, however old they are.
    public func expire(by now: Timestamp) -> UInt64 {
        let before = self.messages
        if let age = self.limitsInForce.age { self.expire(before: now.advanced(byNanoseconds: -age)) }
        _ = self.expire(dueBy: now, limit: Self.expiringMax)
        return before - self.messages
    }

    /// Removes messages whose time to live has ended by `now`, the earliest first and at most `limit`; returns how
    /// many.
    func expire(dueBy now: Timestamp, limit: Int) -> Int {
        self.tell(now.rawValue)
        var gone: [UInt64] = []
        while gone.count < limit, let timer = self.earliestTimer,
            timer.due <= now.rawValue
        {
            self.take(timer)
            if self.isStored(timer.sequence) { gone.append(timer.sequence) }
        }
        if gone.isEmpty { return 0 }
        gone.sort()
        self.write(.expired(gone))
        self.applyExpired(gone)
        return gone.count
    }

    /// Removes those of the messages that are stored: their time to live has ended.
    func applyExpired(_ sequences: [UInt64]) {
        for sequence in sequences where self.isStored(sequence) {
            self.drop(sequence)
            self.removals.note(sequence, sequence, .limit)
        }
    }

    /// Notes the time to live of the newest message.
    func addTimer(_ timeToLive: TimeToLive, _ sequence: UInt64, storedAt time: Int64) {
        var due = timeToLive.expiry(storedAt: Timestamp(rawValue: time)).rawValue
        // Never behind what was taken already: with a later sequence it still comes after that.
        if let taken = self.timersTaken, due < taken.due { due = taken.due }
        self.tail.timers.insert(MessageTimer(due: due, sequence: sequence))
    }

    /// The time to live that the record's headers tell, if there is one that counts.
    func timeToLive(_ header: RecordHeader, _ body: RawSpan) -> TimeToLive? {
        guard header.flags.contains(Self.timerFlag), header.bodyLength <= body.byteCount else { return nil }
        let headers = body.extracting(header.subjectLength..<header.subjectLength + header.headerLength)
        guard let range = PublishHeaders(headers).timeToLive.range, range.upperBound <= headers.byteCount
        else { return nil }
        return TimeToLive(text: headers.extracting(range))
    }

    /// The earliest timer of all layers.
    private var earliestTimer: MessageTimer? {
        var earliest = self.tail.timers.due.first
        if self.tail.isReset { return earliest }
        if let frozen = self.frozen {
            if let timer = self.frozenTimers.first, earliest.map({ timer < $0 }) ?? true { earliest = timer }
            if frozen.isReset { return earliest }
        }
        if let timer = self.earliestStored, earliest.map({ timer < $0 }) ?? true { earliest = timer }
        return earliest
    }

    /// The earliest in LMDB that was not taken.
    private var earliestStored: MessageTimer? {
        if case .known(let timer) = self.storedTimer { return timer }
        // Most streams have no message with a time to live: their index stays closed.
        let found = self.reader.pages.hasTimers ? self.reader.timer(after: self.timersTaken) : nil
        let timer = found.flatMap { $0.due == MessageTimer.never ? nil : $0 }
        self.storedTimer = .known(timer)
        return timer
    }

    /// Takes the earliest timer out of its layer.
    private func take(_ timer: MessageTimer) {
        if self.tail.timers.due.first == timer {
            self.tail.timers.due.removeFirst()
        } else if self.frozenTimers.first == timer {
            self.frozenTimers.removeFirst()
        } else {
            self.storedTimer = .unknown
        }
        self.timersTaken = timer
    }

    // MARK: Age

    /// Removes messages with a timestamp before `time` from the front, a bounded number of them: while
    /// ``oldestAging`` is before `time` there are more.
    ///
    /// Those whose time to live is ``TimeToLive/never`` stay.
    func expire(before time: Timestamp) {
        self.tell(time.rawValue)
        if self.messages == 0 { return }
        let start = self.agingStart
        var end = self.firstStored(atOrAfter: time.rawValue) ?? self.last + 1
        if end <= start { return }
        // Everything goes at once; else a piece.
        if end <= self.last || start > self.first || self.hasExempt(start..<end) {
            end = self.agingEnd(from: start, below: end)
        }
        self.write(.front(end))
        self.age(below: end)
    }

    /// Where a piece ends that begins at `start`.
    private func agingEnd(from start: UInt64, below end: UInt64) -> UInt64 {
        if !self.hasHoles { return Swift.min(end, start + UInt64(Self.agingMax)) }
        var sequence = start
        for _ in 0..<Self.agingMax {
            guard let next = self.nextStored(sequence), next < end else { return end }
            sequence = next + 1
        }
        return sequence
    }

    /// Removes the messages below `end` but those that do not age.
    func age(below end: UInt64) {
        let start = self.agingStart
        if end <= start { return }
        var stays: [UInt64] = []
        self.exempt(in: start..<end, into: &stays)
        if stays.isEmpty, start == self.first { return self.dropFront(below: end, .limit) }
        var place = 0
        var sequence = self.nextStored(start)
        while let candidate = sequence, candidate < end {
            while place < stays.count, stays[place] < candidate { place += 1 }
            if place < stays.count, stays[place] == candidate {
                sequence = self.nextStored(candidate + 1)
                continue
            }
            self.drop(candidate)
            self.removals.note(candidate, candidate, .limit)
            sequence = self.nextStored(candidate + 1)
        }
        self.agedBelow = end
    }

    /// When the oldest message was stored that ``expire(before:)`` may remove; nil if there is none.
    var oldestAging: Timestamp? {
        var sequence = self.nextStored(self.agingStart)
        if let cache = self.agingTimeCache, cache.sequence == sequence {
            return Timestamp(rawValue: cache.time)
        }
        while let candidate = sequence, self.hasExempt(candidate..<candidate + 1) {
            self.agedBelow = candidate + 1
            sequence = self.nextStored(candidate + 1)
        }
        guard let oldest = sequence, let time = self.time(of: oldest) else { return nil }
        self.agingTimeCache = (oldest, time)
        return Timestamp(rawValue: time)
    }

    /// Where messages are that may age.
    private var agingStart: UInt64 { Swift.max(self.first, self.agedBelow) }

    private func hasExempt(_ range: Range<UInt64>) -> Bool {
        var found: [UInt64] = []
        self.exempt(in: range, into: &found)
        return found.contains { self.isStored($0) }
    }

    /// Adds the sequences of `range` that never go by age, ascending; some may be gone.
    private func exempt(in range: Range<UInt64>, into sequences: inout [UInt64]) {
        if !self.hidesIndex { self.reader.exempt(in: range, into: &sequences) }
        if !self.tail.isReset, let frozen = self.frozen {
            frozen.timers.exempt(in: range, into: &sequences)
        }
        self.tail.timers.exempt(in: range, into: &sequences)
    }
}

/// What is known of the earliest timer in LMDB.
enum StoredTimer {
    /// It has to be looked up.
    case unknown
    /// This one, or none.
    case known(MessageTimer?)
}
