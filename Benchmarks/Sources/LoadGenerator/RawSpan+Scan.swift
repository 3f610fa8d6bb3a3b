/// What the frame scanner asks of bytes.
extension RawSpan {
    /// The byte at `offset`; traps outside the span.
    func byte(_ offset: Int) -> UInt8 {
        // A byte has no alignment and every value is valid; the offset is checked.
        unsafe self.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The offset of the first line feed at or after `start`, or nil without one.
    ///
    /// Looks at eight bytes at a time: a zero byte in `word ^ 0x0a0a…` is a line feed.
    func lineFeed(from start: Int) -> Int? {
        var offset = start
        while offset + 8 <= self.byteCount {
            let word = self.word(offset) ^ 0x0a0a_0a0a_0a0a_0a0a
            // Safe: the borrow of a byte above a zero byte can only add hits above the first one.
            let hits = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
            if hits != 0 { return offset + hits.trailingZeroBitCount / 8 }
            offset += 8
        }
        while offset < self.byteCount {
            if self.byte(offset) == UInt8(ascii: "\n") { return offset }
            offset += 1
        }
        return nil
    }

    /// Whether the `count` bytes at `first` are those at `second`; false when either leaves the span.
    func repeats(_ first: Int, at second: Int, count: Int) -> Bool {
        if first + count > self.byteCount { return false }
        return self.matches(self.extracting(first..<first + count), at: second)
    }

    /// Whether `bytes` stand at `offset`; false when they would leave the span.
    func matches(_ bytes: [UInt8], at offset: Int) -> Bool {
        // The span lives for the call only, and the array with it.
        unsafe self.matches(bytes.span.bytes, at: offset)
    }

    /// Whether `bytes` stand at `offset`; false when they would leave the span.
    func matches(_ bytes: RawSpan, at offset: Int) -> Bool {
        if offset < 0 || offset + bytes.byteCount > self.byteCount { return false }
        var index = 0
        while index + 8 <= bytes.byteCount {
            if self.word(offset + index) != bytes.word(index) { return false }
            index += 8
        }
        while index < bytes.byteCount {
            if self.byte(offset + index) != bytes.byte(index) { return false }
            index += 1
        }
        return true
    }

    /// Reads decimal digits from `offset`, which moves past them; nil without a digit or above 19 of them.
    func decimal(at offset: inout Int, end: Int) -> UInt64? {
        var value: UInt64 = 0
        let start = offset
        while offset < end {
            let byte = self.byte(offset)
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { break }
            if offset - start == 19 { return nil }
            value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
            offset += 1
        }
        return offset == start ? nil : value
    }

    /// The bytes from `start` up to `end` as text, for messages to a person.
    func text(_ start: Int, _ end: Int) -> String {
        String(decoding: self.bytes(start, end), as: UTF8.self)
    }

    /// A copy of the bytes from `start` up to `end`.
    func bytes(_ start: Int, _ end: Int) -> [UInt8] {
        (start..<end).map { self.byte($0) }
    }

    /// Eight bytes at `offset`, which need no alignment; traps outside the span.
    private func word(_ offset: Int) -> UInt64 {
        // Every bit pattern is an integer; the offset is checked.
        unsafe self.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
}
