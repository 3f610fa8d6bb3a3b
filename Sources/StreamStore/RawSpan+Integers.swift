extension RawSpan {
    /// The byte at `offset`.
    ///
    /// Traps out of bounds.
    @inline(__always)
    func octet(_ offset: Int) -> UInt8 {
        // Every bit pattern is a number, and the load checks its bounds.
        unsafe self.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The little-endian number in the eight bytes at `offset`.
    ///
    /// Traps out of bounds.
    @inline(__always)
    func littleEndian64(at offset: Int) -> UInt64 {
        // Every bit pattern is a number, and the load checks its bounds.
        unsafe UInt64(littleEndian: self.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The big-endian number in the eight bytes at `offset`.
    ///
    /// Traps out of bounds.
    @inline(__always)
    func bigEndian64(at offset: Int) -> UInt64 {
        // Every bit pattern is a number, and the load checks its bounds.
        unsafe UInt64(bigEndian: self.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// How these bytes sort against `other`: negative before, zero equal, positive after.
    ///
    /// Bytes are unsigned.
    func compare(_ other: RawSpan) -> Int {
        let count = Swift.min(self.byteCount, other.byteCount)
        var offset = 0
        while count - offset >= 8 {
            let one = self.bigEndian64(at: offset)
            let two = other.bigEndian64(at: offset)
            if one != two { return one < two ? -1 : 1 }
            offset += 8
        }
        while offset < count {
            let one = self.octet(offset)
            let two = other.octet(offset)
            if one != two { return one < two ? -1 : 1 }
            offset += 1
        }
        return self.byteCount - other.byteCount
    }

    /// Whether both hold the same bytes, eight at a time.
    @inline(__always)
    func isSame(as other: RawSpan) -> Bool {
        let count = self.byteCount
        if count != other.byteCount { return false }
        var offset = 0
        while count - offset >= 8 {
            if self.littleEndian64(at: offset) != other.littleEndian64(at: offset) { return false }
            offset += 8
        }
        while offset < count {
            if self.octet(offset) != other.octet(offset) { return false }
            offset += 1
        }
        return true
    }

    /// Whether these bytes start with `prefix`.
    func starts(with prefix: RawSpan) -> Bool {
        prefix.byteCount <= self.byteCount && self.extracting(first: prefix.byteCount).isSame(as: prefix)
    }
}
