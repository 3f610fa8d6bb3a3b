extension RawSpan {
    /// The little-endian number in the two bytes at `offset`.
    ///
    /// Traps out of bounds.
    @inline(__always)
    func uint16(at offset: Int) -> UInt16 {
        // Every bit pattern is a number, and the load checks its bounds.
        unsafe UInt16(littleEndian: self.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    /// The little-endian number in the four bytes at `offset`.
    ///
    /// Traps out of bounds.
    @inline(__always)
    func uint32(at offset: Int) -> UInt32 {
        // Every bit pattern is a number, and the load checks its bounds.
        unsafe UInt32(littleEndian: self.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The little-endian number in the eight bytes at `offset`.
    ///
    /// Traps out of bounds.
    @inline(__always)
    func uint64(at offset: Int) -> UInt64 {
        // Every bit pattern is a number, and the load checks its bounds.
        unsafe UInt64(littleEndian: self.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Offset of the last byte in `range` that is not zero; nil if all are.
    func lastNonzero(in range: Range<Int>) -> Int? {
        var end = range.upperBound
        while end - range.lowerBound >= 8, self.uint64(at: end - 8) == 0 { end -= 8 }
        while end > range.lowerBound {
            // In bounds: checked by the load.
            if unsafe self.unsafeLoad(fromByteOffset: end - 1, as: UInt8.self) != 0 { return end - 1 }
            end -= 1
        }
        return nil
    }
}

extension UnsafeMutableRawPointer {
    /// Stores `value` in little-endian order at `offset`, aligned or not.
    @inline(__always)
    func store<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        // The caller owns the bytes there.
        unsafe self.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
    }

    /// Copies `bytes` to `offset`.
    @inline(__always)
    func store(_ bytes: RawSpan, at offset: Int) {
        unsafe bytes.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            // The caller owns the bytes there, and they are not the source's.
            unsafe (self + offset).copyMemory(from: base, byteCount: source.count)
        }
    }
}
