public import NIOCore
internal import SegmentLog
public import StreamModel

extension FileStreamStore {
    /// Where a stored message is: in the log, and in which layer.
    struct Place {
        /// Where its record is.
        var position: LogPosition
        /// Its bytes by the formula of streams.md §8.4.
        var size: UInt32
        /// Its index in the tail; nil if it is further down.
        var tail: Int?
        /// Its index in the frozen layer; nil if it is not there.
        var frozen: Int?
    }

    /// Where the stored message is; nil if the index does not say, which only damage explains.
    @inline(__always)
    func place(of sequence: UInt64) -> Place? {
        if let index = self.tail.index(of: sequence) {
            let entry = self.tail.entries[index]
            return Place(
                position: LogPosition(segment: entry.segment, offset: entry.offset),
                size: entry.size,
                tail: index
            )
        }
        if let frozen = self.frozen, let index = frozen.index(of: sequence) {
            let entry = frozen.entries[index]
            return Place(
                position: LogPosition(segment: entry.segment, offset: entry.offset),
                size: entry.size,
                frozen: index
            )
        }
        guard let slot = self.reader.slot(sequence) else { return nil }
        return Place(position: slot.position, size: slot.size)
    }

    /// Appends the message's subject, headers and payload, in this order, to `bytes`, checksum verified.
    public func load(_ sequence: StreamSequence, into bytes: inout ByteBuffer) -> LoadResult {
        guard self.isStored(sequence.rawValue) else { return .absent }
        guard let place = self.place(of: sequence.rawValue) else { return self.didFindDamage() }
        var message: StoredMessage?
        let result = self.log.withRecord(at: place.position) { header, body in
            // A record that verifies and is another one: the index is wrong, not the log.
            guard header.sequence == sequence.rawValue else { return }
            let start = bytes.writerIndex
            unsafe body.withUnsafeBytes { _ = unsafe bytes.writeBytes($0) }
            message = StoredMessage(
                sequence: sequence,
                timestamp: Timestamp(rawValue: header.timestamp),
                start: start,
                subjectLength: header.subjectLength,
                headerLength: header.headerLength,
                payloadLength: header.payloadLength
            )
        }
        if let message { return .message(message) }
        if case .erased = result { return .absent }
        return self.didFindDamage()
    }

    private func didFindDamage() -> LoadResult {
        self.damagedReads += 1
        return .damaged
    }

    /// Calls `body` with the message's subject; false if it cannot be read.
    @inline(__always)
    func withSubject(of sequence: UInt64, _ body: (RawSpan) -> Void) -> Bool {
        guard let place = self.place(of: sequence) else { return false }
        if let index = place.tail {
            self.tail.withText(Int(self.tail.entries[index].subject), body)
            return true
        }
        if let frozen = self.frozen, let index = place.frozen {
            frozen.withText(Int(frozen.entries[index].subject), body)
            return true
        }
        return self.withSubject(of: sequence, at: place.position, body)
    }

    private func withSubject(
        of sequence: UInt64,
        at position: LogPosition,
        _ body: (RawSpan) -> Void
    ) -> Bool {
        var isFound = false
        _ = self.log.withRecord(at: position) { header, bytes in
            guard header.sequence == sequence else { return }
            isFound = true
            body(bytes.extracting(first: header.subjectLength))
        }
        return isFound
    }

    /// When the message was stored; nil if it cannot be read.
    func time(of sequence: UInt64) -> Int64? {
        guard let place = self.place(of: sequence) else { return nil }
        if let index = place.tail { return self.tail.entries[index].time }
        if let frozen = self.frozen, let index = place.frozen { return frozen.entries[index].time }
        var time: Int64?
        _ = self.log.withRecord(at: place.position) { header, _ in
            if header.sequence == sequence { time = header.timestamp }
        }
        return time
    }

    /// The first stored sequence whose timestamp is at or after `time`.
    func firstStored(atOrAfter time: Int64) -> UInt64? {
        if self.messages == 0 { return nil }
        if let last = self.lastTime, last < time { return nil }
        if let oldest = self.tail.entries.first, oldest.time < time {
            return self.nextStored(Self.search(self.tail, time) ?? self.last + 1)
        }
        if let frozen = self.frozen, !self.tail.isReset, let oldest = frozen.entries.first, oldest.time < time
        {
            let found = Self.search(frozen, time) ?? self.tail.entries.first?.sequence
            return self.nextStored(found ?? self.last + 1)
        }
        if self.tail.isReset || self.frozen?.isReset ?? false { return self.nextStored(self.first) }
        return self.searchBlocks(time)
    }

    /// The first message of the layer at or after `time`.
    private static func search(_ layer: IndexLayer, _ time: Int64) -> UInt64? {
        var low = 0
        var high = layer.entries.count
        while low < high {
            let middle = (low + high) / 2
            if layer.entries[middle].time < time { low = middle + 1 } else { high = middle }
        }
        return low < layer.entries.count ? layer.entries[low].sequence : nil
    }

    /// Looks among the messages in LMDB; all layers above are at or after `time`.
    private func searchBlocks(_ time: Int64) -> UInt64? {
        // The last block that begins before `time`.
        var low = PositionBlock.number(of: self.first)
        var high = PositionBlock.number(of: self.last) + 1
        while low + 1 < high {
            let middle = low + (high - low) / 2
            if let block = self.reader.blockTime(atOrAfter: middle), block.time < time {
                low = Swift.max(middle, Swift.min(block.number, high - 1))
            } else {
                high = middle
            }
        }
        // All before the block are earlier, all behind it are not.
        var lower = low << 7
        var upper = Swift.min(high << 7, self.last + 1)
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            guard let candidate = self.nextStored(middle), candidate < upper else {
                upper = middle
                continue
            }
            if let read = self.readable(from: candidate, below: upper), read.time < time {
                lower = read.sequence + 1
            } else {
                upper = middle
            }
        }
        return self.nextStored(lower)
    }

    /// The first message from `sequence` on that can be read: one that cannot is as old as it, and must not seem to
    /// have expired.
    private func readable(from sequence: UInt64, below end: UInt64) -> (sequence: UInt64, time: Int64)? {
        var sequence: UInt64? = sequence
        while let candidate = sequence, candidate < end {
            if let time = self.time(of: candidate) { return (candidate, time) }
            sequence = self.nextStored(candidate + 1)
        }
        return nil
    }

    /// Sequences between first and last that are not stored, ascending; also those removed at the end.
    public func deletedSequences() -> [StreamSequence] {
        if self.messages == 0 || !self.hasHoles { return [] }
        var deleted: [StreamSequence] = []
        var sequence = self.first
        while sequence <= self.last {
            let next = self.nextStored(sequence) ?? self.last + 1
            while sequence < next {
                deleted.append(StreamSequence(sequence))
                sequence += 1
            }
            sequence += 1
        }
        return deleted
    }
}
