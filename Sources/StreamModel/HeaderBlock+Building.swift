/// Blocks that the server makes or adds to: delivered copies, status messages, markers.
extension HeaderBlock {
    /// A block with a status and no headers, as `NATS/1.0 404 No Messages`.
    public static func status(_ status: String) -> [UInt8] {
        var block = Array(Self.version.utf8)
        block.append(UInt8(ascii: " "))
        Self.appendValue(Array(status.utf8), to: &block)
        block.append(contentsOf: [0x0d, 0x0a, 0x0d, 0x0a])
        return block
    }

    /// Adds a header at the end of `block`; an empty block becomes one with this header.
    public static func append(_ name: StaticString, _ value: String, to block: inout [UInt8]) {
        Self.append(name, Array(value.utf8), to: &block)
    }

    /// Adds a header with a number at the end of `block`; an empty block becomes one with this header.
    public static func append(_ name: StaticString, _ value: UInt64, to block: inout [UInt8]) {
        Self.append(name, Array(String(value).utf8), to: &block)
    }

    /// Adds a header at the end of `block`; an empty block becomes one with this header.
    ///
    /// A line break in `value` becomes a blank, so that a value cannot smuggle in a header.
    public static func append(_ name: StaticString, _ value: [UInt8], to block: inout [UInt8]) {
        Self.open(&block)
        // The pointer is good for the count of bytes as long as the program runs.
        unsafe block.append(
            contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        )
        block.append(UInt8(ascii: ":"))
        block.append(UInt8(ascii: " "))
        Self.appendValue(value, to: &block)
        block.append(contentsOf: [0x0d, 0x0a, 0x0d, 0x0a])
    }

    /// Takes the first header `name` out of `block`; a block without headers becomes empty.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    public static func remove(_ name: StaticString, from block: inout [UInt8]) -> Bool {
        guard let line = unsafe Self.line(of: name, in: block.span.bytes) else { return false }
        block.removeSubrange(line.lowerBound..<min(line.upperBound + 2, block.count))
        let firstEnd = unsafe block.span.bytes.lineEnd(from: 0)
        if firstEnd == Self.version.utf8.count, firstEnd + 4 >= block.count { block.removeAll() }
        return true
    }

    /// Makes `block` end behind a line, without the empty line that closes it.
    private static func open(_ block: inout [UInt8]) {
        if block.isEmpty {
            block.append(contentsOf: Self.version.utf8)
            block.append(contentsOf: [0x0d, 0x0a])
        } else if block.suffix(4) == [0x0d, 0x0a, 0x0d, 0x0a] {
            block.removeLast(2)
        } else if block.suffix(2) != [0x0d, 0x0a] {
            block.append(contentsOf: [0x0d, 0x0a])
        }
    }

    private static func appendValue(_ value: [UInt8], to block: inout [UInt8]) {
        for byte in value { block.append(byte == 0x0d || byte == 0x0a ? UInt8(ascii: " ") : byte) }
    }
}
