extension MessageLog {
    /// Appends a message to memory and returns where its record is.
    ///
    /// - Parameters:
    ///   - timestamp: nanoseconds since 1970, not before the last message's.
    ///   - flags: marks of the caller's, without ``RecordFlags/erased``.
    ///   - headers: the raw header block, or empty.
    /// - Precondition: `sequence` is higher than ``lastSequence``; subject, headers and payload together are
    ///   not longer than ``bodyBytesMax``, the subject not longer than ``subjectBytesMax``.
    public func append(
        sequence: UInt64,
        timestamp: Int64,
        flags: RecordFlags = [],
        subject: RawSpan,
        headers: RawSpan,
        payload: RawSpan
    ) -> LogPosition {
        precondition(sequence > self.lastSequence, "sequences have to ascend")
        precondition(subject.byteCount <= RecordFormat.subjectBytesMax, "the subject is too long")
        var body = subject.byteCount + headers.byteCount + payload.byteCount
        precondition(body <= RecordFormat.bodyBytesMax, "the message is too long")
        assert(self.isRecovered)
        assert(!flags.contains(.erased))

        if self.options.keys != nil { body += FileCipher.overhead }
        let size = RecordFormat.size(body: body)
        let segment = self.segment(for: sequence, bytes: size)
        let offset = self.writer.end
        let target = unsafe self.writer.reserve(size)
        // `reserve` has made room for `size` bytes.
        body = unsafe RecordFormat.write(
            into: target,
            kind: segment.cipher == nil ? .message : .encrypted,
            sequence: sequence,
            timestamp: timestamp,
            flags: flags,
            subject: subject,
            headers: headers,
            payload: payload
        )
        if let cipher = segment.cipher {
            unsafe cipher.encrypt(
                record: target,
                body,
                size: size,
                seed: segment.seed,
                offset: offset,
                &self.writer.nonces
            )
        } else {
            unsafe Checksum.seal(target, size, seed: segment.seed, offset: offset)
        }
        segment.didAppend(sequence: sequence, timestamp: timestamp, end: self.writer.end)
        self.lastSequence = sequence
        self.lastTimestamp = timestamp
        self.writer.didAppend(sequence)
        return LogPosition(segment: segment.number, offset: UInt32(offset))
    }

    /// Seals the segment appended to and begins the next one, whose first message has at least
    /// `nextSequence`.
    ///
    /// The log remembers that number by itself, also when every message is dropped: the last segment is never
    /// removed. No effect if the segment appended to is empty and has that number.
    ///
    /// - Precondition: `nextSequence` is higher than ``lastSequence``.
    public func roll(to nextSequence: UInt64) {
        precondition(nextSequence > self.lastSequence, "sequences have to ascend")
        if self.writer.number == nextSequence { return }
        self.seal()
        self.begin(nextSequence)
        self.lastSequence = nextSequence - 1
        self.writer.didAppend(self.lastSequence)
    }

    /// The segment that takes the next record, begun if need be.
    @inline(__always)
    private func segment(for sequence: UInt64, bytes: Int) -> LogSegment {
        if self.writer.number != nil, let last = self.segments.last {
            let full = self.writer.end + bytes + SegmentFooter.bytes > self.options.segmentBytes
            if !full && !self.isOutdated || last.end <= FileHeader.bytes { return last }
        }
        return self.nextSegment(sequence)
    }

    private func nextSegment(_ sequence: UInt64) -> LogSegment {
        self.seal()
        return self.begin(sequence)
    }

    @discardableResult
    private func begin(_ number: UInt64) -> LogSegment {
        let segment = LogSegment(number: number, stream: self.stream, end: FileHeader.bytes, isSealed: false)
        segment.count = 0
        segment.lastSequence = number - 1
        segment.isLoaded = true
        self.segments.append(segment)
        self.writer.begin(number)
        segment.cipher = self.writer.cipher
        self.isOutdated = false
        return segment
    }

    private func seal() {
        guard self.writer.number != nil, let segment = self.segments.last else { return }
        let offset = self.writer.end
        let footer = SegmentFooter(
            lastSequence: segment.lastSequence ?? self.lastSequence,
            lastTime: segment.lastTime,
            count: segment.count,
            firstTime: segment.firstTime
        )
        // `reserve` has made room for the footer.
        unsafe footer.encode(
            into: self.writer.reserve(SegmentFooter.bytes),
            seed: segment.seed,
            offset: offset
        )
        segment.footerOffset = offset
        segment.end = self.writer.end
        segment.isSealed = true
        self.writer.seal()
    }
}
