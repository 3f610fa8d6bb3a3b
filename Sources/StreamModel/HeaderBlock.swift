import Subjects

/// Look-ups in the raw header block of a message, as it came over the wire and as it is stored.
///
///     NATS/1.0␍␊
///     Nats-Msg-Id: 7f3a␍␊
///     ␍␊
///
/// Names are compared by bytes, case-sensitively; the first occurrence counts; blanks around a value do not
/// belong to it (streams.md §4.1). Any bytes may come in: a line without a colon is passed over, and a block
/// that breaks off simply ends.
public enum HeaderBlock {
    /// What every block begins with.
    public static let version = "NATS/1.0"

    /// Where in `block` the value of the header `name` is, or nil if there is no such header.
    public static func value(of name: StaticString, in block: RawSpan) -> Range<Int>? {
        guard let line = Self.line(of: name, in: block) else { return nil }
        return block.trimmed(line.lowerBound + name.utf8CodeUnitCount + 1..<line.upperBound)
    }

    /// Where in `block` the line of the header `name` is, without its line break.
    public static func line(of name: StaticString, in block: RawSpan) -> Range<Int>? {
        let count = name.utf8CodeUnitCount
        // The first line holds the version and no header.
        var start = block.nextLine(after: block.lineEnd(from: 0))
        while start < block.byteCount {
            let end = block.lineEnd(from: start)
            if end - start > count, block.byte(start + count) == UInt8(ascii: ":"), block.has(name, at: start)
            {
                return start..<end
            }
            start = block.nextLine(after: end)
        }
        return nil
    }

    /// What a stream makes of a block before it stores it.
    public enum Disposition: Hashable, Sendable {
        /// It is stored as it is.
        case keep
        /// It holds nothing but a status and is not stored.
        case drop
        /// It is stored without these bytes, which are a status.
        case cut(Range<Int>)
    }

    /// What a stream makes of `block`: a status in the first line is not stored (streams.md §4.1).
    public static func disposition(of block: RawSpan) -> Disposition {
        let end = block.lineEnd(from: 0)
        let version = Self.version.utf8.count
        if end <= version { return .keep }
        let headers = block.nextLine(after: end)
        let isStatusOnly = headers >= block.byteCount || block.lineEnd(from: headers) == headers
        return isStatusOnly ? .drop : .cut(version..<end)
    }
}

extension RawSpan {
    /// Where the line that holds `start` ends: at its CR LF, or at the end of the span.
    func lineEnd(from start: Int) -> Int {
        var offset = start
        while offset < self.byteCount {
            // Eight bytes at once until one of them is a CR.
            while offset + 8 <= self.byteCount {
                // In range by the condition above; any bytes make an integer.
                let word = unsafe self.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
                let difference = word ^ 0x0d0d_0d0d_0d0d_0d0d
                // Safe: the well-known test for a zero byte; borrows may only mark bytes above a true zero.
                let zeros = (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
                if zeros != 0 {
                    offset += UInt64(littleEndian: zeros).trailingZeroBitCount / 8
                    break
                }
                offset += 8
            }
            while offset < self.byteCount, self.byte(offset) != 0x0d { offset += 1 }
            if offset + 1 < self.byteCount, self.byte(offset + 1) == 0x0a { return offset }
            offset += 1
        }
        return self.byteCount
    }

    /// Where the line behind one that ends at `end` starts; the end of the span if there is none.
    func nextLine(after end: Int) -> Int { Swift.min(end + 2, self.byteCount) }

    /// Whether the bytes of `text` stand at `offset`.
    func has(_ text: StaticString, at offset: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard offset + count <= self.byteCount else { return false }
        var index = 0
        while index < count {
            // The pointer is good for `count` bytes as long as the program runs.
            if unsafe self.byte(offset + index) != text.utf8Start[index] { return false }
            index += 1
        }
        return true
    }

    /// The range without spaces and tabs at both ends.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, self.byte(start) == UInt8(ascii: " ") || self.byte(start) == UInt8(ascii: "\t") {
            start += 1
        }
        while start < end, self.byte(end - 1) == UInt8(ascii: " ") || self.byte(end - 1) == UInt8(ascii: "\t")
        {
            end -= 1
        }
        return start..<end
    }
}
