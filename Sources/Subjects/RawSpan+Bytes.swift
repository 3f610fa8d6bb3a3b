extension RawSpan {
    /// The byte at `offset`.
    ///
    /// - Precondition: `offset` is in the span.
    @inlinable
    public func byte(_ offset: Int) -> UInt8 {
        // Checked: `unsafeLoad` traps out of bounds.
        unsafe self.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The 8 bytes at `offset` as a little-endian number: the first byte is the lowest.
    ///
    /// - Precondition: `offset ..< offset + 8` is in the span.
    @inlinable
    public func word(_ offset: Int) -> UInt64 {
        // Checked: `unsafeLoadUnaligned` traps out of bounds.
        UInt64(littleEndian: unsafe self.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The `count` bytes at `offset` as a little-endian number, zero above them.
    ///
    /// - Precondition: `count` is 0 ... 8 and the bytes are in the span.
    @inlinable
    public func word(_ offset: Int, count: Int) -> UInt64 {
        precondition(count >= 0 && count <= 8 && offset >= 0 && offset <= self.byteCount - count)
        if count == 0 { return 0 }
        let above = UInt64(64 - 8 * count)
        if self.byteCount - offset >= 8 {
            return (self.word(offset) << above) >> above
        }
        if self.byteCount >= 8 {
            // The 8 last bytes hold them: those before are shifted out below, those behind above.
            let end = self.byteCount - 8
            return ((self.word(end) >> UInt64(8 * (offset - end))) << above) >> above
        }
        var result: UInt64 = 0
        var index = count
        while index > 0 {
            index -= 1
            result = result << 8 | UInt64(self.byte(offset + index))
        }
        return result
    }

    /// Whether both hold the same bytes.
    @inlinable
    public func equals(_ other: RawSpan) -> Bool {
        self.byteCount == other.byteCount && self.equals(other, from: 0, to: self.byteCount, at: 0)
    }

    /// Whether the bytes `start ..< end` are those of `other` from `otherStart` on.
    ///
    /// - Precondition: both ranges are in their spans.
    @inlinable
    public func equals(_ other: RawSpan, from start: Int, to end: Int, at otherStart: Int) -> Bool {
        let count = end - start
        var index = 0
        while count - index >= 8 {
            if self.word(start + index) != other.word(otherStart + index) { return false }
            index += 8
        }
        while index < count {
            if self.byte(start + index) != other.byte(otherStart + index) { return false }
            index += 1
        }
        return true
    }

    /// The first place of `wanted` in `start ..< end`, or `end` when it is not there.
    ///
    /// - Precondition: `start ..< end` is in the span.
    @inlinable
    public func firstIndex(of wanted: UInt8, from start: Int, to end: Int) -> Int {
        var index = start
        let everywhere = ByteLanes.all(wanted)
        while end - index >= 8 {
            let hits = ByteLanes.zeros(self.word(index) ^ everywhere)
            if hits != 0 { return index + ByteLanes.first(hits) }
            index += 8
        }
        while index < end {
            if self.byte(index) == wanted { return index }
            index += 1
        }
        return end
    }

    /// Where the last `wanted` ends; 0 when it is not there.
    @inlinable
    public func endOfLast(_ wanted: UInt8) -> Int {
        var end = self.byteCount
        let everywhere = ByteLanes.all(wanted)
        while end >= 8 {
            let hits = ByteLanes.zeros(self.word(end - 8) ^ everywhere)
            if hits != 0 { return end - hits.leadingZeroBitCount >> 3 }
            end -= 8
        }
        while end > 0 {
            if self.byte(end - 1) == wanted { return end }
            end -= 1
        }
        return 0
    }

    /// A copy of the bytes.
    @inlinable
    public func array() -> [UInt8] {
        let count = self.byteCount
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            unsafe self.withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: source)
            }
            initialized = count
        }
    }
}
