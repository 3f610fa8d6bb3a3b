/// Reads numbers and bytes one after the other; what does not fit makes it fail for good.
///
/// Files are read with it: it never traps, whatever the bytes are. The bytes are given to each call, so that
/// this is a plain value.
struct FieldReader {
    /// Index of the next byte.
    private(set) var offset = 0
    /// Whether something asked for was not there.
    ///
    /// What was returned since is zero and means nothing.
    private(set) var failed = false

    /// The next byte.
    @inline(__always)
    mutating func byte(_ bytes: RawSpan) -> UInt8 {
        guard self.offset < bytes.byteCount else {
            self.failed = true
            return 0
        }
        let value = bytes.octet(self.offset)
        self.offset += 1
        return value
    }

    /// The next eight bytes, little-endian.
    mutating func word(_ bytes: RawSpan) -> UInt64 {
        guard bytes.byteCount - self.offset >= 8 else {
            self.failed = true
            return 0
        }
        let value = bytes.littleEndian64(at: self.offset)
        self.offset += 8
        return value
    }

    /// The next number of one to ten bytes, seven bits each, lowest first (LEB128).
    @inline(__always)
    mutating func varint(_ bytes: RawSpan) -> UInt64 {
        let first = self.byte(bytes)
        if first < 0x80 { return UInt64(first) }
        return self.varintTail(bytes, UInt64(first & 0x7f))
    }

    private mutating func varintTail(_ bytes: RawSpan, _ first: UInt64) -> UInt64 {
        var value = first
        var shift: UInt64 = 7
        while shift < 64 {
            let byte = self.byte(bytes)
            if shift == 63, byte > 1 { break }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        self.failed = true
        return 0
    }

    /// The range of the next `count` bytes; empty if there are not so many.
    mutating func range(_ bytes: RawSpan, count: UInt64) -> Range<Int> {
        guard count <= UInt64(bytes.byteCount - self.offset), !self.failed else {
            self.failed = true
            return 0..<0
        }
        let start = self.offset
        self.offset += Int(count)
        return start..<self.offset
    }

    /// A copy of the next bytes, whose count stands before them.
    mutating func counted(_ bytes: RawSpan) -> [UInt8] {
        let count = self.varint(bytes)
        let range = self.range(bytes, count: count)
        return bytes.extracting(range).copied()
    }

    /// The next byte: nil for 0, the number after it for 1.
    mutating func optional(_ bytes: RawSpan) -> UInt64? {
        switch self.byte(bytes) {
        case 0: return nil
        case 1: return self.varint(bytes)
        default:
            self.failed = true
            return nil
        }
    }

    /// Whether all bytes were read and nothing was missing.
    func isComplete(_ bytes: RawSpan) -> Bool { !self.failed && self.offset == bytes.byteCount }
}

extension RawSpan {
    /// A copy of the bytes.
    func copied() -> [UInt8] {
        let count = self.byteCount
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            // The buffer has room for `count` bytes, all of which are written.
            unsafe self.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
            initialized = count
        }
    }
}

extension [UInt8] {
    /// Adds a number as `FieldReader.varint` reads it.
    @inline(__always)
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            self.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Adds a number as eight bytes, little-endian.
    mutating func appendWord(_ value: UInt64) {
        for shift in stride(from: 0, through: 56, by: 8) {
            self.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }

    /// Adds a number as eight bytes, big-endian: as keys are, so that they sort as numbers do.
    mutating func appendBigEndian(_ value: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) {
            self.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }

    /// Adds bytes as they are.
    mutating func append(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe self.append(contentsOf: $0) }
    }

    /// Adds the count of bytes and then the bytes.
    mutating func appendCounted(_ bytes: RawSpan) {
        self.appendVarint(UInt64(bytes.byteCount))
        self.append(bytes)
    }

    /// Adds 0 for nil, else 1 and the number.
    mutating func appendOptional(_ value: UInt64?) {
        self.append(value == nil ? 0 : 1)
        if let value { self.appendVarint(value) }
    }
}
